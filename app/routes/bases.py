"""Knowledge bases."""

from __future__ import annotations

from fastapi import APIRouter

from app.routes.given import Given, problems
from app.schemas import BaseIn, BaseOut
from app.wire import base_out

router = APIRouter(prefix="/api/v1/bases", tags=["bases"])


@router.get("")
def list_bases(services: Given) -> list[BaseOut]:
    """Every knowledge base; `default` always exists."""
    return [base_out(base) for base in services.library.catalog.bases()]


@router.post("", status_code=201, responses=problems(409, 422))
def create_base(body: BaseIn, services: Given) -> BaseOut:
    """Create a base. Names are unique."""
    return base_out(services.library.catalog.create_base(body.name))


@router.get("/{base}", responses=problems(404))
def get_base(base: str, services: Given) -> BaseOut:
    """One base, by id or name."""
    return base_out(services.library.catalog.base(base))


@router.patch("/{base}", responses=problems(404, 409, 422))
def rename_base(base: str, body: BaseIn, services: Given) -> BaseOut:
    """Rename a base."""
    catalog = services.library.catalog
    return base_out(catalog.rename_base(catalog.base(base).id, body.name))


@router.delete("/{base}", status_code=204, responses=problems(404, 409))
def delete_base(base: str, services: Given) -> None:
    """Delete a base with everything in it."""
    services.library.delete_base(services.library.catalog.base(base).id)
