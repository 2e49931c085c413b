"""Settings that the owner may change while the server runs: whoever needs one reads it at each use."""

from __future__ import annotations

from threading import Lock

from app.errors import SettingPinned
from app.settings import AnswerLength, Settings, fixed_by, store_choices


class Preferences:
    """What holds now: as the settings were read, with what was chosen since."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()

    @property
    def answer_length(self) -> AnswerLength:
        """How much an answer says."""
        return self._settings.answer_length

    @property
    def conversation_days(self) -> int:
        """After how many days conversations are deleted that nobody goes on with; 0: never."""
        return self._settings.conversation_days

    def choose(self, **chosen: str | int) -> None:
        """Change settings, now and after a restart: all of them, or none.

        Raises SettingPinned for one that the environment fixes, DiskFull, CatalogUnusable.
        """
        for name in chosen:
            if (variable := fixed_by(name)) is not None:
                raise SettingPinned(variable=variable)
        with self._lock:
            store_choices(self._settings.data_dir, **{name: str(value) for name, value in chosen.items()})
            self._settings = self._settings.model_copy(update=chosen)
