"""A picture as a page, with places highlighted: the picture of a page that was kept, or a file that is a picture."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from ingest.document import Box, PageReport
from ingest.errors import CorruptFile
from models.reasons import because

_MARK = (255, 217, 0, 89)
_LARGEST_SIDE = 4000


def draw_picture(path: Path, frame: int, page: PageReport, boxes: Sequence[Box], scale: float, name: str) -> bytes:
    """PNG of a frame, from 0, at the size of the page that it shows. Raises CorruptFile."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with Image.open(path) as opened:
            opened.seek(frame)
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, EOFError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise CorruptFile(name=name, kind="image", reason=because("cut-off")) from error
    zoom = min(scale, picture.width / max(page.width, 1), _LARGEST_SIDE / max(page.width, page.height, 1))
    size = max(1, round(page.width * zoom)), max(1, round(page.height * zoom))
    picture = picture.resize(size, Image.Resampling.LANCZOS) if size != picture.size else picture
    out = BytesIO()
    _marked(picture, page, boxes).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _marked(picture: Any, page: PageReport, boxes: Sequence[Box]) -> Any:
    from PIL import Image, ImageDraw

    marks = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(marks)
    across, down = picture.width / page.width, picture.height / page.height
    for box in boxes:
        shown = shown_box(box, page)
        draw.rectangle((shown.x0 * across, shown.y0 * down, shown.x1 * across, shown.y1 * down), fill=_MARK)
    return Image.alpha_composite(picture.convert("RGBA"), marks).convert("RGB")


def shown_box(box: Box, page: PageReport) -> Box:
    """Where a box of the unrotated page stands on the page as it is shown, turned clockwise."""
    width, height = page.width, page.height
    match page.rotation % 360:
        case 90:
            return Box(width - box.y1, box.x0, width - box.y0, box.x1)
        case 180:
            return Box(width - box.x1, height - box.y1, width - box.x0, height - box.y0)
        case 270:
            return Box(box.y0, height - box.x1, box.y1, height - box.x0)
    return box
