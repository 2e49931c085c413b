"""A sentence-transformers folder as files: may it be loaded, is it whole, has it changed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from models.catalog import Prompts
from models.errors import WeightsMissing, WeightsUnusable
from models.reasons import because

_EDGE = 1 << 20
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack")
_READ_WHOLE = (".json", ".txt", ".model")


def refuse_unsafe(folder: Path, name: str) -> None:
    """Raises WeightsMissing or WeightsUnusable when `folder` holds nothing that loads safely."""
    if not (folder / "config.json").is_file() and not (folder / "modules.json").is_file():
        raise WeightsMissing(name=name, path=folder)
    for part in _module_folders(folder):
        if any(part.glob("*.safetensors")):
            continue
        pickles = sorted(p.name for p in part.glob("*") if p.suffix in _PICKLES)
        if pickles:
            found = (part / pickles[0]).relative_to(folder)
            raise WeightsUnusable(path=folder, reason=because("runs-code", file=found))
    if not any(folder.rglob("*.safetensors")):
        raise WeightsUnusable(path=folder, reason=because("safetensors-missing"))


def unfilled_tensors(folder: Path, model: Any) -> list[str]:
    """Names of tensors of the network that the files do not hold, and that would stay random."""
    from safetensors import safe_open

    held: set[str] = set()
    for path in folder.rglob("*.safetensors"):
        with safe_open(path, framework="np") as file:
            held.update(file.keys())
    held |= {name.replace("LayerNorm.gamma", "LayerNorm.weight") for name in held}
    held |= {name.replace("LayerNorm.beta", "LayerNorm.bias") for name in held}
    tails = {".".join(parts[i:]) for parts in (name.split(".") for name in held) for i in range(len(parts))}
    network = getattr(model[0], "auto_model", None)
    names = network.state_dict() if network is not None else {}
    # A sentence vector is pooled from the tokens; the classifier's pooler is often left out.
    return [name for name in names if name not in tails and "pooler" not in name]


def fingerprint(folder: Path, prompts: Prompts, max_tokens: int, window_tokens: int) -> str:
    """A short hash of what shapes the vectors. Of big files it reads the size and both ends."""
    digest = hashlib.sha256(repr((prompts.query, prompts.passage, max_tokens, window_tokens)).encode())
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".safetensors" or (path.suffix in _READ_WHOLE and path.name != "zhiwen.json"):
            digest.update(f"\0{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
            digest.update(_ends(path) if path.suffix == ".safetensors" else path.read_bytes())
    return digest.hexdigest()[:16]


def _module_folders(folder: Path) -> list[Path]:
    """The folders of all modules that have weights: the root, and what `modules.json` names."""
    listing = folder / "modules.json"
    if not listing.is_file():
        return [folder]
    try:
        return [folder / str(module["path"]) for module in json.loads(listing.read_text("utf-8"))]
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsUnusable(path=listing, reason=because("no-modules", error=error)) from error


def _ends(path: Path) -> bytes:
    with path.open("rb") as stream:
        head = stream.read(_EDGE)
        stream.seek(max(_EDGE, path.stat().st_size - _EDGE))
        return head + stream.read()
