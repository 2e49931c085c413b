"""Signs that a text layer is not what a page shows, and texts of many kinds that show none."""

import pytest

from ingest.pdf.quality import doubt, strange, usual

CHINESE = "第一条 为了规范招标投标活动，保护国家利益、社会公共利益和招标投标活动当事人的合法权益，制定本法。" * 3
ENGLISH = "The committee shall meet at least twice a year and report on its work to the assembly in writing. " * 3


def shifted(text: str, by: int) -> str:
    return "".join(chr(ord(char) + by) if not char.isspace() else char for char in text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7",
        CHINESE,
        ENGLISH,
        ENGLISH.upper(),
        "本標準規定了電力設備預防性試驗的項目、週期和要求，用以判斷設備是否符合運行條件，預防設備損壞，保證安全運行。"
        * 2,
        "子曰：學而時習之，不亦說乎？有朋自遠方來，不亦樂乎？人不知而不慍，不亦君子乎？" * 3,
        "国境の長いトンネルを抜けると雪国であった。夜の底が白くなった。信号所に汽車が止まった。" * 3,
        "Les hommes naissent et demeurent libres et égaux en droits. Où l'été à Genève, ça dépend des élèves. " * 3,
        "Die Würde des Menschen ist unantastbar. Sie zu achten und zu schützen ist Verpflichtung aller Gewalt. " * 3,
        "모든 국민은 인간으로서의 존엄과 가치를 가지며 행복을 추구할 권리를 가진다 국가는 이를 보장할 의무를 진다 " * 3,
        "Все люди рождаются свободными и равными в своём достоинстве и правах. Они наделены разумом и совестью. " * 3,
        "1,024.50 2,048.75 3,072.00 -12.5% 4,096 88.1 91.7 2019 2020 2021 2022 (3.4) (5.6) 12/31 " * 8,
        "def total(values: list[int], weight: float) -> float:\n    return weight * sum(each for each in values)\n" * 4,
        "f(x) = ∫ e^(−x²) dx, ∑ aₙ = α + β ≤ γ, x ∈ ℝ, 𝑥 → ∞, ∂u/∂t = κ∇²u. " * 2 + CHINESE,
        "• 项目一\n• 项目二\n\uf0b7 项目三\n" + CHINESE,
        "第一章 总则 ........................ 1\n第二章 招标 ........................ 5\n" * 6,
        "sudo apt-get install texlive-full && xelatex --shell-escape main.tex # /usr/share/doc\n" * 4,
    ],
)
def test_ordinary_texts_are_believed(text):
    assert doubt(text) == ""


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (shifted(ENGLISH, -31), "control"),
        (shifted(ENGLISH, -40), "control"),
        (shifted(ENGLISH.replace(".", ""), -40), "wrong-map"),
        ("版本 \x17\x0f\x11\x14，二零二一年十一月", "control"),
        ("\ufffd" * 20 + CHINESE, "unmapped"),
        ("".join(chr(0xE000 + i % 300) for i in range(200)), "private-use"),
        (CHINESE.encode("gb18030").decode("latin-1"), "mojibake"),
        (shifted(CHINESE, 331), "wrong-map"),
        ("乷亖书乱乓乵亖了乷亞嵇岉乷亐义乔乶乐互买乗乲于乐乭乁亇亇之乁亅于乧乐乭乗乌义么乗习", "wrong-map"),
        ("".join(chr(97 + (ord(c) * 7 + 3) % 26) if c.isalpha() else c for c in ENGLISH.lower()), "wrong-map"),
        ("!\"#$ %&'( )*+, -./01 23245/0670/2181 )*+ 6/0:;451 2<0=\n" * 4, "wrong-map"),
        ("ȕ뺮˞Պʚ뻭Ǖʚդ 4 Ňʚ뻟ƲŇʚ 5 œ뻟դ" + CHINESE, "wrong-map"),
    ],
)
def test_garbled_texts_are_doubted(text, code):
    assert doubt(text) == code


def test_strange_characters_show_nothing():
    assert [char for char in "a中\x12\ue123\ufffd。\u00ad" if strange(char)] == ["\x12", "\ue123", "\ufffd"]


def test_usual_characters_are_those_of_both_scripts():
    assert all(map(usual, "国國说說龟龜"))
    assert not any(map(usual, "乷亖"))
