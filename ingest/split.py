"""From cleaned text to chunks: by headings, paragraphs and table rows first, then by size.

Chunks do not overlap. They are whole paragraphs under their headings wherever that fits, and the
headings are embedded with them; repeated text would be found twice and paid for twice in a prompt.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

from ingest.chunk import Chunk
from ingest.document import BlockSpan, CleanDocument

SPLITTER_VERSION = 4

CountTokens = Callable[[Sequence[str]], list[int]]
Path = tuple[str, ...]

_SEPARATORS = [
    "\n",
    r"(?<=[。！？…])(?![。！？…”’」』）)])|(?<=[。！？…][”’」』）)])",
    r"(?<=[.!?])\s",
    r"(?<=[；;：:])(?![”’」』）)])",
    r"(?<=[，、,])",
    r"\s",
    "",
]


def split(
    document: CleanDocument,
    count_tokens: CountTokens,
    *,
    target_tokens: int = 350,
    max_tokens: int = 512,
    title: str = "",
) -> tuple[Chunk, ...]:
    """Cut a document into chunks of about `target_tokens`, never more than `max_tokens`.

    `title`, the document's, goes with every chunk as its headings do; it is left out if there is no room for it.

    `count_tokens` counts texts as the embedder sees them, prompt and special tokens included; it
    is called a few times with many texts. Raises ValueError where one character is over the limit.
    """
    sizes = _Sizes(count_tokens, min(target_tokens, max_tokens), max_tokens)
    atoms = _cut_long(document.text, _atoms(document), sizes)
    return _finish(document.text, _pack(atoms, sizes), sizes, title if sizes.spare(title) else "")


@dataclass(frozen=True)
class _Atom:
    """Text that stays together: a paragraph, a heading, a table row. `opens` a section if a heading."""

    start: int
    end: int
    path: Path
    opens: bool
    tokens: int = 0


class _Sizes:
    """Counts tokens of texts without what the embedder adds to each."""

    def __init__(self, count: CountTokens, target: int, limit: int) -> None:
        self.count, self.limit = count, limit
        self.extra = count([""])[0]
        self.target = max(1, target - self.extra)

    def spare(self, title: str) -> bool:
        """Whether a title takes a fifth of a chunk at most."""
        return not title or self.bare([title + " > \n"])[0] <= (self.limit - self.extra) // 5

    def bare(self, texts: Sequence[str]) -> list[int]:
        return [max(0, tokens - self.extra) for tokens in self.count(texts)] if texts else []


def _atoms(document: CleanDocument) -> Iterator[_Atom]:
    for block in document.blocks:
        if block.kind == "table":
            yield from _rows(document.text, block)
        else:
            yield _Atom(block.start, block.end, block.heading_path, block.kind == "heading")


def _rows(text: str, block: BlockSpan) -> Iterator[_Atom]:
    """A table's rows: all of them carry its caption, those after the header rows these as well.

    Rows under a cell that began above them, the name of a group, carry its text.
    """
    outside = [text[start:end] for start, end in block.heads if not block.start <= start < block.end]
    inside = [text[start:end] for start, end in block.heads if block.start <= start < block.end]
    lines = text[block.start : block.end].split("\n")
    heading = len(inside) + 1  # the header rows and the rule under them
    head = "\n".join(lines[:heading])
    above = (*block.heading_path, *outside)
    yield _Atom(block.start, block.start + len(head), above, opens=False)
    at = block.start + len(head) + 1
    waiting = deque(block.spans)
    groups: list[tuple[int, int, int]] = []
    for row in lines[heading:]:
        while waiting and waiting[0][0] < at:
            groups.append(waiting.popleft())
        groups = [group for group in groups if group[2] > at]
        names = (text[start:end] for start, end, _ in groups)
        yield _Atom(at, at + len(row), (*above, *inside, *names), opens=False)
        at += len(row) + 1


def _cut_long(text: str, atoms: Iterable[_Atom], sizes: _Sizes) -> list[_Atom]:
    """Count every atom, and cut those that are much longer than a chunk should be."""
    found = list(atoms)
    counts = sizes.bare([text[atom.start : atom.end] for atom in found])
    room = min(sizes.limit - sizes.extra, round(1.3 * sizes.target))
    pieces: list[_Atom] = []
    new: list[int] = []
    for atom, tokens in zip(found, counts, strict=True):
        if tokens <= room:
            pieces.append(replace(atom, tokens=tokens))
        else:
            cut = _cut(text, atom, ceil(tokens / sizes.target))
            new += range(len(pieces), len(pieces) + len(cut))
            pieces += cut
    for at, tokens in zip(new, sizes.bare([text[pieces[at].start : pieces[at].end] for at in new]), strict=True):
        pieces[at] = replace(pieces[at], tokens=tokens)
    return pieces


def _cut(text: str, atom: _Atom, parts: int) -> list[_Atom]:
    """Cut an atom into about `parts` pieces of like length, at the best places."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    length = atom.end - atom.start
    splitter = RecursiveCharacterTextSplitter(
        separators=_SEPARATORS,
        is_separator_regex=True,
        keep_separator="end",
        strip_whitespace=False,
        chunk_size=max(1, min(length - 1, ceil(1.1 * length / parts))),
        chunk_overlap=0,
    )
    pieces: list[_Atom] = []
    at = atom.start
    for piece in splitter.split_text(text[atom.start : atom.end]):
        # Our own walk: a piece is where the last one ended, blanks apart.
        start = text.index(piece, at, atom.end)
        at = start + len(piece)
        pieces += [replace(atom, start=s, end=e, opens=atom.opens and not pieces) for s, e in _inked(text, start, at)]
    return pieces


def _inked(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A span without the blanks at its ends; none if it is blank."""
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    return [(start + left, start + len(piece.rstrip()))] if piece.strip() else []


def _pack(atoms: Sequence[_Atom], sizes: _Sizes) -> list[list[_Atom]]:
    """Atoms by chunk: sections are filled one by one, small neighbours joined."""
    groups: list[list[_Atom]] = []
    for each in _sections(atoms):
        section = each
        # Headings without a text of their own stand at the head of what comes below them.
        if groups and all(atom.opens for atom in groups[-1]) and _within(section, groups[-1]):
            section = groups.pop() + section
        parts = _fill(section, sizes)
        if groups and _may_join(groups[-1], parts[0], sizes):
            parts[0] = groups.pop() + parts[0]
        groups += parts
    return groups


def _sections(atoms: Sequence[_Atom]) -> list[list[_Atom]]:
    sections: list[list[_Atom]] = []
    for atom in atoms:
        if atom.opens or not sections:
            sections.append([])
        sections[-1].append(atom)
    return sections


def _fill(section: Sequence[_Atom], sizes: _Sizes) -> list[list[_Atom]]:
    groups: list[list[_Atom]] = [[section[0]]]
    for atom in section[1:]:
        if _tokens(groups[-1]) + atom.tokens <= sizes.target or all(a.opens for a in groups[-1]):
            groups[-1].append(atom)
        else:
            groups.append([atom])
    # A last piece too small to be understood alone goes with the one before.
    if len(groups) > 1 and _tokens(groups[-1]) < sizes.target / 5:
        both = _tokens(groups[-2]) + _tokens(groups[-1])
        if both <= min(1.2 * sizes.target, sizes.limit - sizes.extra):
            tail = groups.pop()
            groups[-1] += tail
    return groups


def _may_join(group: Sequence[_Atom], following: Sequence[_Atom], sizes: _Sizes) -> bool:
    """Whether a small section goes with the next: a sibling or the first of its own parts."""
    small = min(_tokens(group), _tokens(following)) < 0.4 * sizes.target
    return (
        small
        and group[0].opens
        and not all(atom.opens for atom in following)
        and _tokens(group) + _tokens(following) <= sizes.target
        and _within(following, group)
    )


def _within(following: Sequence[_Atom], group: Sequence[_Atom]) -> bool:
    """Whether a section stands beside or below the headings that a group stands under."""
    above = group[0].path
    return following[0].path[: len(above)] == above


def _tokens(atoms: Iterable[_Atom]) -> int:
    return sum(atom.tokens for atom in atoms)


def _finish(text: str, groups: list[list[_Atom]], sizes: _Sizes, title: str) -> tuple[Chunk, ...]:
    """Make chunks, and halve those that are over the limit until none is."""
    paths = _paths(groups, sizes)
    done: dict[int, Chunk] = {}
    waiting = groups
    while waiting:
        chunks = [replace(_chunk(text, group, paths), title=title) for group in waiting]
        counts = sizes.count([chunk.indexed_text for chunk in chunks])
        over: list[list[_Atom]] = []
        for chunk, tokens, group in zip(chunks, counts, waiting, strict=True):
            if tokens <= sizes.limit:
                done[chunk.start] = replace(chunk, tokens=tokens)
            else:
                over += _halve(text, group, paths, tokens, sizes.limit)
        waiting = over
    ordered = [done[start] for start in sorted(done)]
    return tuple(replace(chunk, ordinal=i) for i, chunk in enumerate(ordered))


def _chunk(text: str, group: Sequence[_Atom], paths: dict[Path, Path]) -> Chunk:
    start, end = group[0].start, group[-1].end
    return Chunk(0, start, end, text[start:end], paths[group[0].path], 0)


def _paths(groups: Iterable[Sequence[_Atom]], sizes: _Sizes) -> dict[Path, Path]:
    """Heading paths that leave most of the room to the text: from too long ones the top goes first."""
    paths = list({atom.path: None for group in groups for atom in group})
    tails = [path[i:] for path in paths for i in range(len(path))]
    counts = dict(zip(tails, sizes.bare([" > ".join(tail) + "\n" for tail in tails]), strict=True))
    room = (sizes.limit - sizes.extra) // 3
    return {path: next((path[i:] for i in range(len(path)) if counts[path[i:]] <= room), ()) for path in paths}


def _halve(text: str, group: Sequence[_Atom], paths: dict[Path, Path], tokens: int, limit: int) -> list[list[_Atom]]:
    if len(group) > 1:
        half = _tokens(group) / 2
        cut = next((i for i in range(1, len(group)) if _tokens(group[:i]) >= half), len(group) - 1)
        return [list(group[:cut]), list(group[cut:])]
    atom = group[0]
    if atom.end - atom.start > 1:
        return [[piece] for piece in _cut(text, atom, max(2, ceil(tokens / limit)))]
    if paths[atom.path]:
        paths[atom.path] = ()
        return [list(group)]
    raise ValueError(f"one character takes {tokens} tokens, more than the limit of {limit}")
