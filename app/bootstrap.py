"""Settings -> Services: the only file that names concrete parts and ties them together."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from threading import Event

from app.answering.answer import Answerer
from app.answering.calibrations import Calibrations, load_calibrations
from app.answering.conversations import Conversations
from app.answering.read import Reader
from app.answering.retention import Retention
from app.answering.retrieve import Retriever
from app.answering.runs import Runs
from app.auth.accounts import Accounts
from app.auth.passwords import Passwords
from app.backups import Backups
from app.embedders import Embedders
from app.model_slot import ModelSlot, unload_idle
from app.preferences import Preferences
from app.settings import Settings, draw_limits, exposed, parse_limits
from app.shelf import NO_LLM, Shelf, build_embedder, build_llm, build_reranker, check_remote_llm
from app.storage import Storage
from ingest.draw import Drawer
from ingest.errors import DiskFull
from ingest.pipeline import Library
from ingest.progress import ProgressBoard
from ingest.purge import Purger
from ingest.store.errors import CatalogUnusable
from ingest.store.lock import DataFolderLock
from ingest.store.records import Document
from ingest.worker import IngestWorker
from models.base import LLM, Embedder, Reranker

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Services:
    """Everything a process needs, and who closes it: `close` undoes `bootstrap`, `stop` undoes `start`."""

    settings: Settings
    preferences: Preferences
    lock: DataFolderLock
    accounts: Accounts
    library: Library
    drawer: Drawer
    embedders: Embedders
    llm: ModelSlot[LLM]
    reranker: ModelSlot[Reranker]
    progress: ProgressBoard
    worker: IngestWorker
    purger: Purger
    conversations: Conversations
    retention: Retention
    answerer: Answerer
    runs: Runs
    shelf: Shelf
    storage: Storage
    backups: Backups
    closing: Event = field(default_factory=Event)

    @property
    def embedder(self) -> ModelSlot[Embedder]:
        """The embedder that is wanted."""
        return self.embedders.wanted

    def recover(self) -> None:
        """Mark answers that an earlier process left unfinished; before the first question is asked."""
        try:
            self.conversations.recover()
        except (DiskFull, CatalogUnusable) as error:
            log.warning("answers that were cut short are not marked as such: %s", error)

    def start(self) -> None:
        """Load models in the background and begin to work off what is waiting."""
        self.embedders.start()
        self.llm.start()
        self.reranker.start()
        self.worker.start()
        self.purger.start()
        self.runs.start()

    def announce(self, document: Document) -> None:
        """Tell the pages of a document, which may have been hidden, and the worker that there may be work."""
        self.progress.show_again(document)
        self.library.work.set()

    def pause(self, paused: bool) -> None:
        """Leave waiting documents alone, or let them be read again, and tell the pages. Raises as Pause does."""
        if paused:
            self.library.pause.begin()
        else:
            self.library.pause.end()
            self.library.work.set()
        self.progress.news.tell()

    def move_again(self) -> None:
        """Load the embedder that is wanted if it could not be, and embed again what it could not."""
        self.embedders.start()
        self.worker.wake(asked=True)

    def let_go(self, document_ids: Collection[str]) -> None:
        """Show nothing more of deleted documents: neither how far they are, nor what was answered from them."""
        self.runs.forget(documents=document_ids)
        self.progress.hide(document_ids)

    def remove_user(self, user_id: str) -> None:
        """Remove an account with what it asked. Raises UnknownUser, OwnerStays."""
        self.accounts.users.remove(user_id)
        self.runs.forget(user=user_id)
        self.library.to_purge.set()

    def end_soon(self) -> None:
        """Say that the end is near: streams end, and no index is built any more. Returns at once."""
        self.closing.set()
        self.library.vectors.stop()

    def stop(self) -> None:
        """End the threads that `start` began; what they were at is taken up at the next start."""
        self.end_soon()
        self.runs.close()
        self.worker.stop()
        self.purger.stop()

    def close(self) -> None:
        """Free models, files and the data folder, each whatever becomes of the others. Raises as Library.close."""
        self.end_soon()
        with ExitStack() as last_first:
            for close in (self.lock.release, self.library.close, self.drawer.close, self.llm.close, self.shelf.close):
                last_first.callback(close)


def bootstrap(
    settings: Settings,
    *,
    url: str = "",
    embedder: Callable[[], Embedder] | None = None,
    llm: Callable[[], LLM] | None = None,
    calibrations: Calibrations | None = None,
    passwords: Passwords | None = None,
) -> Services:
    """Open the data folder and build every part; nothing is loaded and no thread runs yet.

    `url` is where this process can be reached, for the lock. `embedder` and `llm` replace the
    configured models, `calibrations` those of the data folder, `passwords` the costly hashing.
    Raises DataFolderBusy, CatalogDamaged, CatalogTooNew, RemoteModelRefused, CalibrationsUnusable.
    """
    check_remote_llm(settings)
    lock = DataFolderLock(settings.data_dir, url=url)
    lock.acquire()
    try:
        return _build(settings, lock, embedder, llm, calibrations or load_calibrations(settings.data_dir), passwords)
    except BaseException:
        lock.release()
        raise


def _build(
    settings: Settings,
    lock: DataFolderLock,
    embedder: Callable[[], Embedder] | None,
    llm: Callable[[], LLM] | None,
    calibrations: Calibrations,
    passwords: Passwords | None,
) -> Services:
    build = llm or (None if settings.llm == NO_LLM else lambda: build_llm(settings, settings.llm))
    llm_slot = ModelSlot(settings.llm, build, free=lambda model: model.close())
    reranker_slot = ModelSlot(settings.reranker, (lambda: build_reranker(settings)) if settings.reranker else None)
    library = Library(
        settings.data_dir, max_bytes=settings.max_upload_mb * 1_000_000, chunk_tokens=settings.chunk_tokens
    )
    accounts = Accounts(library.catalog, exposed=exposed(settings), local_secret=lock.secret, passwords=passwords)
    embedders = Embedders(library.catalog, settings.embedder, _embedder_builder(settings, embedder))
    progress = ProgressBoard()
    worker = IngestWorker(
        library,
        embedders.wanted.get,
        progress,
        parse_limits(settings),
        former=embedders.former,
        name_of=embedders.name_of,
        pause=library.pause,
    )
    conversations = Conversations(library.catalog)
    library.purging.append(conversations.let_go)
    patient = partial(embedders.serving, settings.embedder_seconds)
    retriever = Retriever(library, patient, settings.retrieve_k, reranker_slot.using)
    reader = Reader(retriever, llm_slot.using, calibrations)
    preferences = Preferences(settings)
    answerer = Answerer(
        reader,
        llm_slot.using,
        settings.passage_tokens,
        settings.answer_tokens,
        _detailed_tokens(settings),
        lambda: preferences.answer_length,
        settings.first_token_seconds,
        lambda: llm_slot.loaded,
        llm_slot.start_unless_failed,
    )
    library.erasing.append(answerer.forget)
    runs = Runs(
        answerer,
        conversations,
        queue_length=settings.queue_length,
        reader_seconds=settings.reader_seconds,
    )
    retention = Retention(
        library.catalog, lambda: preferences.conversation_days, lambda gone: runs.forget(conversation=gone)
    )
    # What a server elsewhere holds takes no memory here.
    idle = (reranker_slot,) if settings.llm == "openai" else (llm_slot, reranker_slot)
    shelf = Shelf(settings, embedders, llm_slot, worker.wake)
    return Services(
        settings,
        preferences,
        lock,
        accounts,
        library,
        Drawer(draw_limits(settings)),
        embedders,
        llm_slot,
        reranker_slot,
        progress,
        worker,
        Purger(library, chores=(retention.step, lambda: unload_idle(idle, 60.0 * settings.llm_idle_minutes))),
        conversations,
        retention,
        answerer,
        runs,
        shelf,
        Storage(settings.data_dir, settings.weights_dir),
        Backups(settings.data_dir),
    )


def _detailed_tokens(settings: Settings) -> int:
    """The longest detailed answer: twice an ordinary one, as far as half of the context has room for it."""
    room = settings.llm_context // 2 - settings.passage_tokens
    return max(settings.answer_tokens, min(2 * settings.answer_tokens, room))


def _embedder_builder(settings: Settings, given: Callable[[], Embedder] | None) -> Callable[[str], Embedder]:
    """Loads embedders by name; `given` stands for the configured one."""

    def build(name: str) -> Embedder:
        return given() if given is not None and name == settings.embedder else build_embedder(settings, name)

    return build
