"""`python -m ingest.pdf.plain FILE`: the plain text of every page, as PyMuPDF gives it, as a JSON list.

It is what most programs index. Zhiwen's own reading is `ingest.pdf.reading`; this is what it is compared with.
"""

from __future__ import annotations

import json
import sys


def main(path: str) -> None:
    """Print the pages' texts."""
    import pymupdf

    with pymupdf.open(path) as document:
        json.dump([page.get_text() for page in document], sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
