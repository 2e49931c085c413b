"""What a test may need and a machine may lack, and how much of the slow tests runs.

`slow` tests run with the first case of each; `--full` (or ZHIWEN_FULL=1) runs every case. Where several processes run
the tests (`pytest -n`), one that computes with the default weights runs alone: threads that wait for each other lose
most of their speed on busy cores.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench import chromium

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="run every case of the slow tests")


def pytest_configure(config: pytest.Config) -> None:
    from hypothesis import settings

    settings.register_profile("sample", deadline=None, max_examples=25, derandomize=True)
    settings.register_profile("full", deadline=None, max_examples=500)
    settings.load_profile("full" if is_full(config) else "sample")


def is_full(config: pytest.Config) -> bool:
    """Whether everything is to run."""
    return bool(config.getoption("--full")) or os.environ.get("ZHIWEN_FULL", "") not in {"", "0"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the first case of every slow test, unless all of them are asked for."""
    if is_full(config):
        return
    seen: set[str] = set()
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        test = item.nodeid.split("[")[0]
        again = item.get_closest_marker("slow") is not None and test in seen
        (left if again else kept).append(item)
        seen.add(test)
    items[:] = kept
    if left:
        config.hook.pytest_deselected(items=left)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, saying why, what this machine cannot run. A browser that is required must be there."""
    if item.get_closest_marker("shared") and not SHARED.is_dir():
        pytest.skip("the folder ../shared/data with real documents is not beside this checkout")
    if item.get_closest_marker("weights") and (missing := missing_weights()):
        pytest.skip(f"weights are missing ({', '.join(missing)}): zhiwen models pull --defaults")
    if item.get_closest_marker("browser") and chromium.path() is None:
        reason = "no Chromium on the path (Debian, Ubuntu: apt install chromium)"
        if os.environ.get("ZHIWEN_REQUIRE_BROWSER") == "1":
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Beside other tests, or alone."""
    if "PYTEST_XDIST_WORKER" not in os.environ or item.config.cache is None:
        return (yield)
    with in_turn(item.config.cache.mkdir("turns"), alone=item.get_closest_marker("weights") is not None):
        return (yield)


@contextmanager
def in_turn(folder: Path, *, alone: bool) -> Iterator[None]:
    """Hold the machine, alone or with others. Whoever waits to be alone is waited for by those who come later."""
    with (folder / "gate").open("w") as gate, (folder / "machine").open("w") as machine:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(machine, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield


def missing_weights() -> list[str]:
    """The default weights that are not on this machine."""
    from models.catalog import load_catalog
    from models.installed import is_installed

    folder = weights_folder()
    return [w.name for w in load_catalog().defaults() if not is_installed(w, folder)]


def weights_folder() -> Path:
    return Path(os.environ.get("ZHIWEN_WEIGHTS_DIR") or ROOT / "models" / "weights")


@pytest.fixture(scope="session")
def full(pytestconfig: pytest.Config) -> bool:
    """Whether everything is to run: a slow test may do less without."""
    return is_full(pytestconfig)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real documents; for tests marked `shared`."""
    return SHARED


@pytest.fixture(scope="session")
def weights_dir() -> Path:
    """The folder of the weights; for tests marked `weights`."""
    return weights_folder()
