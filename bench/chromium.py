"""The browser that pages are measured, tested and printed in: Chromium, where it is installed, without a window."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
# With every new window these load pages of the browser's own address bar, of which nothing is seen: a second of
# processor time each on a slow machine, just when the first page of the window is loaded.
_ADDRESS_BAR = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup")
# What Playwright itself switches off. Chromium takes the last such list alone, so it is said again.
_BY_PLAYWRIGHT = """
    AvoidUnnecessaryBeforeUnloadCheckSync DestroyProfileOnBrowserClose HttpsUpgrades HttpsFirstBalancedModeAutoEnable
    LensOverlay MediaRouter PaintHolding ThirdPartyStoragePartitioning AvoidCorsURLLoaderRestartOnRedirect
    OptimizationHints NetworkTimeServiceQuerying AimEnabled PreconnectToSearch
""".split()
_FEATURES_OFF = ",".join((*_BY_PLAYWRIGHT, *_ADDRESS_BAR))
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", f"--disable-features={_FEATURES_OFF}"),
)


def path() -> str | None:
    """Where it is installed."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def missing() -> str:
    """What this machine lacks for pages with Chinese text; empty when it has all."""
    if path() is None:
        return "Chromium is not installed (Debian: apt-get install chromium)"
    fonts = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True, check=False)
    return "" if fonts.stdout.strip() else "no Chinese font is installed (Debian: apt-get install fonts-noto-cjk)"


def launch(playwright: Playwright) -> Browser:
    """Start it; it has to be installed."""
    return playwright.chromium.launch(executable_path=path(), args=list(FLAGS))
