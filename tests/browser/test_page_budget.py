"""What a page loads before anything is asked of it: few scripts, at once, and nothing from elsewhere."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Response

pytestmark = pytest.mark.browser

# Own and vendored script together; KaTeX and the like come when they are needed.
BUDGET = 200_000
# The REST interface is drawn by Swagger UI, which is all that /docs is: it has no place here.
PATHS = ("/", "/library", "/documents/d1", "/models", "/account", "/people", "/documents/nope")


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_light_and_loads_all_of_it_at_once(page: Page, address: str, path: str) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108  it must be a function
    page.goto(path)
    page.wait_for_load_state("load")
    elsewhere = {answer.url for answer in answers if not answer.url.startswith(address)}
    assert not elsewhere
    scripts = {answer.url: len(answer.body()) for answer in answers if answer.request.resource_type == "script"}
    assert scripts
    assert sum(scripts.values()) <= BUDGET, scripts
    # A module that the page does not name waits until the one that imports it was read.
    named = page.evaluate(
        "[...document.querySelectorAll('script[src], link[rel=modulepreload]')].map(e => e.src || e.href)"
    )
    assert set(scripts) <= set(named)
