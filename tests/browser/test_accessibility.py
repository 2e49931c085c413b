"""Every state of every page: axe-core finds nothing, and nothing is wider than the screen.

In both looks with `--full`; else each state is seen in one of them, in turn.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.conftest import is_full
from tests.support.browsing import opened
from tests.support.scripted_state import Site
from tests.support.states import STATES

pytestmark = pytest.mark.browser

PHONE, DESK = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
LOOKS = {"light-desk-zh": ("light", DESK, "zh-CN"), "dark-phone-en": ("dark", PHONE, "en-US")}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A case is a state in a look: all of both, or every second state in one of them, in turn."""
    if "name" not in metafunc.fixturenames:
        return
    looks, states = list(LOOKS), list(STATES)
    if is_full(metafunc.config):
        cases = [(name, look) for name in states for look in looks]
    else:
        cases = [(name, looks[n % len(looks)]) for n, name in enumerate(states[::2])]
    metafunc.parametrize(("name", "look"), cases)


@pytest.fixture
def page(look: str, browser: Browser, address: str) -> Iterator[Page]:
    theme, size, locale = LOOKS[look]
    given = {"locale": locale, "color_scheme": theme, "viewport": size, "reduced_motion": "reduce"}
    with opened(browser, address, **given) as found:
        yield found


def test_nothing_shuts_anybody_out(page: Page, site: Site, name: str) -> None:
    STATES[name](page, site)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    wide, room = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= room
