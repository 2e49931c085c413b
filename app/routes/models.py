"""Models: what is installed and running, fetching, choosing, removing."""

from __future__ import annotations

from fastapi import APIRouter, Response

from app.auth.caller import Caller
from app.routes.access import Who
from app.routes.given import Given, Language, problems
from app.schemas import ModelOut, ModelsOut, MoveOut, PullingOut, RuntimeOut
from app.shelf import Shelved, remote_llm_host
from app.wire import problem, slot_out
from ingest.store.moving import Move

router = APIRouter(prefix="/api/v1/models", tags=["models"])


@router.get("")
def list_models(services: Given, caller: Who, language: Language) -> ModelsOut:
    """The catalogue, what of it is on this machine, and what runs. Documents are named to the owner alone."""
    return ModelsOut(
        models=[_model_out(shelved, language) for shelved in services.shelf.list()],
        runtime=RuntimeOut(
            llm=slot_out(services.llm.state, language),
            embedder=slot_out(services.embedder.state, language),
            moving=move_out(services.embedders.moving(), caller),
            remote=bool(remote_llm_host(services.settings)),
        ),
    )


@router.post("/{name}/pull", status_code=202, responses=problems(404))
def pull_model(name: str, services: Given) -> Response:
    """Begin to fetch a model; `GET /models` shows how far it is."""
    services.shelf.pull(name)
    return Response(status_code=202)


@router.post("/{name}/use", responses=problems(404, 409))
def use_model(name: str, services: Given, caller: Who, language: Language) -> ModelsOut:
    """Make an installed model the one that runs. Another embedder serves once it has embedded every document."""
    services.shelf.use(name)
    return list_models(services, caller, language)


@router.delete("/{name}", status_code=204, responses=problems(404, 409))
def remove_model(name: str, services: Given) -> Response:
    """Delete a model's files."""
    services.shelf.remove(name)
    return Response(status_code=204)


def move_out(move: Move | None, caller: Caller) -> MoveOut | None:
    """How far a move is. Names of documents may be of bases that the caller knows nothing of."""
    if move is None:
        return None
    return MoveOut(done=move.done, total=move.total, failed=list(move.failed) if caller.is_owner else [])


def _model_out(shelved: Shelved, language: str) -> ModelOut:
    weights, pull = shelved.weights, shelved.pull
    return ModelOut(
        name=weights.name,
        kind=weights.kind,
        title=weights.name,
        licence=weights.licence,
        size=weights.size,
        installed=shelved.installed,
        active=shelved.active,
        default=weights.default,
        pulling=PullingOut(done=pull.done, total=pull.total) if pull and pull.running else None,
        error=problem(pull.error, language) if pull and pull.error else None,
    )
