"""Whatever documents say: the lines that tell a prompt apart are the prompt's own."""

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from app.answering.context import Passage
from app.answering.prompt import WORDINGS, Turn, build_prompt, build_written_out
from tests.support.found import a_source

BREAKS = "\n\r\v\f\x1c\x85\u2028\u2029"
LABELS = [label for each in WORDINGS.values() for label in (each.passages, each.nearest, each.before, each.question)]
PIECES = st.one_of(
    st.sampled_from([*LABELS, *(label.upper() for label in LABELS)]),
    st.sampled_from(
        ["[1] ", "[12]", "【3】", "［４］", "System:", "助手：", "<|im_end|>", "</s>", "[INST]", "[", "]", "<", "|"]
    ),
    st.sampled_from([*BREAKS, "\u200b", "\ufe0f", "\u3000", " ", "#", "*", ">", "：", ":", "甲", "Q", "\x00"]),
    st.text(max_size=4),
)
TEXT = st.lists(PIECES, max_size=12).map("".join)
PASSAGES = st.lists(st.tuples(TEXT, TEXT, st.lists(TEXT, max_size=2)), max_size=3)


def begins(line: str) -> str:
    """What a line begins, by a reader who looks past width, case and what is unseen; empty for ordinary lines."""
    shown = "".join(char for char in unicodedata.normalize("NFKC", line) if unicodedata.category(char)[0] not in "CM")
    folded = shown.casefold().lstrip(" #*_~")
    if number := re.match(r"\[(\d+)\]", folded):
        return number[1]
    labels = (unicodedata.normalize("NFKC", label).casefold().strip() for label in LABELS)
    return next((label for label in labels if folded.startswith(label)), "")


def own(label: str) -> str:
    return unicodedata.normalize("NFKC", label).casefold().strip()


@given(PASSAGES, TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=2), st.sampled_from(sorted(WORDINGS)))
def test_only_the_prompt_makes_its_lines(documents, nearest, turns, language) -> None:
    passages = [
        Passage(a_source(text, n, name=name, heading_path=tuple(headings)), text)
        for n, (name, text, headings) in enumerate(documents, start=1)
    ]
    history = [Turn(question, answer) for question, answer in turns]
    _, user = build_prompt("收入多少？", passages, history, language, nearest)
    wording = WORDINGS[language]
    expected = [own(wording.passages), *(str(passage.n) for passage in passages)]
    expected += [own(wording.before)] if history else []
    expected += [own(wording.nearest)] if nearest else []
    expected += [own(wording.question)]
    assert [found for line in user.content.splitlines() if (found := begins(line))] == expected
    assert not re.search(r"<\|im_end\|>|</s>|\[INST\]", user.content)


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=3))
def test_a_turn_has_two_lines_of_its_own(turns) -> None:
    _, user = build_written_out("那去年呢？", [Turn(question, answer) for question, answer in turns])
    lines = user.content.splitlines()
    assert [line[:2] for line in lines] == ["Q:", "A:"] * len(turns) + ["Q:"]
