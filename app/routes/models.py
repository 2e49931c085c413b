"""Models: what is installed and running, fetching, choosing, removing."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter, Response

from app.audience import Audience
from app.auth.caller import Caller
from app.bootstrap import Services
from app.i18n import reworded
from app.machine import Machine, look
from app.pull import Pull
from app.routes.access import Who
from app.routes.given import Given, Readers, problems
from app.schemas import (
    FitOut,
    GaugeOut,
    GaugesOut,
    GpuOut,
    MachineOut,
    ModelOut,
    ModelsOut,
    MoveOut,
    PullingOut,
    RuntimeOut,
)
from app.shelf import Shelved, remote_llm_host
from app.wire import slot_out, trouble_out
from ingest.store.moving import Move
from models.gauge import Gauge

router = APIRouter(prefix="/api/v1/models", tags=["models"])


@router.get("")
def list_models(services: Given, caller: Who, to: Readers) -> ModelsOut:
    """The catalogue, what of it is on this machine and fits it, and what runs, as measured here.

    Documents, and the folders and servers of what is wrong with a model, are named to the owner alone.
    """
    shelf, machine = services.shelf, look(services.settings.weights_dir)
    return ModelsOut(
        models=[_model_out(services, shelved, machine, to) for shelved in shelf.list()],
        runtime=RuntimeOut(
            llm=slot_out(services.llm.state, to),
            embedder=slot_out(services.embedder.state, to),
            moving=move_out(services.embedders.moving(), caller),
            remote=bool(remote_llm_host(services.settings)),
            measured=GaugesOut(llm=_gauge_out(shelf.gauge("llm")), embedder=_gauge_out(shelf.gauge("embedder"))),
            machine=_machine_out(machine),
        ),
    )


@router.post("/{name}/pull", status_code=202, responses=problems(404))
def pull_model(name: str, services: Given) -> Response:
    """Begin to fetch a model; `GET /models` shows how far it is."""
    services.shelf.pull(name)
    return Response(status_code=202)


@router.delete("/{name}/pull", status_code=204, responses=problems(404))
def stop_pull(name: str, services: Given) -> Response:
    """Stop fetching a model. What has come is kept: the next pull goes on from it; deleting the model deletes it."""
    services.shelf.stop_pull(name)
    return Response(status_code=204)


@router.post("/pull", status_code=202)
def pull_missing(services: Given) -> Response:
    """Begin to fetch every model that is wanted and not here; `download` of `/healthz` shows how far they are.

    They are loaded as they arrive, and what waits for them goes on by itself.
    """
    services.shelf.pull_missing()
    return Response(status_code=202)


@router.post("/{name}/use", responses=problems(404, 409))
def use_model(name: str, services: Given, caller: Who, to: Readers) -> ModelsOut:
    """Make an installed model the one that runs. Another embedder serves once it has embedded every document."""
    services.shelf.use(name)
    return list_models(services, caller, to)


@router.post("/moving/retry")
def retry_move(services: Given, caller: Who, to: Readers) -> ModelsOut:
    """Try again what holds up the move to another embedder: loading it, and embedding documents that it could not."""
    services.move_again()
    return list_models(services, caller, to)


@router.delete("/{name}", status_code=204, responses=problems(404, 409))
def remove_model(name: str, services: Given) -> Response:
    """Delete a model's files, also those of a pull that was interrupted."""
    services.shelf.remove(name)
    return Response(status_code=204)


def move_out(move: Move | None, caller: Caller) -> MoveOut | None:
    """How far a move is. Names of documents may be of bases that the caller knows nothing of."""
    if move is None:
        return None
    return MoveOut(done=move.done, total=move.total, failed=list(move.failed) if caller.is_owner else [])


def _machine_out(machine: Machine) -> MachineOut:
    gpus = [GpuOut(**asdict(gpu)) for gpu in machine.gpus]
    return MachineOut(**asdict(machine) | {"gpus": gpus, "backends": list(machine.backends)})


def _gauge_out(gauge: Gauge | None) -> GaugeOut | None:
    return None if gauge is None else GaugeOut(**asdict(gauge))


def _model_out(services: Services, shelved: Shelved, machine: Machine, to: Audience) -> ModelOut:
    weights, pull = shelved.weights, shelved.pull
    return ModelOut(
        name=weights.name,
        kind=weights.kind,
        title=weights.name,
        licence=reworded(weights.licence, to.language),
        size=weights.size,
        installed=shelved.installed,
        active=shelved.active,
        default=weights.default,
        kept=shelved.kept,
        fit=FitOut(**asdict(services.shelf.fit(weights, machine))),
        pulling=_pulling_out(pull) if pull and pull.running else None,
        error=trouble_out(pull.error if pull else None, to),
    )


def _pulling_out(pull: Pull) -> PullingOut:
    return PullingOut(done=pull.done, total=pull.total, speed=pull.speed, seconds_left=pull.seconds_left)
