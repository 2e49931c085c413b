"""One table: what went wrong -> HTTP status. The sentence comes with the error, or its translation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.auth import errors as auth
from app.embedders import DocumentsMoving
from app.model_slot import StillLoading
from app.settings import AddressRefused, RemoteModelRefused, SettingsInvalid
from ingest import errors as ingest
from ingest.store import backup
from ingest.store import errors as store
from models import errors as models
from models.errors import Explained


class UnknownRun(Explained):
    code = "unknown-run"
    template = "There is no answer with the id “{id}”. It may have been deleted."


class UnknownConversation(Explained):
    code = "unknown-conversation"
    template = "There is no conversation with the id “{id}”. It may have been deleted."


class NothingToRate(Explained):
    code = "nothing-to-rate"
    template = "There is no answer here that could be rated. Wait until it is written, or ask again."


class TitleInvalid(Explained):
    code = "title-invalid"
    template = "A conversation's title has 1 to {limit} characters that can be seen, on one line."


class QuestionEmpty(Explained):
    code = "question-empty"
    template = "The question is empty. Write what you want to know."


class QuestionTooLong(Explained):
    code = "question-too-long"
    template = (
        "The question has {length} characters; {limit} are allowed. Ask more briefly, or raise max_question_chars."
    )


class NothingReadYet(Explained):
    code = "nothing-read-yet"
    template = "The documents asked ({count}) are still being read. Ask again when they are ready."


class WaitingForModels(Explained):
    code = "waiting-for-models"
    template = (
        "The documents asked ({count}) wait for the models, which can be downloaded on the page Models. "
        "Ask again when they are read."
    )


class QueueFull(Explained):
    code = "queue-full"
    template = "Questions already waiting for the model: {waiting}. Try again in {seconds} s."


class ModelPinned(Explained):
    code = "model-pinned"
    template = "{variable} fixes the model. Remove that variable to choose one here."


class SettingPinned(Explained):
    code = "setting-pinned"
    template = "{variable} fixes this setting. Remove that variable and start again to change it here."


class BackupBusy(Explained):
    code = "backup-busy"
    template = "Another backup is being made or downloaded. Wait until it is through."


class ModelInUse(Explained):
    code = "model-in-use"
    template = "{name} is in use. Choose another model first."


class ModelNotInstalled(Explained):
    code = "model-not-installed"
    template = "{name} is not on this machine yet. Pull it first: zhiwen models pull {name}"


class TooManyFiles(Explained):
    code = "too-many-files"
    template = "The upload has more than the {limit} files that are allowed at once. Upload them in parts."


class NoFiles(Explained):
    code = "no-files"
    template = "The upload holds no file. Send at least one, in the field `files`."


class Interrupted(Explained):
    code = "interrupted"
    template = "The server stopped while this answer was being written. Ask again."


class Unexpected(Explained):
    code = "unexpected"
    template = "Something went wrong inside Zhiwen ({kind}). The log has the details; nothing was lost."


class ForeignRequest(Explained):
    code = "foreign-request"
    template = (
        "This request comes from another web site, or by a name that is not known to be this server's. "
        "Open Zhiwen by its own address, such as http://127.0.0.1:8000, or list the name in ZHIWEN_HOSTS."
    )


class RequestTooLarge(Explained):
    code = "request-too-large"
    template = "The request is larger than the {limit_mb} MB that are allowed at once. Send it in parts."


class RequestTooSlow(Explained):
    code = "request-too-slow"
    template = "The request came so slowly that it was not waited for. Send it again."


class RequestInvalid(Explained):
    code = "request-invalid"
    template = "The request is not valid: {reason}."


STATUS: Mapping[str, int] = {
    UnknownRun.code: 404,
    UnknownConversation.code: 404,
    models.UnknownWeights.code: 404,
    store.UnknownBase.code: 404,
    store.UnknownDocument.code: 404,
    ingest.PageMissing.code: 404,
    NothingToRate.code: 409,
    store.NameTaken.code: 409,
    store.BeingReplaced.code: 409,
    store.AlreadyThere.code: 409,
    store.LatelyDeleted.code: 409,
    store.BaseProtected.code: 409,
    store.TextMissing.code: 409,
    store.CatalogUnusable.code: 503,
    store.CatalogDamaged.code: 503,
    store.IndexBuilding.code: 503,
    StillLoading.code: 503,
    DocumentsMoving.code: 503,
    ingest.OriginalMissing.code: 410,
    ingest.OriginalDamaged.code: 410,
    ingest.OriginalNotKept.code: 410,
    TitleInvalid.code: 422,
    QuestionEmpty.code: 422,
    QuestionTooLong.code: 422,
    QueueFull.code: 429,
    ModelPinned.code: 409,
    SettingPinned.code: 409,
    BackupBusy.code: 409,
    backup.BackupRaced.code: 503,
    backup.BackupUnwritable.code: 503,
    ModelInUse.code: 409,
    ModelNotInstalled.code: 409,
    TooManyFiles.code: 413,
    RequestTooLarge.code: 413,
    RequestTooSlow.code: 408,
    NoFiles.code: 422,
    RequestInvalid.code: 422,
    ForeignRequest.code: 403,
    auth.LoginNeeded.code: 401,
    auth.KeyRefused.code: 401,
    auth.LoginRefused.code: 403,
    auth.SetupRefused.code: 403,
    auth.ScopeMissing.code: 403,
    auth.SessionNeeded.code: 403,
    auth.NotAllowed.code: 403,
    auth.PageStale.code: 403,
    auth.LoginThrottled.code: 429,
    auth.LoginBusy.code: 503,
    auth.LoginNotStored.code: 507,
    auth.NoAccounts.code: 409,
    auth.UserNameTaken.code: 409,
    auth.OwnerStays.code: 409,
    auth.UnknownUser.code: 404,
    auth.UnknownKey.code: 404,
    auth.UserNameInvalid.code: 422,
    auth.PasswordUnfit.code: 422,
    auth.KeyInvalid.code: 422,
    auth.ScopeRefused.code: 403,
    NothingReadYet.code: 503,
    WaitingForModels.code: 503,
    Interrupted.code: 503,
    Unexpected.code: 500,
    SettingsInvalid.code: 500,
    AddressRefused.code: 500,
    RemoteModelRefused.code: 403,
    ingest.PasswordNotNeeded.code: 409,
    ingest.PageNotDrawn.code: 422,
    ingest.DrawingBusy.code: 503,
    ingest.FileTooLarge.code: 413,
    ingest.UnsupportedFile.code: 415,
    ingest.DiskFull.code: 507,
    models.WeightsMissing.code: 503,
    models.GivenWeightsMissing.code: 503,
    models.WeightsUnusable.code: 503,
    models.MemoryShort.code: 503,
    models.GpuMemoryShort.code: 503,
    models.ModelUnreachable.code: 502,
    models.ContextOverflow.code: 422,
}


def status_of(error: Explained) -> int:
    """The HTTP status of an error; 422 for a document that cannot be read, 500 for the unforeseen."""
    known = STATUS.get(error.code)
    if known is not None:
        return known
    return 422 if isinstance(error, ingest.IngestError) else 500


def restore(code: str, params: Mapping[str, Any]) -> Explained:
    """The error that was kept by its code and values; `Unexpected` for one that this version does not know."""
    found = _by_code().get(code)
    if found is None:
        return Unexpected(kind=code)
    try:
        return found(**params)
    except (KeyError, ValueError):
        return Unexpected(kind=code)


def _by_code() -> dict[str, type[Explained]]:
    waiting, known = [Explained], dict[str, type[Explained]]()
    while waiting:
        for child in waiting.pop().__subclasses__():
            known[child.code] = child
            waiting.append(child)
    return known
