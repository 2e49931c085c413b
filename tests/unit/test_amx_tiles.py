"""GCC keeps the configuration of the AMX tiles when llama.cpp is compiled."""

import platform
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.install import AMX_TILES

# What llama.cpp does: fill 64 bytes on the stack, load them once per thread. 0x77 stands in the last of them.
SOURCE = """
#include <immintrin.h>
struct Config { unsigned char bytes[64]; };
void load() {
    alignas(64) Config config = {};
    config.bytes[0] = 1;
    for (int i = 48; i < 64; ++i) config.bytes[i] = 0x77;
    _tile_loadconfig(&config);
}
"""


@pytest.mark.skipif(
    platform.machine() != "x86_64" or shutil.which("g++") is None, reason="it is about g++ on x86-64, which is not here"
)
def test_the_whole_configuration_is_written_before_it_is_loaded(tmp_path: Path) -> None:
    source = tmp_path / "tiles.cpp"
    source.write_text(SOURCE)
    command = ["g++", "-std=c++17", "-O3", "-mamx-tile", "-include", str(AMX_TILES), "-S", "-o", "-", str(source)]
    assembly = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "ldtilecfg" in assembly
    # 0x77 in 8, 4 or 1 bytes, in decimal as GCC writes it.
    assert re.search(r"\b(8608480567731124087|2004318071|119)\b", assembly)
