"""How llama.cpp computes a model on this machine: the defaults, or what `zhiwen tune` measured and kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, get_args

from models.llama.devices import gpus
from models.llama.layout import rows
from models.llama.library import native
from models.memo import Memo, this_machine
from models.threads import MOST_THREADS, logical_cores

Cache = Literal["f16", "q8_0"]
_MOST = 4096
# More threads for each processor than anybody gains by: beyond it they wait for each other, and no answer comes.
_MOST_A_PROCESSOR = 4


@dataclass(frozen=True)
class Tuned:
    """`threads` write and `prompt_threads` read; 0 takes the physical cores.

    A prompt is computed in blocks of `block` tokens: each takes as long as 19 tokens more, for unpacking all weights
    (docs/load.md). A stop is looked for between them, and on a processor within them. `cache` is the type of the keys
    and values. So many as `draft` tokens are guessed ahead and verified at once; 0 guesses none.
    """

    threads: int = 0
    prompt_threads: int = 0
    block: int = 256
    flash_attention: bool = True
    cache: Cache = "f16"
    draft: int = 0

    @property
    def told(self) -> str:
        """In words, for the log and for people who ask."""
        threads = f"{self.threads or 'all'} threads to write, {self.prompt_threads or 'all'} to read"
        attention = "flash attention" if self.flash_attention else "plain attention"
        draft = f"{self.draft} tokens guessed ahead" if self.draft else "nothing guessed ahead"
        return f"{threads}, blocks of {self.block}, {attention}, cache in {self.cache}, {draft}"


def remembered(memo: Memo | None, path: Path) -> Tuned | None:
    """What was measured for the model in a file, on this machine with this llama.cpp. Raises OSError without it."""
    found = memo.read(_key(path)) if memo is not None else None
    try:
        tuned = Tuned(**found) if found is not None else None
    except TypeError:
        return None
    return tuned if tuned is not None and _makes_sense(tuned) else None


def remember(memo: Memo, path: Path, tuned: Tuned) -> None:
    """Keep it for every later load of that file."""
    memo.keep(_key(path), asdict(tuned))


def _makes_sense(tuned: Tuned) -> bool:
    """A person may have written into the file, and llama.cpp ends the process where it is told nonsense."""
    threads = min(MOST_THREADS, _MOST_A_PROCESSOR * logical_cores())
    bounds = ((tuned.threads, threads), (tuned.prompt_threads, threads), (tuned.block, _MOST), (tuned.draft, _MOST))
    if any(type(number) is not int or not 0 <= number <= most for number, most in bounds):
        return False
    return tuned.block > 0 and type(tuned.flash_attention) is bool and tuned.cache in get_args(Cache)


def _key(path: Path) -> str:
    devices = "".join(f" {gpu.name}" for gpu in gpus())
    build = f" rows {rows(native())}".rstrip()
    return f"llm {path.name} {path.stat().st_size} {this_machine('llama-cpp-python')}{build}{devices}"
