"""Garbled text layers: what is read in spite of them, and which pages are recognised as garbled."""

from __future__ import annotations

from dataclasses import dataclass

from bench import chromium
from bench.parsing.bench import Bench
from bench.parsing.data import Sample, true_pages
from bench.parsing.distance import similarity
from bench.parsing.generated import Case, broken_cases
from bench.parsing.normal import plain
from bench.parsing.ocr import loose_error_rate, whole_page
from bench.parsing.readers import PEERS, Reading
from bench.parsing.sheets import Findings, Goal, Sheet, Value, at_least

# By eye: each page as rendered, held against the text that MuPDF gives for it. For the figures only;
# pages that are neither (nothing to read on them) are left out.
GARBLED: dict[str, tuple[set[int], str]] = {
    "XiaoBiaoSong.pdf": (set(), "GB names of fonts, but the right characters"),
    "issue2128r.pdf": (set(), "fonts not embedded, right characters by GBK-EUC-H"),
    "bug1245391_reduced.pdf": (set(), "Type 3 glyphs with a right mapping"),
    "noembed-identity.pdf": (set(), "font not embedded, right kana by its character collection"),
    "fake-bold-sample.pdf": (set(), "glyphs drawn twice, which MuPDF folds: right text"),
    "issue_566_test_2.pdf": (set(), "right text, few characters"),
    "garbled-gene-figure.pdf": ({1}, 'Latin and digits as other ASCII: `!"#$` for FHIT'),
    "issue-791-non-unicode-cmap.pdf": ({1}, "glyph numbers as ASCII: `3HQČåQt` for Peněžní"),
    "zh-no-tounicode.pdf": (
        set(range(1, 12)) | {13, 14},
        "Latin and digits shifted by 31: `$PQZSJHIU` for Copyright; page 12 is blank",
    ),
    "zh-poisoned-tounicode.pdf": ({1, 2, 3, 4}, "wrong Chinese for every character"),
}
LEFT_OUT = {("type3font.pdf", 1), ("zh-no-tounicode.pdf", 12)}
_NOTES = {
    "the truth's order": (
        "Whole documents, with what Zhiwen says it removed put back (the truth holds running heads and page numbers)."
    ),
    "any order of lines": (
        "Page by page, one less the error rate. The truth is laid out as on paper: the columns of a table of contents "
        "stand side by side on one line. Readers that give no pages are left out."
    ),
}
_DETECTION = (
    "Pages judged by eye in `bad_fonts` (the labels and reasons stand in `bench/parsing/garbled.py`), every page of "
    "`zh_books` as clean, made pages as they were made. Zhiwen calls a page garbled when its report gives a reason."
)


@dataclass(frozen=True)
class Verdict:
    """A page: whether it is garbled, and the reason that Zhiwen gives for calling it so, or none."""

    document: str
    page: int
    garbled: bool
    reason: str
    group: str


def measure(bench: Bench) -> Findings:
    """Read the garbled documents with a truth, and judge every page of bad_fonts, zh_books and made ones."""
    lacking = chromium.missing()
    made = [] if lacking else broken_cases(bench)
    texts, goals = _texts(bench, made)
    verdicts = _real_verdicts(bench) + _made_verdicts(bench, made)
    return Findings(
        [*texts, _detection(verdicts, lacking), _one_by_one(verdicts)],
        [*goals, *_goals(verdicts)],
    )


def _texts(bench: Bench, made: list[Case]) -> tuple[list[Sheet], list[Goal]]:
    known = [sample for sample in bench.folder.samples("bad_fonts") if sample.truth]
    broken = [case for case in made if not case.name.endswith("untouched")]
    columns = ["zhiwen", *bench.peers(*PEERS)]
    real = {name: bench.readings(name, [sample.path for sample in known]) for name in columns}
    others = {name: bench.readings(name, [case.path for case in broken]) for name in columns}
    head = ["document", *(bench.label(name) for name in columns)]
    sheets, goals = [], []
    for order, likeness in (("the truth's order", _likeness), ("any order of lines", _loose_likeness)):
        rows: list[list[Value]] = [
            [s.name, *(likeness(s, real[name][i]) for name in columns)] for i, s in enumerate(known)
        ]
        worst = min(float(row[1] or 0.0) for row in rows)
        if likeness is _likeness:
            rows += [[c.name, *(_made_likeness(c, others[name][i]) for name in columns)] for i, c in enumerate(broken)]
        sheets.append(Sheet(f"Garbled fonts: similarity, {order}", head, rows, _NOTES[order]))
        goals.append(at_least(f"garbled fonts, real documents: similarity, {order}, worst", 0.95, worst))
    return sheets, goals


def _likeness(sample: Sample, reading: Reading) -> float | None:
    if reading.error == "not installed":
        return None
    truth = [plain(page) for page in true_pages(sample)]
    if len(reading.pages) != len(truth):
        return similarity("".join(truth), plain(reading.text))
    return similarity("".join(truth), "".join(whole_page(page, reading, i) for i, page in enumerate(truth)))


def _loose_likeness(sample: Sample, reading: Reading) -> float | None:
    if reading.error == "not installed" or not reading.pages:
        return None
    return 1 - loose_error_rate(true_pages(sample), reading)


def _made_likeness(case: Case, reading: Reading) -> float | None:
    return None if reading.error == "not installed" else similarity(plain(case.made.text), plain(reading.text))


def _real_verdicts(bench: Bench) -> list[Verdict]:
    bad = bench.folder.samples("bad_fonts")
    books = [s for s in bench.folder.samples("zh_books") if s.pages <= 60 or not bench.sample]
    verdicts = []
    for sample, reading in zip(bad, bench.readings("zhiwen", [s.path for s in bad]), strict=True):
        garbled = GARBLED.get(sample.name, (set(), ""))[0]
        pages = _reasons(reading, sample.pages)
        verdicts += [Verdict(sample.name, n, n in garbled, reason, "bad_fonts") for n, reason in pages.items()]
    for sample, reading in zip(books, bench.readings("zhiwen", [s.path for s in books]), strict=True):
        pages = _reasons(reading, sample.pages)
        verdicts += [Verdict(sample.name, n, False, reason, "zh_books") for n, reason in pages.items()]
    return [each for each in verdicts if (each.document, each.page) not in LEFT_OUT]


def _made_verdicts(bench: Bench, made: list[Case]) -> list[Verdict]:
    readings = bench.readings("zhiwen", [case.path for case in made])
    return [
        Verdict(case.name, number, not case.name.endswith("untouched"), reason, "made")
        for case, reading in zip(made, readings, strict=True)
        for number, reason in _reasons(reading, 1).items()
    ]


def _reasons(reading: Reading, pages: int) -> dict[int, str]:
    """Why each page is not believed; a document that could not be read has none."""
    return dict.fromkeys(range(1, pages + 1), "") | {note["number"]: note["garbled"] for note in reading.notes}


def _detection(verdicts: list[Verdict], lacking: str) -> Sheet:
    rows: list[list[Value]] = []
    for groups in (("bad_fonts", "zh_books"), ("made",), ("bad_fonts", "zh_books", "made")):
        part = [each for each in verdicts if each.group in groups]
        rows.append([", ".join(groups), len(part), sum(each.garbled for each in part), *rates(part)])
    rows.append(["false alarms in zh_books", _false_alarms(verdicts), *[None] * 4])
    unjudged = sorted({v.document for v in verdicts if v.group == "bad_fonts"} - set(GARBLED))
    note = _DETECTION + (f" Not judged, held to be clean: {', '.join(unjudged)}." if unjudged else "")
    columns = ["pages of", "pages", "garbled", "precision", "recall", "F1"]
    return Sheet("Garbled pages: detection", columns, rows, note + (f" No made pages: {lacking}." if lacking else ""))


def rates(verdicts: list[Verdict]) -> tuple[float, float, float]:
    """Precision, recall and F1 of the pages that Zhiwen calls garbled."""
    right = sum(each.garbled and bool(each.reason) for each in verdicts)
    given, true = sum(bool(each.reason) for each in verdicts), sum(each.garbled for each in verdicts)
    f1 = 2 * right / (given + true) if given + true else 0.0
    return right / given if given else 0.0, right / true if true else 0.0, f1


def _false_alarms(verdicts: list[Verdict]) -> int:
    return sum(bool(each.reason) for each in verdicts if each.group == "zh_books")


def _one_by_one(verdicts: list[Verdict]) -> Sheet:
    rows: list[list[Value]] = [
        [
            v.document,
            v.page,
            "garbled" if v.garbled else "clean",
            v.reason or "clean",
            GARBLED.get(v.document, ("", ""))[1],
        ]
        for v in verdicts
        if v.group != "zh_books" or v.reason
    ]
    return Sheet("Garbled pages one by one", ["document", "page", "by eye", "Zhiwen", "why"], rows, detail=True)


def _goals(verdicts: list[Verdict]) -> list[Goal]:
    alarms = _false_alarms(verdicts)
    real = [each for each in verdicts if each.group != "made"]
    return [
        at_least("garbled pages, real: detection F1", 0.95, rates(real)[2]),
        at_least("garbled pages, real and made: detection F1", 0.95, rates(verdicts)[2]),
        Goal("garbled pages: clean pages of zh_books misjudged", "= 0", float(alarms), alarms == 0),
    ]
