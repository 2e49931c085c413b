"""Makes the documents that the vectors describe again: `python -m tests.data.make_documents [--places] [NAME ...]`.

`--places` prints where every line was put, as `boxes` of a vector.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from tests.data.making import office, pdf_columns, pdf_layers, pdf_structure, pdf_tables, scans, texts
from tests.data.making.paper import Made

FOLDER = Path(__file__).parent / "documents"
FILES: dict[str, Callable[[], Made]] = {
    name: make
    for module in (pdf_columns, pdf_structure, pdf_tables, pdf_layers, scans, office, texts)
    for name, make in module.FILES.items()
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--places", action="store_true", help="print where every line was put")
    parser.add_argument("names", nargs="*", default=list(FILES), help="files to make; all without")
    chosen = parser.parse_args()
    for name in chosen.names:
        made = FILES[name]()
        (FOLDER / name).write_bytes(made.data)
        print(f"{name}: {len(made.data):,} bytes")
        for place in made.places if chosen.places else ():
            box = ", ".join(f"{edge:.0f}" for edge in place.box)
            print(f'    {{ text = "{place.text}", page = {place.page}, box = [{box}] }},')


if __name__ == "__main__":
    main()
