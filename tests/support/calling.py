"""Documents that ask their reader to fetch something: pictures, templates, definitions, other documents."""

from __future__ import annotations

import io
from collections.abc import Callable
from zipfile import ZipFile

TEXT = "The tide is high at noon."

_DTD = '<!DOCTYPE {root} SYSTEM "{url}/a.dtd" [<!ENTITY far SYSTEM "{url}/a.txt"> %far;]>'
_PAGE = """<html xmlns="http://www.w3.org/1999/xhtml"><head><base href="{url}/"/><title>Tides</title>
<link rel="stylesheet" href="{url}/a.css"/><link rel="prefetch" href="{url}/b"/><script src="{url}/a.js"></script>
<meta http-equiv="refresh" content="0; url={url}/next"/><style>@import url("{url}/b.css");</style></head>
<body style="background: url({url}/c.png)"><p>{text}</p><p><a href="{url}/d">more</a></p>
<img src="{url}/a.png" srcset="{url}/b.png 2x"/><iframe src="{url}/e"></iframe><object data="{url}/f"></object>
<embed src="{url}/g"/><video src="{url}/h"></video>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="{url}/i.png"/>
<use href="{url}/j.svg#a"/></svg></body></html>"""
_RELATION = '<Relationship Id="{id}" Type="{kind}" Target="{url}" TargetMode="External"/>'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"


def page(url: str) -> bytes:
    return _PAGE.format(url=url, text=TEXT).encode()


def xhtml(url: str) -> bytes:
    return ("<?xml version='1.0'?>" + _DTD.format(root="html", url=url)).encode() + page(url)


def picture(url: str) -> bytes:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><text>{TEXT}</text>'
        f'<image xlink:href="{url}/a.png"/></svg>'
    ).encode()


def xml(url: str) -> bytes:
    return (
        f'<?xml version="1.0"?><?xml-stylesheet href="{url}/a.xsl" type="text/xsl"?>{_DTD.format(root="a", url=url)}'
        f'<a xmlns:xi="http://www.w3.org/2001/XInclude" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        f'xsi:noNamespaceSchemaLocation="{url}/a.xsd"><p>{TEXT}</p><p>&far;</p><xi:include href="{url}/b.xml"/></a>'
    ).encode()


def markdown(url: str) -> bytes:
    return f"# Tides\n\n{TEXT}\n\n![a]({url}/a.png)\n\n<img src='{url}/b.png'>\n\n[c]: {url}/c\n".encode()


def table(url: str) -> bytes:
    return f'tide,place\n{TEXT},"=WEBSERVICE(""{url}/a"")"\n'.encode()


def mail(url: str) -> bytes:
    head = "From: a@example.org\r\nTo: b@example.org\r\nSubject: Tides\r\nMIME-Version: 1.0\r\n"
    parts = (
        "Content-Type: text/html; charset=utf-8\r\n\r\n" + page(url).decode(),
        f'Content-Type: message/external-body; access-type=URL; URL="{url}/a"\r\n\r\nContent-Type: text/plain\r\n\r\n',
        f"Content-Type: text/plain\r\nContent-Location: {url}/b.txt\r\n\r\n{TEXT}",
    )
    body = "".join(f"--x\r\n{part}\r\n" for part in parts)
    return f'{head}Content-Type: multipart/mixed; boundary="x"\r\n\r\n{body}--x--\r\n'.encode()


def web_archive(url: str) -> bytes:
    head = "From: <Saved>\r\nSubject: Tides\r\nMIME-Version: 1.0\r\n"
    kind = 'Content-Type: multipart/related; type="text/html"; boundary="x"\r\n\r\n'
    part = f"Content-Type: text/html; charset=utf-8\r\nContent-Location: {url}/a.html\r\n\r\n{page(url).decode()}"
    return f"{head}{kind}--x\r\n{part}\r\n--x--\r\n".encode()


def book(url: str) -> bytes:
    container = '<container><rootfiles><rootfile full-path="a.opf"/></rootfiles></container>'
    contents = (
        '<package xmlns="http://www.idpf.org/2007/opf"><manifest>'
        '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>'
        f'<item id="b" href="{url}/b.xhtml" media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>'
    )
    dtd = _DTD.format(root="package", url=url)
    members = {"mimetype": "application/epub+zip", "META-INF/container.xml": container, "a.opf": dtd + contents}
    return _zip({**members, "a.xhtml": xhtml(url).decode()})


def word(url: str) -> bytes:
    import docx

    document = docx.Document()
    document.add_paragraph(TEXT)
    document.part.rels.get_or_add_ext_rel(_OFFICE + "attachedTemplate", f"{url}/t.dotm")
    picture = document.part.rels.get_or_add_ext_rel(_OFFICE + "image", f"{url}/a.png")
    frame = document.part.rels.get_or_add_ext_rel(_OFFICE + "oleObject", f"{url}/b")
    drawing = (
        '<w:p xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
        f'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        f'xmlns:r="{_OFFICE[:-1]}"><w:r><w:pict><v:shape><v:imagedata r:href="{picture}" r:id="{picture}"/></v:shape>'
        f'<o:OLEObject Type="Link" r:id="{frame}"/></w:pict></w:r><w:r>'
        f'<w:instrText>INCLUDEPICTURE "{url}/c.png" \\d</w:instrText></w:r></w:p>'
    )
    document.element.body.insert(0, docx.oxml.parse_xml(drawing))
    return _with_relation(_saved(document), "word/_rels/settings.xml.rels", "attachedTemplate", f"{url}/t.dotm")


def word_with_definitions(url: str) -> bytes:
    dtd = _DTD.format(root="w:document", url=url).encode()
    with ZipFile(io.BytesIO(word(url))) as package:
        members = {name: package.read(name) for name in package.namelist()}
    head, body = members["word/document.xml"].split(b"?>", 1)
    return _zip({**members, "word/document.xml": head + b"?>" + dtd + body})


def slides(url: str) -> bytes:
    import pptx

    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = TEXT
    for kind in ("image", "video", "audio", "oleObject"):
        slide.part.rels.get_or_add_ext_rel(_OFFICE + kind, f"{url}/{kind}")
    return _saved(show)


def workbook(url: str) -> bytes:
    import openpyxl

    made = openpyxl.Workbook()
    made.active.append([TEXT, "more"])
    made.active["B1"].hyperlink = f"{url}/a"
    made.active["C1"] = f'=WEBSERVICE("{url}/b")'
    made.active["D1"] = "=[1]Sheet1!A1"
    kind = "externalLinkPath"
    saved = _with_relation(_saved(made), "xl/externalLinks/_rels/externalLink1.xml.rels", kind, f"{url}/c.xlsx")
    link = (
        '<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><externalBook/></externalLink>'
    )
    with ZipFile(io.BytesIO(saved)) as package:
        members = {name: package.read(name) for name in package.namelist()}
    return _zip({**members, "xl/externalLinks/externalLink1.xml": link})


def pdf(url: str) -> bytes:
    import pymupdf

    with pymupdf.open() as document:
        page = document.new_page()
        page.insert_text((72, 72), TEXT)
        page.insert_link({"kind": pymupdf.LINK_URI, "from": pymupdf.Rect(72, 60, 200, 80), "uri": f"{url}/a"})
        far = f"/F<</FS/URL/F({url}/b.pdf)>>"
        actions = (
            f"<</S/URI/URI({url}/c)/Next<</S/GoToR{far}/D[0/Fit]>>>>",
            f"<</S/SubmitForm{far}/Flags 4>>",
            f"<</S/Launch{far}>>",
            f"<</S/ImportData{far}>>",
            f"<</S/JavaScript/JS(app.launchURL\\('{url}/d'\\))>>",
        )
        names = ("O", "C", "WC", "DS", "WS")
        document.xref_set_key(
            page.xref, "AA", f"<<{''.join(f'/{n}{a}' for n, a in zip(names, actions, strict=True))}>>"
        )
        document.xref_set_key(document.pdf_catalog(), "OpenAction", actions[0])
        stream = document.get_new_xref()
        document.update_object(stream, f"<</Type/XObject/Subtype/Image/Width 9/Height 9/BitsPerComponent 8{far}>>")
        document.update_stream(stream, b"x" * 81)
        saved: bytes = document.tobytes()
    return saved


def rich_text(url: str) -> bytes:
    field = rf'{{\field{{\*\fldinst {{ INCLUDEPICTURE "{url}/a.png" \\d}}}}{{\fldrslt {{}}}}}}'
    return rf"{{\rtf1\ansi{{\*\template {url}/t.dot}} {TEXT}\par {field}\par }}".encode()


def open_text(url: str) -> bytes:
    names = (
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:xlink="http://www.w3.org/1999/xlink" '
        'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
        'xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"'
    )
    picture = (
        f'<draw:frame text:anchor-type="as-char" svg:width="2cm" svg:height="2cm"><draw:image xlink:type="simple" '
        f'xlink:show="embed" xlink:actuate="onLoad" xlink:href="{url}/a.png"/></draw:frame>'
    )
    section = (
        f'<text:section text:name="s"><text:section-source xlink:type="simple" xlink:show="embed" '
        f'xlink:href="{url}/b.odt"/><text:p>far</text:p></text:section>'
    )
    content = (
        f'<?xml version="1.0"?><office:document-content {names} office:version="1.2"><office:body><office:text>'
        f"<text:p>{TEXT}</text:p><text:p>{picture}</text:p>{section}</office:text></office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.text"
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    return _zip({"mimetype": kind, "META-INF/manifest.xml": manifest, "content.xml": content})


# By the name under which they are read; the last ones need LibreOffice.
READ_HERE: dict[str, Callable[[str], bytes]] = {
    "a.html": page,
    "a.xhtml": xhtml,
    "a.xml": xml,
    "a.md": markdown,
    "a.csv": table,
    "a.eml": mail,
    "a.mht": web_archive,
    "a.epub": book,
    "a.docx": word,
    "a.pptx": slides,
    "a.xlsx": workbook,
    "a.pdf": pdf,
}
REFUSED: dict[str, Callable[[str], bytes]] = {"a.docx": word_with_definitions, "a.svg": picture}
READ_BY_LIBREOFFICE: dict[str, Callable[[str], bytes]] = {"a.rtf": rich_text, "a.odt": open_text}


def _saved(document: object) -> bytes:
    made = io.BytesIO()
    document.save(made)  # type: ignore[attr-defined]
    return made.getvalue()


def _with_relation(saved: bytes, member: str, kind: str, url: str) -> bytes:
    relation = _RELATION.format(id="far1", kind=_OFFICE + kind, url=url)
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    with ZipFile(io.BytesIO(saved)) as package:
        members = {name: package.read(name) for name in package.namelist()}
    return _zip({**members, member: f'<Relationships xmlns="{space}">{relation}</Relationships>'})


def _zip(members: dict[str, str] | dict[str, str | bytes]) -> bytes:
    made = io.BytesIO()
    with ZipFile(made, "w") as package:
        for name, content in members.items():
            package.writestr(name, content)
    return made.getvalue()
