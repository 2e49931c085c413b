"""What of a web page is its text: scripts, menus, banners and hidden parts are taken out of the tree."""

from __future__ import annotations

import re
from typing import Any

_NEVER = (
    "script style noscript template iframe object embed applet canvas svg audio video map link meta base head "
    "button select input option datalist progress dialog nav menu"
).split()
_ROLES = {"navigation", "banner", "contentinfo", "search", "complementary", "menu", "menubar", "dialog", "alert"}
# Whole words of class names and ids; a word that only begins so (`navheader`) counts as well for `nav`.
_NAMES = re.compile(
    r"(?:^|[\s_-])(?:nav\w*|menu\w*|breadcrumbs?|cookies?|consent|gdpr|sidebar|advert\w*|ads?|adsbygoogle|banner|"
    r"share|sharing|social|related|recommend\w*|comments?|subscribe|newsletter|popup|modal|toolbar|pagination|pager|"
    r"editsection|noprint|catlinks|categor(?:y|ies)|tags|printfooter|skip-?link|sitefooter|siteheader|footer|login)(?:$|[\s_-])",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_MOST = 0.4
_FEWEST = 0.25


def main_content(tree: Any) -> tuple[Any, int]:
    """The element that holds the page's text, and how many characters of text were taken out of the tree.

    A part that is named like a menu but holds much of the text is no menu and stays.
    """
    body = tree.find(".//body") if tree.find(".//body") is not None else tree
    whole = max(1, _length(body))
    dropped = 0
    for element in list(body.iter()):
        if not isinstance(element.tag, str) or element is body or element.getparent() is None:
            continue
        if element.tag in _NEVER:
            dropped += _length(element) if element.tag in ("nav", "menu", "dialog") else 0
            _take_out(element)
        elif _is_aside(element) and _length(element) < _MOST * whole:
            dropped += _length(element)
            _take_out(element)
    return _main(body), dropped


def _main(body: Any) -> Any:
    """The one element that says it is the main part, if it holds a good part of what is left."""
    found = body.xpath(".//main | .//*[@role='main']") or body.xpath(".//article")
    if len(found) == 1 and _length(found[0]) >= _FEWEST * _length(body):
        return found[0]
    return body


def _is_aside(element: Any) -> bool:
    """Whether an element belongs to the site, or is not shown."""
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    if element.get("role") in _ROLES or _HIDDEN.search(element.get("style") or ""):
        return True
    if element.tag in ("header", "footer"):
        return not _inside_article(element)
    # A link or a word of running text may be called anything.
    if element.tag not in ("div", "section", "aside", "ul", "ol", "table", "form", "header", "footer", "span", "p"):
        return False
    return bool(_NAMES.search(f"{element.get('class') or ''} {element.get('id') or ''}"))


def _inside_article(element: Any) -> bool:
    return any(above.tag in ("article", "main", "section") for above in element.iterancestors())


def _length(element: Any) -> int:
    return sum(len(text.strip()) for text in element.itertext())


def _take_out(element: Any) -> None:
    """Remove an element but not the text that follows it."""
    parent, before, tail = element.getparent(), element.getprevious(), element.tail
    if tail and before is not None:
        before.tail = (before.tail or "") + tail
    elif tail:
        parent.text = (parent.text or "") + tail
    parent.remove(element)
