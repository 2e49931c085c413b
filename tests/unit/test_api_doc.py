"""`docs/api.md` names every route and every error the REST interface has, and no other."""

import re

from fastapi import FastAPI

from app import errors
from app.routes import (
    accounts,
    ask,
    backups,
    bases,
    conversations,
    documents,
    health,
    models,
    preferences,
    reading,
)
from app.settings import ROOT

TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def routes() -> set[tuple[str, str, str]]:
    app = FastAPI()
    for module in (accounts, ask, bases, conversations, documents, health, models, preferences, reading, backups):
        app.include_router(module.router)
    found = set()
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            success = next(status for status in operation["responses"] if status.startswith("2"))
            found.add((method.upper(), path, success))
    return found


def test_every_route_is_documented_with_its_status() -> None:
    documented = set(re.findall(r"^\| (GET|POST|PATCH|PUT|DELETE) \| `([^`]+)` \| (\d+) \|", TEXT, re.M))
    assert documented == routes()


def test_every_error_with_a_status_is_documented() -> None:
    documented = dict(re.findall(r"^\| `/problems/([a-z-]+)` \| (\d+) \|", TEXT, re.M))
    assert documented == {code: str(status) for code, status in errors.STATUS.items()}
