"""What travels over REST of settings, storage and backups, with an example of each."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from app import examples
from app.library_schemas import example_of
from app.settings import MOST_DAYS, AnswerLength


class AnswerLengthOut(BaseModel):
    """How much an answer says. `fixed_by` is the environment variable that fixes it, or null."""

    model_config = example_of(examples.ANSWER_LENGTH)
    value: AnswerLength
    fixed_by: str | None


class ConversationDaysOut(BaseModel):
    """After how many days conversations are deleted that nobody goes on with; 0: never."""

    model_config = example_of(examples.CONVERSATION_DAYS)
    value: int
    fixed_by: str | None


class SettingsOut(BaseModel):
    """What holds now for the whole installation."""

    model_config = example_of(examples.SETTINGS)
    answer_length: AnswerLengthOut
    conversation_days: ConversationDaysOut


class SettingsIn(BaseModel):
    """What is to change; what is not named stays."""

    model_config = example_of({"answer_length": "detailed"})
    answer_length: AnswerLength | None = None
    conversation_days: Annotated[int, Field(ge=0, le=MOST_DAYS)] | None = None


class OlderOut(BaseModel):
    """How many conversations, of everybody, nobody has gone on with for so many days."""

    model_config = example_of({"days": 90, "conversations": 12})
    days: int
    conversations: int


class BaseStorageOut(BaseModel):
    """A knowledge base; `originals` are the bytes of the files that are kept."""

    model_config = example_of(examples.BASE_STORAGE)
    id: str
    name: str
    documents: int
    chunks: int
    originals: int


class DiskOut(BaseModel):
    """Bytes in the data folder `folder`, by what they are, and those of the models; `free` is what is left there."""

    model_config = example_of(examples.DISK)
    folder: str
    catalog: int
    originals: int
    indexes: int
    pictures: int
    rest: int
    models: int
    free: int


class StorageOut(BaseModel):
    """What the bases hold that the caller may see; `disk` is told to the owner of the installation alone."""

    model_config = example_of(examples.STORAGE)
    bases: list[BaseStorageOut]
    disk: DiskOut | None


class BackupOut(BaseModel):
    """What a backup holds. `lost` names the documents whose original is not as it was, or not there."""

    model_config = example_of(examples.BACKUP)
    made_at: str
    documents: int
    originals: int
    size: int
    lost: list[str]


class BackupsOut(BaseModel):
    """`last` is null where none was made since the server started."""

    model_config = example_of(examples.BACKUPS)
    busy: bool
    last: BackupOut | None
