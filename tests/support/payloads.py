"""What would be a script, a picture, a frame or a request if a page took text for markup: each has the class `zw`."""

from __future__ import annotations

import csv
import html
import io

# FAR is an address elsewhere. No payload asks for anything while it is text.
_WRITTEN = (
    "<img class=zw src=x onerror=alert(1)>",
    "<script class=zw>alert(2)</script>",
    '"><svg class=zw onload=alert(3)>',
    "' class=zw onmouseover=alert(4) autofocus onfocus=alert(4) x='",
    "</textarea></title></template><iframe class=zw src=javascript:alert(5)></iframe>",
    "</script><script class=zw src=FAR/a.js></script>",
    "<a class=zw href=javascript:alert(7)>a</a>[b](javascript:alert(7))![c](FAR/c.png)",
    "<style class=zw>@import url(FAR/d.css);</style>",
    '<meta class=zw http-equiv=refresh content="0; url=FAR/e">',
    "<base class=zw href=FAR/>{{7*7}}${7*7}{%raw%}",
    "<form class=zw action=FAR/f><input autofocus onfocus=alert(8)>",
    "<!--><img class=zw src=FAR/g.png>--><link class=zw rel=stylesheet href=FAR/h.css>",
)


def payloads(far: str) -> tuple[str, ...]:
    """Twelve of them, which ask `far`."""
    return tuple(text.replace("FAR", far) for text in _WRITTEN)


def page(told: str, texts: tuple[str, ...]) -> bytes:
    """A web page that says `told` and has the payloads as text: as its title, headings, paragraphs and cells."""
    words = [html.escape(text) for text in texts]
    parts = [f"<h2>{word}</h2><p>{told}{word}</p>" for word in words]
    rows = [f"<tr><td>{word}</td><td>{told}</td></tr>" for word in words]
    body = "".join(parts) + f"<table>{''.join(rows)}</table>"
    return f"<html><head><title>{''.join(words)}</title></head><body><h1>{words[0]}</h1>{body}</body></html>".encode()


def table(told: str, texts: tuple[str, ...]) -> bytes:
    """A CSV file with a payload in a heading and in each row."""
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(["行", texts[0]])
    writer.writerows([told, text] for text in texts)
    return made.getvalue().encode()
