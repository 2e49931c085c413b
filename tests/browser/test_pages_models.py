"""The models page: what runs, as measured; fetching models, stopping that, whether they fit."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import opened
from tests.support.scripted_state import Site
from tests.support.states import models_fetching

pytestmark = pytest.mark.browser


def test_weights_are_fetched_after_consent_and_with_progress(page: Page, site: Site) -> None:
    page.goto("/models")
    model = page.locator('[data-name="qwen2.5-coder-0.5b-instruct"]')
    model.get_by_role("button", name="Get").click()
    expect(page.locator("dialog")).to_contain_text("491 MB")
    expect(page.locator("dialog")).to_contain_text("Apache-2.0")
    page.locator("dialog .primary").click()
    expect(model.locator("progress")).to_be_visible()
    expect(model).to_contain_text("164 MB of 491 MB · 5.0 MB/s · 1 min left")
    site.models["models"][1].update(pulling=None, installed=True)
    expect(model.get_by_role("button", name="Use")).to_be_visible()


def test_a_pull_is_stopped_and_goes_on_from_what_came(page: Page, site: Site) -> None:
    models_fetching(page, site)
    model = page.locator('[data-name="qwen2.5-coder-0.5b-instruct"]')
    model.get_by_role("button", name="Stop").click()
    expect(model).to_contain_text("164 MB are here already")
    model.get_by_role("button", name="Go on").click()
    expect(page.locator("dialog")).to_contain_text("327 MB will be downloaded")


def test_a_pull_that_failed_says_why_and_is_tried_again(page: Page) -> None:
    page.goto("/models")
    model = page.locator('[data-name="glm-4-9b-chat"]')
    expect(model).to_contain_text("did not answer")
    expect(model).to_contain_text("Too big: needs about 8.6 GB of memory")
    model.get_by_role("button", name="Try again").click()
    expect(page.locator("dialog")).to_contain_text("It is too big for this machine")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_model_whose_weights_are_missing_is_chosen_and_not_in_use(
    browser: Browser, address: str, site: Site, scripts: bool
) -> None:
    site.models["models"][0].update(installed=False)
    site.models["runtime"]["llm"].update(state="missing")
    with opened(browser, address, locale="en-US", java_script_enabled=scripts) as page:
        page.goto("/models")
        model, other = page.locator("#llms li").first, page.locator("#embedders li").first
        expect(model).to_contain_text("Qwen2.5-Coder-1.5B-Instruct" if scripts else "qwen2.5-coder-1.5b-instruct")
        expect(model).to_contain_text("Chosen")
        expect(model).not_to_contain_text("In use")
        expect(other).to_contain_text("In use")
        expect(other).not_to_contain_text("Chosen")


def test_what_runs_tells_what_was_measured_and_nothing_else(page: Page, site: Site) -> None:
    page.goto("/models")
    llm, embedder, machine = (page.locator("#running article").nth(n) for n in range(3))
    expect(llm).to_contain_text("Memory, measured: 1.9 GB. Of it 1.1 GB is the file itself")
    expect(llm).to_contain_text("Writes 17 tokens a second (answers measured: 12)")
    expect(llm).to_contain_text("Layers on the GPU: 0 of 28")
    expect(embedder).to_contain_text("Speed: not measured yet")
    expect(machine).to_contain_text("GPU: none that llama.cpp can use")
    expect(machine).to_contain_text("61.0 GB free")
    site.models["runtime"]["measured"]["llm"] = None
    page.reload()
    expect(llm).to_contain_text("Ready")
    expect(llm).not_to_contain_text("measured")


def test_models_are_listed_without_scripts(browser: Browser, address: str) -> None:
    with opened(browser, address, locale="en-US", java_script_enabled=False) as page:
        page.goto("/models")
        expect(page.locator("#llms li").first).to_contain_text("In use")
        expect(page.locator("#llms li").nth(1)).to_contain_text("Not installed")


def test_a_move_to_another_search_model_is_shown_until_it_is_done(page: Page, site: Site) -> None:
    site.models["runtime"]["moving"] = {"done": 12, "total": 40, "failed": ["年报.pdf"]}
    page.goto("/models")
    card = page.locator("#running article").nth(1)
    expect(card).to_contain_text("Documents indexed for it: 12 of 40")
    expect(card).to_contain_text("年报.pdf")
    card.get_by_role("button", name="Try again").click()
    expect(card).not_to_contain_text("年报.pdf")
    expect(card.get_by_role("button")).to_have_count(0)
    site.models["runtime"]["moving"] = None
    expect(card.locator("progress")).to_have_count(0)
