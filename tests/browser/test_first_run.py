"""A first start without any weights, in a browser, over the real application and a hub on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app.server import create_app
from tests.support.browsing import opened
from tests.support.live import listening
from tests.support.served import REPORT
from tests.support.tiny_hub import files_of, offering, without_weights

pytestmark = pytest.mark.browser
SLOW = 120_000


def test_what_was_uploaded_is_read_when_the_models_that_were_asked_for_have_come(
    browser: Browser, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    made.mkdir()
    with (
        offering(files_of(made)),
        without_weights(tmp_path) as services,
        listening(create_app(services)) as address,
        opened(browser, address, locale="en-US", viewport={"width": 1280, "height": 800}) as page,
    ):
        page.goto("/library")
        expect(page.locator("#model-problem")).to_contain_text("No models are on this machine yet", timeout=SLOW)
        page.locator("#files").set_input_files(
            {"name": "年报.md", "mimeType": "text/markdown", "buffer": REPORT.encode()}
        )
        row = page.locator("#documents tbody tr")
        expect(row).to_contain_text("Waits for the models", timeout=SLOW)
        page.get_by_role("button", name="Download the default models").click()
        expect(row.locator(".badge")).to_have_text("Ready", timeout=SLOW)
        expect(page.locator("#model-problem")).to_be_hidden(timeout=SLOW)
        services.closing.set()
