"""Markdown: headings, paragraphs, lists, tables and code, placed by their headings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.document import Block, BlockKind, Line, ParsedDocument, ParseLimits, Table, table_of
from ingest.errors import NoText
from ingest.parsers.outline import Outline, chapter_level
from ingest.parsers.text import read_text

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n---[ \t]*(?:\n|\Z)", re.DOTALL)
_TITLE = re.compile(r"^title:\s*[\"']?(.+?)[\"']?\s*$", re.MULTILINE)
_TAG = re.compile(r"<!--.*?-->|</?[A-Za-z][^>]*>", re.DOTALL)
_BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)


class MarkdownParser:
    """Reads Markdown (CommonMark with tables)."""

    extensions = (".md", ".markdown")

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
        tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(body)
        blocks = tuple(_blocks(tokens))
        if not blocks:
            raise NoText(name=name, pages=0, images=0)
        return ParsedDocument(blocks, title=_title(matter, blocks), warnings=warnings)


def _title(matter: re.Match[str] | None, blocks: Sequence[Block]) -> str:
    if matter and (found := _TITLE.search(matter.group(1))):
        return found.group(1)
    return next((block.lines[0].text for block in blocks if block.level == 1), "")


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    outline = Outline()
    at = 0
    while at < len(tokens):
        end = _closing(tokens, at)
        token, inside = tokens[at], tokens[at + 1 : end]
        at = end + 1
        if token.type == "table_open":
            yield Block("table", (), location=outline.block(""), table=_table(inside))
            continue
        kind, lines = _read(token, inside)
        if not lines:
            continue
        level = int(token.tag[1]) if token.type == "heading_open" else 0
        # A line such as 第二章 总则 stands for a heading wherever it stands by itself.
        if not level and kind == "text" and len(lines) == 1 and (chapter := chapter_level(lines[0])):
            level = min(6, chapter + 1)
        location = outline.heading(level, " ".join(lines)) if level else outline.block(lines[0])
        rows = tuple(Line(line) for line in lines)
        yield Block("heading" if level else kind, rows, location=location, level=level)


def _closing(tokens: Sequence[Token], at: int) -> int:
    """The index of the token that closes the one at `at`; itself if it opens nothing."""
    depth = 0
    for i in range(at, len(tokens)):
        depth += tokens[i].nesting
        if depth == 0:
            return i
    return len(tokens) - 1


def _read(token: Token, inside: Sequence[Token]) -> tuple[BlockKind, list[str]]:
    if token.type in ("fence", "code_block"):
        return "code", [line for line in token.content.split("\n") if line.strip()]
    if token.type == "html_block":
        return "text", _plain(token.content)
    return "text", list(_lines(inside))


def _table(tokens: Sequence[Token]) -> Table:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(" ".join(_inline(token)))
    return table_of(rows)


def _lines(tokens: Sequence[Token]) -> Iterator[str]:
    """The lines of paragraphs, quotes and lists; items keep their markers and depth."""
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
                yield "  " * depth + marker + line
                marker = ""
        elif token.type in ("fence", "code_block"):
            yield from (line for line in token.content.split("\n") if line.strip())
        elif token.type == "html_block":
            yield from _plain(token.content)


def _inline(token: Token) -> list[str]:
    """The text of an inline token as it would be shown, by lines."""
    text = ""
    for child in token.children or ():
        if child.type in ("softbreak", "hardbreak") or (
            child.type == "html_inline" and _BREAK.fullmatch(child.content)
        ):
            text += "\n"
        elif child.type in ("text", "code_inline", "image"):
            text += child.content
    return [line.strip() for line in text.split("\n") if line.strip()]


def _plain(html: str) -> list[str]:
    """The text of raw HTML, without its tags."""
    from html import unescape

    text = unescape(_TAG.sub("", _BREAK.sub("\n", html)))
    return [line.strip() for line in text.split("\n") if line.strip()]
