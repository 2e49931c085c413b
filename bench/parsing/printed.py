"""Made pages as PDF: printed by Chromium, which has to be installed with a Chinese font."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench import chromium
from bench.parsing.made_pages import Made

_HEAD = "<div style='font-size:8pt;width:100%;text-align:center'>{}</div>"


def print_all(documents: Sequence[Made], folder: Path) -> list[Path]:
    """Print every document to `folder`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        page = browser.new_page()
        paths = []
        for made in documents:
            page.set_content(made.html())
            target = folder / f"{made.name}.pdf"
            page.pdf(
                path=str(target),
                format="A4",
                landscape=made.landscape,
                margin={"top": "70px", "bottom": "70px", "left": "60px", "right": "60px"},
                display_header_footer=bool(made.head),
                header_template=_HEAD.format(made.head),
                footer_template=_HEAD.format("<span class=pageNumber></span> / <span class=totalPages></span>"),
            )
            paths.append(target)
        browser.close()
    return paths
