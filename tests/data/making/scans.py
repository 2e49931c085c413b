"""Scans and photos: half a page as a picture, upright, skewed, upside down, worn, and with a bad text layer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO

import pymupdf
from PIL import Image, ImageFilter

from tests.data.making.paper import BOLD, SERIF, Box, Made, Paper, Place, wrap, wrap_han
from tests.data.making.pdf_tables import MERGED, grid

_DPI = 200
_TILT = 3.0
_MINUTES = (
    "镇上的会议每月召开一次，由村民轮流主持。会前三天把议题写在布告栏上，会后由书记员整理记录，贴在门口供大家查看。",
    "对记录有疑问的人可以在七天以内提出，书记员应当当面说明。",
)
_FERRY = (
    "The night ferry leaves the stone steps when the bell has been rung twice. Passengers show their tickets to the "
    "mate and keep the gangway clear.",
    "Horses are taken on board first and are led off last. A lantern is hung on either side of the landing.",
)


def _minutes() -> Paper:
    paper = Paper(420, 260).new_page()
    paper.centred(56, "镇会议记录办法", 16)
    y = 90.0
    for text in _MINUTES:
        y = paper.lines(50, y, wrap_han("　　" + text, 26), 12, leading=20) + 4
    return paper


def _ferry() -> Paper:
    paper = Paper(420, 260).new_page()
    paper.line(50, 56, "Rules of the Night Ferry", 16, BOLD)
    y = 88.0
    for text in _FERRY:
        y = paper.lines(50, y, wrap(text, 320, 12), 12, SERIF, 18) + 6
    return paper


def upright() -> Made:
    paper = _minutes()
    return _scan(_bits(_picture(paper)), paper.places)


def skewed() -> Made:
    """Laid on the glass askew: turned clockwise by three degrees."""
    paper = _minutes()
    picture = _picture(paper).rotate(-_TILT, fillcolor=255, resample=Image.Resampling.BICUBIC)
    return _scan(_bits(picture), [replace(place, box=_tilted(place.box)) for place in paper.places])


def upside_down() -> Made:
    paper = _ferry()
    places = [replace(p, box=(420 - p.box[2], 260 - p.box[3], 420 - p.box[0], 260 - p.box[1])) for p in paper.places]
    return _scan(_bits(_picture(paper)).transpose(Image.Transpose.ROTATE_180), places)


def hidden_layer() -> Made:
    """A scan over which an old program has put invisible words that it misread."""
    paper = _ferry()
    made = _scan(_bits(_picture(paper)), paper.places)
    with pymupdf.open(stream=made.data) as document:
        layer = Paper(420, 260)
        layer.document, layer.page = document, document[0]
        for place in paper.places:
            wrong = place.text.translate(str.maketrans("aeioustnl", "@c!0v5fm1"))
            layer.line(place.box[0], place.box[3] - 1.5, wrong, (place.box[3] - place.box[1]) * 0.95, SERIF, mode=3)
        return replace(layer.made(), places=paper.places)


def ruled_table() -> Made:
    paper = Paper(420, 260).new_page()
    paper.centred(50, "表1 渡口与船只", 12)
    grid(MERGED, paper, 40, 64, (90, 80, 80, 90), 30, 12)
    return _scan(_bits(_picture(paper)), paper.places)


def screenshot() -> Made:
    """A PNG of 200 dots an inch, which its header says."""
    paper = _minutes()
    return Made(_file(_bits(_picture(paper)), "PNG", dpi=(_DPI, _DPI)), paper.places)


def photo() -> Made:
    """A JPEG in grey, a little blurred, on paper that is not white, without a resolution that means anything."""
    paper = _ferry()
    picture = _picture(paper).filter(ImageFilter.GaussianBlur(0.8)).point(lambda value: 40 + value * 0.75)
    # Without a resolution, the long side counts as that of A4: 842 points.
    places = [replace(p, box=tuple(round(edge * 842 / 420, 2) for edge in p.box)) for p in paper.places]
    return Made(_file(picture, "JPEG", quality=40), places)


def _picture(paper: Paper) -> Image.Image:
    pixels = paper.finish()[0].get_pixmap(dpi=_DPI, colorspace=pymupdf.csGRAY)
    return Image.frombytes("L", (pixels.width, pixels.height), pixels.samples)


def _bits(picture: Image.Image) -> Image.Image:
    return picture.point(lambda value: 255 if value > 140 else 0).convert("1", dither=Image.Dither.NONE)


def _file(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, kind, optimize=True, **options)
    return out.getvalue()


def _scan(picture: Image.Image, places: list[Place]) -> Made:
    paper = Paper(420, 260).new_page()
    paper.page.insert_image(paper.page.rect, stream=_file(picture, "PNG"))
    return replace(paper.made(), places=places)


def _tilted(box: Box) -> Box:
    """The upright box around a box that is turned clockwise about the middle of the page."""
    sine, cosine = math.sin(math.radians(_TILT)), math.cos(math.radians(_TILT))
    corners = [(x - 210, y - 130) for x in (box[0], box[2]) for y in (box[1], box[3])]
    xs = [210 + x * cosine - y * sine for x, y in corners]
    ys = [130 + x * sine + y * cosine for x, y in corners]
    return (min(xs), min(ys), max(xs), max(ys))


FILES: dict[str, Callable[[], Made]] = {
    "scan-zh.pdf": upright,
    "scan-skewed-zh.pdf": skewed,
    "scan-upside-down-en.pdf": upside_down,
    "scan-hidden-layer-en.pdf": hidden_layer,
    "scan-table-zh.pdf": ruled_table,
    "picture-zh.png": screenshot,
    "picture-en.jpg": photo,
}
