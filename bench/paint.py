"""How soon pages paint, and how much they shift: `python -m bench.paint [--loads 10]`, in Chromium over loopback.

The real application with the configured embedder and no language model, over a folder of its own with one document of
many passages. Every load is a first one, in a browser that has nothing of this server; `again` is the load after it.
First contentful paint and layout shift are what the browser's own PerformanceObserver says. /healthz is a line of text:
what the browser takes for anything at all. A new window of Chromium loads scripts of its own for a second, on the same
processors: `--settle 1.5` waits until it has, as a person's browser has when a page is opened.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bench import chromium
from bench.stop import served
from models.offline import stay_offline

GOAL_MS = 300
PATHS = ("/healthz", "/", "/library", "/documents/{}", "/models", "/account", "/people", "/nowhere", "/docs")
SIZES = {"desk": (1280, 800), "phone": (360, 740)}
_OBSERVE = """
window.shifted = [];
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) if (!each.hadRecentInput) window.shifted.push(each.value);
}).observe({ type: "layout-shift", buffered: true });
"""
_PAINTED = """async () => {
  while (!performance.getEntriesByName("first-contentful-paint").length) await new Promise(requestAnimationFrame);
}"""
_TOLD = """() => ({
  paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
  shift: window.shifted.reduce((sum, each) => sum + each, 0),
})"""


def main() -> None:
    """Print a table: for every page and size the medians of both figures."""
    stay_offline()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loads", type=int, default=10, help="of each page")
    parser.add_argument(
        "--settle", type=float, default=0.0, help="seconds that a new window is left alone before a load"
    )
    options = parser.parse_args()
    if lacking := chromium.missing():
        sys.exit(f"{lacking}.")
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder), llm="none") as client,
        sync_playwright() as playwright,
    ):
        document = client.get("/api/v1/bases/default/documents").json()["items"][0]["id"]
        browser = chromium.launch(playwright)
        print("| page | size | first paint, ms: median, largest | again, ms: median | layout shift: median, largest |")
        print("|---|---|---|---|---|")
        for path in PATHS:
            for size in SIZES:
                first, again = zip(
                    *(
                        loads(browser, f"{client.base_url}{path.format(document)}", size, options.settle)
                        for _ in range(options.loads)
                    ),
                    strict=True,
                )
                paints, shifts = zip(*first, strict=True)
                later = statistics.median(paint for paint, _ in again)
                print(
                    f"| {path.format('…')} | {size} | {statistics.median(paints):.0f}, {max(paints):.0f} "
                    f"| {later:.0f} | {statistics.median(shifts):.3f}, {max(shifts):.3f} |",
                    flush=True,
                )
        browser.close()
    print(f"\nThe goals are {GOAL_MS} ms and no shift.")


def loads(browser: Browser, address: str, size: str, settle: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Milliseconds until the first paint and the layout shift, of a first load and of the next one."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    context.add_init_script(_OBSERVE)
    page = context.new_page()
    page.wait_for_timeout(1000 * settle)
    found = (_load(page, address), _load(page, address))
    context.close()
    return found


def _load(page: Page, address: str) -> tuple[float, float]:
    page.goto(address, wait_until="load")
    page.evaluate(_PAINTED)
    # A stream of news never ends, so that the network is not idle: what comes late comes within this.
    page.wait_for_timeout(500)
    told = page.evaluate(_TOLD)
    return told["paint"], told["shift"]


if __name__ == "__main__":
    main()
