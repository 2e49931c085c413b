"""What makes the pages an application of a phone: a manifest, a worker, a page for when the server is gone, sharing.

None of it says anything of anybody: a browser asks for it without a login.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse
from starlette.responses import Response

from app.auth.needs import SHARE
from app.i18n import translate
from app.routes.assets import STATIC, present_files
from app.routes.given import Language
from app.routes.pages import page_route, render

router = APIRouter(include_in_schema=False)
# Paper and seal, as in app.css.
PAPER, SEAL = "#faf8f4", "#a63a2b"
_ICONS = (("icon-192.png", 192, "any"), ("icon-512.png", 512, "any"), ("icon-maskable.png", 512, "maskable"))


@router.get("/manifest.webmanifest")
def manifest(language: Language) -> Response:
    """How the application is called and looks where it is installed, and that files can be shared with it."""
    files = present_files()
    content: dict[str, Any] = {
        "id": "/",
        "name": translate(language, "common.full_name"),
        "short_name": translate(language, "common.name"),
        "description": translate(language, "common.description"),
        "lang": language,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": SEAL,
        "icons": [
            {"src": files.url(f"icons/{name}"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for name, size, purpose in _ICONS
        ],
        "shortcuts": [
            {"name": translate(language, key), "url": path}
            for key, path in (("common.nav_chat", "/"), ("common.nav_library", "/library"))
        ],
        "share_target": {
            "action": SHARE,
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {
                "title": "title",
                "text": "text",
                "url": "url",
                "files": [{"name": "files", "accept": ["*/*"]}],
            },
        },
    }
    return JSONResponse(content, media_type="application/manifest+json", headers={"Vary": "Cookie, Accept-Language"})


@router.get("/worker.js")
def worker() -> Response:
    """The service worker. It may see every page only from here."""
    return FileResponse(
        STATIC / "js" / "worker.js", media_type="text/javascript", headers={"Cache-Control": "no-cache"}
    )


@page_route(router, "/offline")
def offline(request: Request) -> Response:
    """What the worker keeps, for when the server cannot be reached."""
    return render(request, "offline")


@router.post(SHARE)
def share(request: Request, language: Language) -> Response:
    """What is shared while no worker takes it. None of it is read: who sent it is not known. Browsers show an answer
    that comes before they sent everything only where it is a refusal.
    """
    sentence = translate(language, "common.share_again")
    answer = render(request, "error", status_code=413, title=translate(language, "common.share"), sentence=sentence)
    answer.headers["Connection"] = "close"
    return answer
