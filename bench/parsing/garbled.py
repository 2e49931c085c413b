"""Garbled text layers: what is read in spite of them, and which pages are recognised as garbled."""

from __future__ import annotations

from bench.parsing.bench import Bench
from bench.parsing.data import Sample, true_pages
from bench.parsing.distance import similarity
from bench.parsing.normal import plain
from bench.parsing.ocr import whole_page
from bench.parsing.readers import PEERS, Reading
from bench.parsing.sheets import Findings, Sheet, Value, at_least

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
_NOTE = "Whole documents, with what Zhiwen says it removed put back (the truth holds running heads and page numbers)."
_DETECTION = (
    "Pages judged by eye in `bad_fonts` (the labels and reasons stand in `bench/parsing/garbled.py`), every page of "
    "`zh_books` as clean. Zhiwen calls a page garbled when its report gives a reason."
)


def measure(bench: Bench) -> Findings:
    """Read the two garbled documents with a truth, and judge every page of bad_fonts and zh_books."""
    bad = bench.folder.samples("bad_fonts")
    clean = [s for s in bench.folder.samples("zh_books") if s.pages <= 60 or not bench.sample]
    known = [sample for sample in bad if sample.truth]
    columns = ["zhiwen", *bench.peers(*PEERS)]
    likeness = {
        name: [_likeness(s, r) for s, r in zip(known, bench.readings(name, [s.path for s in known]), strict=True)]
        for name in columns
    }
    rows: list[list[Value]] = [[s.name, *(likeness[name][i] for name in columns)] for i, s in enumerate(known)]
    goals = [
        at_least("garbled fonts: similarity, worst of both", 0.95, min(v for v in likeness["zhiwen"] if v is not None))
    ]
    verdicts = _verdicts(bench, bad) | _verdicts(bench, clean)
    positive = {(name, page) for name, (pages, _) in GARBLED.items() for page in pages}
    given = {place for place, code in verdicts.items() if code}
    clean_names = {sample.name for sample in clean}
    false_alarms = sum(name in clean_names for name, _ in given)
    precision, recall, f1 = rates(positive & set(verdicts), given)
    counted = [len(verdicts), len(positive & set(verdicts)), precision, recall, f1, false_alarms]
    details: list[list[Value]] = [
        [
            name,
            page,
            "garbled" if (name, page) in positive else "clean",
            code or "clean",
            GARBLED.get(name, ((), ""))[1],
        ]
        for (name, page), code in sorted(verdicts.items())
        if code or name not in clean_names
    ]
    unjudged = sorted(s.name for s in bad if s.name not in GARBLED and (s.name, 1) not in LEFT_OUT)
    head = ["document", *(bench.label(name) for name in columns)]
    return Findings(
        [
            Sheet("Garbled fonts: similarity", head, rows, _NOTE),
            Sheet(
                "Garbled pages: detection",
                ["pages", "garbled", "precision", "recall", "F1", "clean pages of zh_books called garbled"],
                [counted],
                _DETECTION + (f" Not judged: {', '.join(unjudged)}." if unjudged else ""),
            ),
            Sheet("Garbled pages one by one", ["document", "page", "by eye", "Zhiwen", "why"], details, detail=True),
        ],
        [
            *goals,
            at_least("garbled pages: detection F1", 0.95, f1),
            at_least("garbled pages: zh_books not misjudged", 0, -false_alarms),
        ],
    )


def rates(positive: set[tuple[str, int]], given: set[tuple[str, int]]) -> tuple[float, float, float]:
    """Precision, recall and F1 of what was given."""
    right = len(positive & given)
    precision = right / len(given) if given else 0.0
    recall = right / len(positive) if positive else 0.0
    return precision, recall, 2 * right / (len(positive) + len(given)) if positive or given else 0.0


def _likeness(sample: Sample, reading: Reading) -> float | None:
    if reading.error == "not installed":
        return None
    truth = [plain(page) for page in true_pages(sample)]
    if len(reading.pages) != len(truth):
        return similarity("".join(truth), plain(reading.text))
    return similarity("".join(truth), "".join(whole_page(page, reading, i) for i, page in enumerate(truth)))


def _verdicts(bench: Bench, samples: list[Sample]) -> dict[tuple[str, int], str]:
    readings = bench.readings("zhiwen", [sample.path for sample in samples])
    found = {
        (sample.name, note["number"]): note["garbled"]
        for sample, reading in zip(samples, readings, strict=True)
        for note in reading.notes
    }
    failed = {(s.name, 1): "" for s, r in zip(samples, readings, strict=True) if r.error}
    return {place: code for place, code in (failed | found).items() if place not in LEFT_OUT}
