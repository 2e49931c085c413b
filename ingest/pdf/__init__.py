"""PDF: text with boxes in reading order, tables, headings, page images."""

import sys

# PyMuPDF imports these along with itself, which takes four times as long as without: models of layout, which few pages
# need and `layout_model` loads then, and Markdown, which nothing needs. A module that is None cannot be imported.
for _name in ("pymupdf.layout", "pymupdf4llm"):
    sys.modules.setdefault(_name, None)  # type: ignore[arg-type]
