"""Accounts, keys and settings of the scripted site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request

from app.examples import STORAGE
from tests.support.scripted_content import MOMENT

if TYPE_CHECKING:
    from tests.support.scripted_state import Site


class ScriptedAccounts:
    def __init__(self, site: Site) -> None:
        self._site = site
        self.identify = site.identify

    @property
    def needed(self) -> bool:
        return bool(self._site.people)

    @property
    def owned(self) -> bool:
        return bool(self._site.people)


def settings_routes(app: FastAPI, site: Site) -> None:
    @app.get("/api/v1/keys")
    def keys() -> Any:
        return site.keys

    @app.post("/api/v1/keys", status_code=201)
    async def make_key(request: Request) -> Any:
        made = {"id": "1f2e3d4c5b6a7988", "created_at": MOMENT, "used_at": None} | await request.json()
        site.keys.insert(0, made)
        return made | {"key": "zw_1f2e3d4c5b6a7988_3q2-7wB0x5mJ4tKcYb8hLg"}

    @app.get("/api/v1/settings/storage")
    def storage() -> Any:
        sizes = dict(zip((each["id"] for each in site.bases), (21_600_000, 0), strict=False))
        bases = [
            {**{key: each[key] for key in ("id", "name", "documents", "chunks")}, "originals": sizes.get(each["id"], 0)}
            for each in site.bases
        ]
        return {"bases": bases, "disk": STORAGE["disk"] if site.identify().is_owner else None}

    @app.get("/api/v1/users")
    def users() -> Any:
        return [
            {"id": each.id, "name": each.name, "owner": each.is_owner, "created_at": MOMENT} for each in site.people
        ]

    @app.get("/api/v1/bases/{base}/members")
    def members(base: str) -> Any:
        return [
            {"user": each.id, "name": each.name, "role": "owner" if each.is_owner else "reader", "fixed": each.is_owner}
            for each in site.people
        ]
