"""PDF: text with boxes in reading order, ruled tables, headings, page images."""
