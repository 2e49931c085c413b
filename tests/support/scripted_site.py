"""The web pages over a REST API that answers what a test wrote for it: no models, no data folder.

A question is answered by a script of (event, data) pairs. `HOLD` waits until the test opens
`gate`; `DROP` ends the connection without a word, once.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fastapi import Depends, FastAPI, Request, Response

from app.errors import UnknownConversation
from app.preferences import Preferences
from app.routes import chat, doors, install, pages
from app.routes.access import admit
from app.routes.assets import STATIC, Assets
from app.server import explain_errors
from app.settings import Settings
from ingest.store.errors import UnknownBase, UnknownDocument
from tests.support.live import listening
from tests.support.scripted_answers import conversation_routes, question_routes
from tests.support.scripted_content import TIME
from tests.support.scripted_library import base_routes, document_routes, documents_of
from tests.support.scripted_settings import ScriptedAccounts, settings_routes
from tests.support.scripted_state import Site

SETTINGS = Settings().model_copy(update={"llm": "scripted", "data_dir": Path("/srv/zhiwen/data")})


def build(site: Site) -> FastAPI:
    app = FastAPI()
    app.state.services = SimpleNamespace(
        library=SimpleNamespace(catalog=_Catalog(site), pause=SimpleNamespace(is_set=lambda: site.paused)),
        settings=SETTINGS,
        preferences=Preferences(SETTINGS),
        conversations=SimpleNamespace(
            of_user=lambda *_, **__: [_record(each) for each in site.conversations.values()], get=_no_conversation
        ),
        accounts=ScriptedAccounts(site),
        backups=SimpleNamespace(last=None),
        llm=_Slot(site, "llm"),
        embedder=_Slot(site, "embedder"),
        shelf=SimpleNamespace(list=lambda: [_shelved(each) for each in site.models["models"]]),
    )
    explain_errors(app)
    for module in (pages, chat, doors, install):
        app.include_router(module.router, dependencies=[Depends(admit)])
    app.mount("/static", Assets(STATIC))
    for add in (base_routes, document_routes, question_routes, conversation_routes, _models, settings_routes):
        add(app, site)

    @app.middleware("http")
    async def remember(request: Request, call_next: Any) -> Response:
        if request.url.path.startswith("/api/"):
            site.calls.append((request.method, request.url.path))
        response: Response = await call_next(request)
        response.headers["Content-Security-Policy"] = "default-src 'self'"
        return response

    return app


@contextmanager
def serving(site: Site, port: int = 0) -> Iterator[str]:
    """Serve the site; yields its address."""
    with listening(build(site), port) as address:
        try:
            yield address
        finally:
            site.gate.set()


class _Slot:
    def __init__(self, site: Site, kind: str) -> None:
        self._site = site
        self._kind = kind

    @property
    def state(self) -> Any:
        return SimpleNamespace(state=self._site.health.get(self._kind, {}).get("state", "ready"), error=None)


class _Catalog:
    def __init__(self, site: Site) -> None:
        self._site = site

    def bases(self) -> list[Any]:
        return [_record(each) for each in self._site.bases]

    def base(self, name: str) -> Any:
        for each in self._site.bases:
            if name in (each["id"], each["name"]):
                return _record(each)
        raise UnknownBase(name=name)

    def document(self, document_id: str) -> Any:
        found = self._site.document(document_id)
        if found is None:
            raise UnknownDocument(id=document_id)
        return _record(found)

    def documents(self, base_id: str, **query: Any) -> Any:
        return SimpleNamespace(
            **{
                **documents_of(self._site, base_id, **query),
                "items": [_record(each) for each in documents_of(self._site, base_id, **query)["items"]],
            }
        )


def _no_conversation(conversation_id: str) -> Any:
    """The scripts draw these turns; those that the server draws need the real application."""
    raise UnknownConversation(id=conversation_id)


def _record(values: dict[str, Any]) -> Any:
    return SimpleNamespace(
        **{
            **values,
            "error_code": None,
            "next_try": None,
            "created_at": TIME,
            "base_id": values.get("base"),
            "user": None,
        }
    )


def _shelved(model: dict[str, Any]) -> Any:
    return SimpleNamespace(**{**model, "weights": SimpleNamespace(**model)})


def _models(app: FastAPI, site: Site) -> None:
    @app.get("/healthz")
    def health() -> Any:
        return site.health

    @app.get("/api/v1/models")
    def models() -> Any:
        return site.models

    @app.post("/api/v1/models/moving/retry")
    def retry_move() -> Any:
        site.models["runtime"]["moving"]["failed"] = []
        return site.models

    @app.post("/api/v1/models/{name}/pull", status_code=202)
    def pull(name: str) -> Response:
        model = next(each for each in site.models["models"] if each["name"] == name)
        model["pulling"] = {"done": model["size"] // 3, "total": model["size"], "speed": 5e6, "seconds_left": 65.0}
        return Response(status_code=202)

    @app.delete("/api/v1/models/{name}/pull", status_code=204)
    def stop_pull(name: str) -> Response:
        model = next(each for each in site.models["models"] if each["name"] == name)
        model.update(kept=model["pulling"]["done"], pulling=None)
        return Response(status_code=204)

    @app.post("/api/v1/models/pull", status_code=202)
    def pull_missing() -> Response:
        site.health["download"].update(running=True, done=500_000_000, speed=5e6, seconds_left=225.0)
        return Response(status_code=202)
