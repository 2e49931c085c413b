"""What of a web page is its text: scripts, menus, banners and what nobody sees are taken out of the tree."""

from __future__ import annotations

import re
from typing import Any

from ingest.parsers.html_unseen import Unseen, length, take_out, take_out_unseen

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
_MOST = 0.4
_FEWEST = 0.25


def main_content(tree: Any) -> tuple[Any, int, Unseen]:
    """The element that holds the page's text, how many characters of menus and the like were taken out of the tree, and
    what nobody sees.

    A part that is named like a menu but holds much of the text is no menu and stays.
    """
    sheets = bool(tree.xpath("//style | //link[contains(@rel, 'stylesheet')]"))
    body = tree.find(".//body") if tree.find(".//body") is not None else tree
    whole = max(1, length(body))
    dropped = 0
    for element in list(body.iter()):
        if not isinstance(element.tag, str) or element is body or element.getparent() is None:
            continue
        if element.tag in _NEVER:
            dropped += length(element) if element.tag in ("nav", "menu", "dialog") else 0
            take_out(element)
        elif _is_aside(element) and length(element) < _MOST * whole:
            dropped += length(element)
            take_out(element)
    unseen = take_out_unseen(body, sheets=sheets)
    return _main(body), dropped, unseen


def _main(body: Any) -> Any:
    """The one element that says it is the main part, if it holds a good part of what is left."""
    found = body.xpath(".//main | .//*[@role='main']") or body.xpath(".//article")
    if len(found) == 1 and length(found[0]) >= _FEWEST * length(body):
        return found[0]
    return body


def _is_aside(element: Any) -> bool:
    """Whether an element belongs to the site."""
    if element.get("aria-hidden") == "true" or element.get("role") in _ROLES:
        return True
    if element.tag in ("header", "footer"):
        return not _inside_article(element)
    # A link or a word of running text may be called anything.
    if element.tag not in ("div", "section", "aside", "ul", "ol", "table", "form", "header", "footer", "span", "p"):
        return False
    return bool(_NAMES.search(f"{element.get('class') or ''} {element.get('id') or ''}"))


def _inside_article(element: Any) -> bool:
    return any(above.tag in ("article", "main", "section") for above in element.iterancestors())
