"""PDFs that mean harm, a few kilobytes each."""

from __future__ import annotations


def _stream(content: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(content), content)


def doubling(levels: int = 30) -> bytes:
    """A page of forms that each draw the next one twice: 2^levels words, for MuPDF to draw one by one."""
    resources = b"/Resources<</XObject<</X %d 0 R>>>>"
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R%s>>" % (resources % 5),
        _stream(b"/X Do"),
    ]
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 600 800]"
    for number in range(6, 5 + levels):
        objects.append(_stream(b"/X Do /X Do", form + resources % number))
    font = b"/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
    objects.append(_stream(b"BT /F 12 Tf 10 10 Td (hi) Tj ET", form + font))
    out, places = b"%PDF-1.5\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(out))
    return out + head + table + trailer
