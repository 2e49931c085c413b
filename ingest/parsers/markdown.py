"""Markdown: headings, paragraphs, lists, tables and code, placed by their headings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.document import Block, BlockKind, Line, ParsedDocument, ParseLimits, Table, table_of
from ingest.errors import CorruptFile
from ingest.parsers.captions import name_captions
from ingest.parsers.formats import extensions_of
from ingest.parsers.html import parse_tree
from ingest.parsers.markup import BlockReader
from ingest.parsers.outline import Outline, chapter_level
from ingest.parsers.result import document_of
from ingest.parsers.text import read_text
from models.reasons import because

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_TITLE = re.compile(r"^title:\s*[\"']?(.+?)[\"']?\s*$", re.MULTILINE)
_NOTE = re.compile(r"^ {0,3}\[\^([\w-]+)\]:(.*)$")
_MARK = re.compile(r"\[\^([\w-]+)\]")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
_CONTAINERS = ("blockquote_open", "list_item_open")
_DEEPEST = 200
_QUOTED = "> \t"
_SMALL = re.compile(r"<(?:sup|sub|ruby)\b", re.IGNORECASE)


class MarkdownParser:
    """Reads Markdown (CommonMark with tables)."""

    extensions = extensions_of("markdown")

    def parse(
        self,
        path: Path,
        name: str,
        password: str | None,  # noqa: ARG002 (all parsers are called alike)
        limits: ParseLimits,  # noqa: ARG002
    ) -> ParsedDocument:
        """See `Parser.parse`."""
        from markdown_it import MarkdownIt

        text, warnings = read_text(path, name)
        matter = _FRONT_MATTER.match(text)
        body = text[matter.end() :] if matter else text
        body, notes = take_footnotes(body)
        parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
        tokens = parser.parse(body)
        # The parser goes on without what is inside.
        if any(token.type in _CONTAINERS and token.level + 1 >= _DEEPEST for token in tokens):
            raise CorruptFile(name=name, kind="Markdown", reason=because("nested-hundreds"))
        tokens = list(_with_further_cells(tokens, body.split("\n"), parser))
        blocks = name_captions(list(_blocks(tokens, notes)))
        return document_of(blocks, name, title=_title(matter, blocks), warnings=warnings)


def _title(matter: re.Match[str] | None, blocks: Sequence[Block]) -> str:
    if matter and (found := _TITLE.search(matter.group(1))):
        return found.group(1)
    return next((block.lines[0].text for block in blocks if block.level == 1), "")


def _blocks(tokens: Sequence[Token], notes: dict[str, str]) -> Iterator[Block]:
    """The blocks of a document; notes stand below what refers to them."""
    outline = Outline()
    at = 0
    while at < len(tokens):
        end = _closing(tokens, at)
        token, inside = tokens[at], tokens[at + 1 : end]
        at = end + 1
        marks = [mark for each in (token, *inside) for mark in _MARK.findall(each.content) if each.type == "inline"]
        if token.type == "table_open":
            yield Block("table", (), location=outline.block(""), table=_table(inside))
        elif token.type == "html_block":
            yield from _html(token.content, outline)
        else:
            for kind, lines in _parts(token, inside):
                yield _written(token, kind, lines, outline)
        for mark in marks:
            if note := notes.pop(mark, ""):
                yield Block("footnote", (Line(note),), location=outline.block(""))
    for note in notes.values():
        yield Block("footnote", (Line(note),), location=outline.block(""))


def _written(token: Token, kind: BlockKind, lines: list[str], outline: Outline) -> Block:
    """A heading, a paragraph, a list, a quote or code."""
    level = int(token.tag[1]) if token.type == "heading_open" else 0
    # A line such as 第二章 总则 stands for a heading wherever it stands by itself.
    if not level and kind == "text" and len(lines) == 1 and (chapter := chapter_level(lines[0])):
        level = min(6, chapter + 1)
    location = outline.heading(level, " ".join(lines)) if level else outline.block(lines[0])
    rows = tuple(Line(line) for line in lines)
    return Block("heading" if level else kind, rows, location=location, level=level)


def _html(source: str, outline: Outline) -> Iterator[Block]:
    """The blocks of raw HTML, such as a table with merged cells."""
    from lxml import etree

    tree = parse_tree(source, "")
    if tree is not None:
        etree.strip_elements(tree, "script", "style", with_tail=False)
        yield from BlockReader(outline).read(tree)


def take_footnotes(text: str) -> tuple[str, dict[str, str]]:
    """A text without its `[^1]: …` lines, and the notes by their marks. Code stays as it is."""
    kept: list[str] = []
    notes: dict[str, str] = {}
    fence = current = ""
    for line in text.split("\n"):
        opened = _FENCE.match(line)
        if opened and (not fence or opened.group(1).startswith(fence)):
            fence = "" if fence else opened.group(1)
        found = None if fence else _NOTE.match(line)
        if found:
            current, notes[found.group(1)] = found.group(1), found.group(2).strip()
        elif current and line.startswith(("  ", "\t")) and not fence:
            notes[current] = f"{notes[current]} {line.strip()}".strip()
        else:
            current = current if current and not line.strip() else ""
            kept.append(line)
    return "\n".join(kept), notes


def _closing(tokens: Sequence[Token], at: int) -> int:
    """The index of the token that closes the one at `at`; itself if it opens nothing."""
    depth = 0
    for i in range(at, len(tokens)):
        depth += tokens[i].nesting
        if depth == 0:
            return i
    return len(tokens) - 1


def _parts(token: Token, inside: Sequence[Token]) -> Iterator[tuple[BlockKind, list[str]]]:
    """The lines of a paragraph, a list, a quote or code; code inside a list or a quote stands by itself."""
    lines: list[str] = []
    for kind, line in _lines(inside or [token]):
        if kind == "text":
            lines.append(line)
            continue
        if lines:
            yield "text", lines
            lines = []
        yield kind, line.split("\n")
    if lines:
        yield "text", lines


def _table(tokens: Sequence[Token]) -> Table:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(" ".join(_inline(token)))
    return table_of(rows)


def _with_further_cells(tokens: Sequence[Token], source: Sequence[str], parser: MarkdownIt) -> Iterator[Token]:
    """The tokens, and after the cells of a table's row those that the row has beyond the header's."""
    from markdown_it.rules_block.table import escapedSplit

    cells: list[str] = []
    for token in tokens:
        if token.type == "tr_open" and token.map:
            cells = escapedSplit(source[token.map[0]].strip(_QUOTED).removeprefix("|"))
            cells = cells[:-1] if cells[-1:] == [""] else cells
        elif token.type in ("th_close", "td_close"):
            cells = cells[1:]
        elif token.type == "tr_close":
            for cell in cells:
                yield from parser.parseInline(cell.strip())
        yield token


def _lines(tokens: Sequence[Token]) -> Iterator[tuple[BlockKind, str]]:
    """The lines of paragraphs, quotes and lists, where items keep their markers and depth; code comes as a whole."""
    marker, depth = "", 0
    for token in tokens:
        if token.type in ("bullet_list_open", "ordered_list_open"):
            depth += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            depth -= 1
        elif token.type == "list_item_open":
            marker = f"{token.info}{token.markup} " if token.info else "- "
        elif token.type == "inline":
            for line in _inline(token):
                yield "text", "  " * depth + marker + line
                marker = ""
        elif token.type in ("fence", "code_block"):
            if code := "\n".join(line for line in token.content.split("\n") if line.strip()):
                yield "code", code
        elif token.type == "html_block":
            yield from (("text", line) for line in _plain(token.content))


def _inline(token: Token) -> list[str]:
    """The text of an inline token as it would be shown, by lines."""
    children = token.children or []
    if any(child.type == "html_inline" and _SMALL.match(child.content) for child in children):
        return _plain("".join(map(_as_html, children)))
    text = ""
    for child in children:
        if child.type in ("softbreak", "hardbreak") or (
            child.type == "html_inline" and _BREAK.fullmatch(child.content)
        ):
            text += "\n"
        elif child.type in ("text", "code_inline", "image"):
            text += _MARK.sub("", child.content) if child.type == "text" else child.content
    return [line.strip() for line in text.split("\n") if line.strip()]


def _as_html(child: Token) -> str:
    """A part of a line as the HTML that it stands for, as far as its text depends on it."""
    if child.type == "html_inline":
        return child.content
    if child.type in ("softbreak", "hardbreak"):
        return "<br>"
    if child.type in ("link_open", "link_close"):
        return f"<{'' if child.nesting > 0 else '/'}a>"
    return escape(_MARK.sub("", child.content) if child.type == "text" else child.content)


def _plain(source: str) -> list[str]:
    """The text of HTML by lines, that of a table by rows."""
    lines: list[str] = []
    for block in _html(source, Outline()):
        lines += [line.text for line in block.lines]
        lines += [" ".join(filter(None, row)) for row in block.table.grid()] if block.table else []
    return lines
