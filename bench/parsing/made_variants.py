"""What becomes of printed pages: turned, scanned, worn, and with text layers that say something else."""

from __future__ import annotations

import io
from pathlib import Path


def turned(source: Path, target: Path) -> Path:
    """The same pages, marked to be shown a quarter, a half and three quarters around."""
    import pymupdf

    with pymupdf.open(source) as document:
        for page in document:
            page.set_rotation((90, 180, 270)[page.number % 3])
        document.save(target)
    return target


def sideways(source: Path, target: Path) -> Path:
    """Pages whose content lies on its side, marked so that they are shown upright."""
    import pymupdf

    with pymupdf.open(source) as flat, pymupdf.open() as document:
        for page in flat:
            new = document.new_page(width=page.rect.height, height=page.rect.width)
            new.show_pdf_page(new.rect, flat, page.number, rotate=90)
            new.set_rotation(90)
        document.save(target)
    return target


def scanned(source: Path, target: Path, *, dpi: int = 200, worn: bool = False) -> Path:
    """Pages as images; `worn` ones are turned by 1.2 degrees, blurred, speckled and compressed hard."""
    import pymupdf
    from PIL import Image

    with pymupdf.open(source) as flat, pymupdf.open() as document:
        for page in flat:
            pixels = page.get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY)
            image = Image.frombytes("L", (pixels.width, pixels.height), pixels.samples)
            new = document.new_page(width=page.rect.width, height=page.rect.height)
            new.insert_image(new.rect, stream=_jpeg(_worn(image, page.number) if worn else image, 55 if worn else 92))
        document.save(target)
    return target


def _worn(image, seed: int):  # type: ignore[no-untyped-def]
    import numpy
    from PIL import Image, ImageFilter

    turned_image = image.rotate(1.2, expand=False, fillcolor=255, resample=Image.Resampling.BICUBIC)
    pixels = numpy.asarray(turned_image.filter(ImageFilter.GaussianBlur(0.7)), dtype=numpy.float32)
    noise = numpy.random.default_rng(seed).normal(0, 14, pixels.shape)
    return Image.fromarray(numpy.clip(pixels * 0.85 + 20 + noise, 0, 255).astype(numpy.uint8))


def _jpeg(image, quality: int) -> bytes:  # type: ignore[no-untyped-def]
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return stream.getvalue()


def without_unicode(source: Path, target: Path) -> Path:
    """The same pages, their fonts without the maps from glyphs to characters."""
    import pymupdf

    with pymupdf.open(source) as document:
        for xref in range(1, document.xref_length()):
            if document.xref_get_key(xref, "ToUnicode")[0] == "xref":
                document.xref_set_key(xref, "ToUnicode", "null")
        document.save(target, garbage=3)
    return target


def with_wrong_unicode(source: Path, target: Path) -> Path:
    """The same pages, every glyph mapped to a Chinese character that it is not."""
    import pymupdf

    with pymupdf.open(source) as document:
        for xref in range(1, document.xref_length()):
            kind, value = document.xref_get_key(xref, "ToUnicode")
            if kind == "xref":
                document.update_stream(int(value.split()[0]), _wrong_map())
        document.save(target, garbage=3)
    return target


def _wrong_map() -> bytes:
    ranges = [f"<{high:02X}00> <{high:02X}FF> <{0x4E00 + 0x100 * (high % 80):04X}>" for high in range(256)]
    parts = [ranges[i : i + 100] for i in range(0, 256, 100)]
    blocks = "".join(f"{len(part)} beginbfrange\n" + "\n".join(part) + "\nendbfrange\n" for part in parts)
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /Wrong def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <FFFF> endcodespacerange\n{blocks}"
        "endcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode()
