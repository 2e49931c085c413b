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
from app.routes.access import BEARER, Who
from app.routes.given import Given, Language
from app.routes.streams import EVENTS, document_stream
from app.schemas import HealthOut
from app.settings import ROOT
from app.wire import slot_out

router = APIRouter(tags=["health"])
# What the source download holds: the program, not its data, weights or environment.
SOURCE = (
    "app ingest models templates static tests docs bench tools pyproject.toml Makefile Dockerfile docker-compose.yml "
    "requirements.txt requirements-build.txt requirements-cuda.txt requirements-test.txt "
    "README.md README.zh-CN.md CHANGELOG.md LICENSE"
).split()
_PACKING = Lock()


@router.get("/healthz")
def healthz(services: Given, language: Language) -> HealthOut:
    """200 as soon as the server listens, with the state of the models."""
    return HealthOut(
        status="ok",
        version=__version__,
        llm=slot_out(services.llm.state, language),
        embedder=slot_out(services.embedder.state, language),
    )


@router.get("/readyz")
def readyz(services: Given) -> JSONResponse:
    """200 when the models that are wanted are loaded, else 503."""
    states = {"llm": services.llm.state.state, "embedder": services.embedder.state.state}
    ready = all(state in ("ready", "off") for state in states.values())
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
            "1 when the language model is loaded.",
            int(services.llm.state.state == "ready"),
        ),
        *_gauge(
            "zhiwen_embedder_ready",
            "1 when the embedder is loaded.",
            int(services.embedder.state.state == "ready"),
        ),
    ]
    return "\n".join(lines) + "\n"


@router.get("/api/v1/events", response_class=Response, responses=EVENTS, tags=["documents"], dependencies=[BEARER])
def events(request: Request, services: Given, caller: Who, language: Language) -> EventSourceResponse:
    """Every change of a document that the caller may see, from now on: `document` with its stage, done and total."""
    return document_stream(request, services, caller, language)


@router.get("/source.zip", include_in_schema=False)
def source() -> Response:
    """The source of exactly what is running (AGPL section 13)."""
    # Packing takes seconds: whoever asks again and again, or all at once, waits for it once.
    with _PACKING:
        packed = packed_source()
    headers = {"Content-Disposition": 'attachment; filename="zhiwen-source.zip"'}
    return Response(packed, media_type="application/zip", headers=headers)


@cache
def packed_source() -> bytes:
    """A ZIP file of the program, made when it is first asked for."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _source_files():
            archive.write(path, Path("zhiwen") / path.relative_to(ROOT))
    return buffer.getvalue()


def _source_files() -> Iterator[Path]:
    for name in SOURCE:
        path = ROOT / name
        if path.is_file():
            yield path
        for inner in sorted(path.rglob("*")):
            parts = inner.relative_to(ROOT).parts
            if inner.is_file() and "__pycache__" not in parts and parts[:2] != ("models", "weights"):
                yield inner


def _gauge(name: str, text: str, value: int) -> list[str]:
    return [f"# HELP {name} {text}", f"# TYPE {name} gauge", f"{name} {value}"]
