"""Pictures of text, as a scanner or a camera would give them."""

from collections.abc import Sequence

import numpy as np
import pymupdf
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def page_of(lines: Sequence[str], size: float = 12, width: float = 420, height: float = 200) -> pymupdf.Document:
    """A document of one page with horizontal lines of Chinese or English."""
    document = pymupdf.open()
    page = document.new_page(width=width, height=height)
    for i, line in enumerate(lines):
        page.insert_text((30, 40 + 2 * size * i), line, fontsize=size, fontname="china-s")
    return document


def picture_of(lines: Sequence[str], size: float = 12, dpi: int = 200, turn: float = 0.0, **page: float) -> Picture:
    """A grey picture of lines, turned clockwise by some degrees."""
    with page_of(lines, size, **page) as document:
        scale = dpi / 72
        drawn = document[0].get_pixmap(matrix=pymupdf.Matrix(scale, scale), colorspace=pymupdf.csGRAY)
        pixels = np.frombuffer(drawn.samples, np.uint8).reshape(drawn.height, drawn.width).copy()
    return turned(pixels, turn) if turn else pixels


def turned(pixels: Picture, degrees: float) -> Picture:
    """A picture turned clockwise on white ground, large enough for all of it."""
    from PIL import Image

    whole = Image.fromarray(pixels).rotate(-degrees, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
    return np.asarray(whole, np.uint8)
