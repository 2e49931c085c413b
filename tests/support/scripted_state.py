"""What the scripted site knows: tests change it between two clicks."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from fastapi.responses import JSONResponse

from app.auth.caller import LOCAL, Caller
from app.auth.errors import LoginNeeded
from app.auth.users import User

HOLD = ("hold", {})
DROP = ("drop", {})
Script = list[tuple[str, dict[str, Any]]]


@dataclass
class Run:
    script: Script
    conversation: str
    question: str
    stopped: bool = False
    dropped: bool = False


@dataclass
class Site:
    """What the pages see. Tests change it between two clicks."""

    bases: list[dict[str, Any]] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    deleted: list[dict[str, Any]] = field(default_factory=list)
    chunks: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    pages: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    locked: set[str] = field(default_factory=set)
    sent: list[dict[str, Any]] = field(default_factory=list)
    conversations: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: dict[str, Any] = field(default_factory=dict)
    health: dict[str, Any] = field(default_factory=dict)
    script: Script = field(default_factory=list)
    ask_problem: tuple[int, str] | None = None
    gate: threading.Event = field(default_factory=threading.Event)
    runs: dict[str, Run] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    typed: list[dict[str, Any]] = field(default_factory=list)
    first_questions: list[dict[str, Any]] = field(default_factory=list)
    next_questions: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    news: list[dict[str, Any]] = field(default_factory=list)
    refuse_uploads: dict[str, str] = field(default_factory=dict)
    paused: bool = False
    unmovable: set[str] = field(default_factory=set)
    # Who is logged in; without anybody there are no accounts.
    user: User | None = None
    people: list[User] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)

    def identify(self, *_: str) -> Caller:
        """Whoever asks is who is logged in."""
        if not self.people:
            return LOCAL
        if self.user is None:
            raise LoginNeeded()
        return Caller(self.user)

    def document(self, document_id: str) -> dict[str, Any] | None:
        return next((each for each in self.documents if each["id"] == document_id), None)

    def announce(self, document_id: str, **changes: Any) -> None:
        """Change a document and tell the pages that listen."""
        document = self.document(document_id)
        assert document is not None
        document.update(changes)
        self.news.append(dict(document))


def problem(status: int, detail: str, code: str = "scripted") -> JSONResponse:
    body = {"type": f"/problems/{code}", "title": code, "status": status, "detail": detail}
    return JSONResponse(body, status_code=status, media_type="application/problem+json")
