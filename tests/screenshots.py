"""Draws every state of every page into a folder: `make screenshots`, for people to look through in a minute.

`python -m tests.screenshots [FOLDER] [--only STATE ...]` draws some of them elsewhere.

Each state is drawn on a desk in 简体 and on a phone in English, light and dark, over the scripted site: no weights are
needed, and two runs give the same pictures.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from bench import chromium
from tests.support.browsing import opened
from tests.support.scripted_base import furnished
from tests.support.scripted_site import serving
from tests.support.states import STATES

# width, height, language, theme
LOOKS: dict[str, tuple[ViewportSize, str, str]] = {
    "desk-light-zh": ({"width": 1280, "height": 800}, "zh-CN", "light"),
    "desk-dark-en": ({"width": 1280, "height": 800}, "en-US", "dark"),
    "phone-light-en": ({"width": 390, "height": 844}, "en-US", "light"),
    "phone-dark-hant": ({"width": 390, "height": 844}, "zh-TW", "dark"),
}


def draw(browser: Browser, folder: Path, state: str, look: str) -> Path:
    """One picture, `<state>.<look>.png`; what is on the screen, not what is below it."""
    size, locale, theme = LOOKS[look]
    site = furnished()
    given = {"viewport": size, "locale": locale, "color_scheme": theme, "reduced_motion": "reduce"}
    with serving(site) as address, opened(browser, address, **given) as page:
        STATES[state](page, site)
        # Where the focus is shows in no picture, unless a list is open only as long as it is there.
        page.evaluate(
            "document.fonts.ready.then(() => document.activeElement?.matches('[aria-activedescendant]')"
            " || document.activeElement?.blur())"
        )
        path = folder / f"{state}.{look}.png"
        page.screenshot(path=path, animations="disabled")
    return path


def main(arguments: Sequence[str] | None = None) -> None:
    """Every state in every look."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.screenshots", description="Draw every state of every page, on a desk and on a phone."
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path("docs/screenshots"), help="default: %(default)s")
    parser.add_argument("--only", nargs="+", choices=STATES, default=[*STATES], metavar="STATE", help="draw these")
    options = parser.parse_args(arguments)
    folder: Path = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    if chromium.path() is None:
        sys.exit("Chromium is not installed: on Debian, sudo apt install chromium fonts-noto-cjk.")
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        for state in options.only:
            print(*(draw(browser, folder, state, look).name for look in LOOKS), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
