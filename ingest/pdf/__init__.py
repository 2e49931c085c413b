"""PDF: text with boxes in reading order, tables, headings, page images."""

import sys

# PyMuPDF loads its layout models when it is imported, three times as slow as without; few pages need
# them, and `layout_model` loads them then. A module that is None is one that cannot be imported.
sys.modules.setdefault("pymupdf.layout", None)  # type: ignore[arg-type]
