"""Whether the server lives, whether it can answer, and its figures. Outside the API prefix."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from threading import Lock

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.sse import EventSourceResponse

from app import __version__
from app.audience import Audience
from app.routes.access import BEARER, Who, is_owner
from app.routes.given import Given, Language, Readers
from app.routes.streams import EVENTS, document_stream
from app.schemas import DownloadOut, HealthOut
from app.settings import ROOT
from app.shelf import Download
from app.wire import slot_out, trouble_out

router = APIRouter(tags=["health"])
# What the source download holds: the program, not its data, weights or environment.
SOURCE = (
    "app ingest models templates static tests docs bench tools pyproject.toml Makefile Dockerfile docker-compose.yml "
    "requirements.txt requirements-build.txt requirements-cuda.txt requirements-test.txt "
    "README.md README.zh-CN.md CHANGELOG.md LICENSE"
).split()
_PACKING = Lock()


@router.get("/healthz")
def healthz(request: Request, services: Given, language: Language) -> HealthOut:
    """200 as soon as the server listens, with the state of the models.

    What is wrong with them is told whole, with folders and servers, to the owner of the installation alone.
    """
    services.shelf.notice_arrivals()
    llm, embedder, download = services.llm.state, services.embedder.state, services.shelf.download()
    # While all is well nobody is asked for: a page that is left open must not keep its session alive.
    wrong = llm.error or embedder.error or (download and download.error)
    to = Audience(language, owner=bool(wrong) and is_owner(request, services))
    return HealthOut(
        status="ok",
        version=__version__,
        llm=slot_out(llm, to),
        embedder=slot_out(embedder, to),
        download=_download_out(download, to),
    )


@router.get("/readyz")
def readyz(services: Given) -> JSONResponse:
    """200 when the models that are wanted are loaded, or asleep until somebody needs them; else 503."""
    states = {"llm": services.llm.state.state, "embedder": services.embedder.state.state}
    ready = all(state in ("ready", "asleep", "off") for state in states.values())
    return JSONResponse(states, status_code=200 if ready else 503)


@router.get("/metrics", response_class=PlainTextResponse, dependencies=[BEARER])
def metrics(services: Given) -> str:
    """Figures in Prometheus' text format."""
    counts = services.library.catalog.counts()
    lines = [
        *_gauge("zhiwen_bases", "Knowledge bases.", counts.bases),
        *_gauge("zhiwen_documents", "Documents.", counts.documents),
        *_gauge("zhiwen_chunks", "Chunks.", counts.chunks),
        *_gauge("zhiwen_jobs_waiting", "Documents waiting to be read.", counts.jobs),
        *_gauge("zhiwen_jobs_stalled", "Documents at work without a sign of life.", counts.stalled),
        *_gauge("zhiwen_documents_failed", "Documents that were given up.", counts.by_status.get("failed", 0)),
        *_gauge("zhiwen_questions_waiting", "Questions waiting for the model.", services.runs.waiting),
        *_gauge(
            "zhiwen_llm_ready",
            "1 when the language model is loaded, or asleep until a question comes.",
            int(services.llm.state.state in ("ready", "asleep")),
        ),
        *_gauge(
            "zhiwen_embedder_ready",
            "1 when the embedder is loaded.",
            int(services.embedder.state.state == "ready"),
        ),
    ]
    return "\n".join(lines) + "\n"


@router.get("/openapi.json", include_in_schema=False)
def described(request: Request) -> JSONResponse:
    """The REST interface, as programs read it."""
    return JSONResponse(request.app.openapi())


@router.get("/api/v1/events", response_class=Response, responses=EVENTS, tags=["documents"], dependencies=[BEARER])
def events(request: Request, services: Given, caller: Who, to: Readers) -> EventSourceResponse:
    """Every change of a document that the caller may see, from now on: `document` with its stage, done and total.

    `reading` with `paused` tells when the reading of documents is paused, or goes on.
    """
    return document_stream(request, services, caller, to)


@router.get("/source.zip", include_in_schema=False)
def source(services: Given) -> Response:
    """The source of exactly what is running (AGPL section 13)."""
    settings = services.settings
    # Packing takes seconds: whoever asks again and again, or all at once, waits for it once.
    with _PACKING:
        packed = packed_source(ROOT, (settings.data_dir.resolve(), settings.weights_dir.resolve()))
    headers = {"Content-Disposition": 'attachment; filename="zhiwen-source.zip"'}
    return Response(packed, media_type="application/zip", headers=headers)


@cache
def packed_source(root: Path, closed: tuple[Path, ...]) -> bytes:
    """A ZIP file of the program below `root`, made when it is first asked for.

    Anybody may have it: nothing of the `closed` folders is in it, wherever a person put them, and no link is followed.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _source_files(root):
            if not any(path.is_relative_to(folder) for folder in closed):
                archive.write(path, Path("zhiwen") / path.relative_to(root))
    return buffer.getvalue()


def _source_files(root: Path) -> Iterator[Path]:
    for name in SOURCE:
        path = root / name
        for found in (path, *sorted(path.rglob("*"))):
            parts = found.relative_to(root).parts
            if "__pycache__" in parts or parts[:2] == ("models", "weights"):
                continue
            if found.is_file() and not found.is_symlink():
                yield found


def _download_out(download: Download | None, to: Audience) -> DownloadOut | None:
    if download is None:
        return None
    return DownloadOut(
        total=download.total,
        done=download.done,
        running=download.running,
        speed=download.speed,
        seconds_left=download.seconds_left,
        error=trouble_out(download.error, to),
    )


def _gauge(name: str, text: str, value: int) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} gauge", f"{name} {value}"]
