"""What can go wrong with the data folder and what it holds."""

from __future__ import annotations

from ingest.errors import IngestError


class UnknownBase(IngestError):
    """No knowledge base has this id or name."""

    code = "unknown-base"
    template = "There is no knowledge base called {name}. Create it first, or choose another."


class UnknownDocument(IngestError):
    """No document has this id."""

    code = "unknown-document"
    template = "There is no document with the id “{id}”. It may have been deleted."


class NameTaken(IngestError):
    """Another knowledge base has this name already."""

    code = "name-taken"
    template = "A knowledge base called {name} exists already. Choose another name."


class BaseNameInvalid(IngestError):
    """The name of a knowledge base is empty, too long or has characters that nobody sees."""

    code = "base-name-invalid"
    template = "A knowledge base's name has 1 to {limit} characters that can be seen, on one line."


class BaseProtected(IngestError):
    """The default base cannot be removed."""

    code = "base-protected"
    template = "The knowledge base {name} is always there and cannot be removed. Delete its documents instead."


class TextMissing(IngestError):
    """The document was not read yet, or could not be."""

    code = "text-missing"
    permanent = False
    template = "The text of {name} is not there yet: {reason}."


class ExchangeDamaged(IngestError):
    """What says how a restore that was cut short goes on cannot be read."""

    code = "exchange-damaged"
    template = (
        "{path} is damaged: it says how a restore that was cut short goes on. Move the data folder away, keep it, and "
        "restore the backup into a new one. The older data are in the folders whose names have before- in them."
    )


class CatalogTooNew(IngestError):
    """The catalog was written by a later version of Zhiwen."""

    code = "catalog-too-new"
    template = (
        "{path} was written by a later version of Zhiwen (schema {found}; this one knows {known}). "
        "Update Zhiwen, or choose another data folder."
    )


class CatalogDamaged(IngestError):
    """The catalog is not an SQLite database, or a page of it is broken."""

    code = "catalog-damaged"
    template = (
        "{path} is damaged ({reason}). Restore a backup, or run `zhiwen doctor --repair`: it reads the documents again "
        "from {originals}."
    )


class CatalogUnusable(IngestError):
    """A part of the data folder cannot be opened or written: permissions, a read-only disk, a foreign lock."""

    code = "catalog-unusable"
    permanent = False
    template = (
        "{path} cannot be used ({reason}). Check that the data folder can be written "
        "and that no other program holds it."
    )


class DataFolderBusy(IngestError):
    """Another process owns the data folder."""

    code = "data-folder-busy"
    permanent = False
    template = "{folder} is in use by process {pid} ({url}). Stop it, or choose another data folder."


class IngestCrashed(IngestError):
    """Something that no error describes ended the work on a document, several times."""

    code = "ingest-crashed"
    template = "Taking in {name} broke off {attempts} times ({reason}). The log has the details."


class BeingReplaced(IngestError):
    """These bytes are those of a document that is about to get others."""

    code = "being-replaced"
    template = "{name} has this content and is about to get another. Add the file again when that is done."


class AlreadyThere(IngestError):
    """The base that a document is to be moved to holds the same bytes."""

    code = "already-there"
    template = "{base} holds the content of {name} already, as {other}. Delete one of the two, then move what is left."


class LatelyDeleted(IngestError):
    """The same bytes were deleted from the base a moment ago, and may be brought back."""

    code = "lately-deleted"
    permanent = False
    template = "The content of {name} was deleted from {base} a moment ago. Undo that, or try again in ten seconds."


class Superseded(IngestError):
    """The document was deleted or replaced while it was worked on; the result is of no use."""

    code = "superseded"
    template = "{name} was deleted or replaced while it was read."


class Stopped(IngestError):
    """The worker was asked to stop; the document goes back to the queue."""

    code = "stopped"
    permanent = False
    template = "Work on {name} was stopped and will be resumed."


class IndexBuilding(IngestError):
    """Search by meaning has to wait until an index is built."""

    code = "index-building"
    permanent = False
    template = "The index of {names} is being built anew, which takes some minutes. Try again then."
