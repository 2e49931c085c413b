"""Damaged PDFs end in a document or in an error of ours, never in a crash or a hang."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.document import ParseLimits
from ingest.errors import IngestError, ParseCrash, ParseTimeout
from ingest.parse import parse
from tests.support.mutants import mutant

BATCH = 20


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 300, BATCH))
def test_no_damage_ends_the_parser(tmp_path: Path, first: int) -> None:
    read = 0
    for number in range(first, first + BATCH):
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(mutant(number))
        try:
            parsed = parse(path, path.name, limits=ParseLimits(seconds=120))
        except (ParseCrash, ParseTimeout) as error:
            pytest.fail(f"mutant {number}: {error}")
        except IngestError:
            continue
        assert parsed.blocks
        read += 1
    assert read > BATCH / 4  # a parser that gives up on every damage would pass the rest


def test_the_same_damage_every_time() -> None:
    digest = hashlib.sha256(b"".join(map(mutant, range(50)))).hexdigest()
    code = "import hashlib; from tests.support.mutants import mutant;"
    code += "print(hashlib.sha256(b''.join(map(mutant, range(50)))).hexdigest())"
    again = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert again.stdout.strip() == digest
