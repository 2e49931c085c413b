"""Old conversations go for good where the owner wants that, whatever clocks do, and nothing is left of their words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.answering.events import Scope
from app.answering.question import Question
from app.answering.retention import DAY, Retention
from app.bootstrap import Services
from ingest.store.schema import conversations
from tests.support.ingesting import Clock
from tests.support.scripted_llm import ScriptedLLM
from tests.support.served import REPORT, client_in, services_in, upload
from tests.support.traces import traces

DAYS = 30
NOW = 1_800_000_000.0
PATIENCE = 60


class Kept:
    """Conversations that are so many days old, and a clock that a test sets."""

    def __init__(self, services: Services) -> None:
        self.catalog, self.clock, self.days = services.library.catalog, Clock(NOW), DAYS
        self.forgotten: list[str] = []
        self._services = services
        self.retention = Retention(self.catalog, lambda: self.days, self.forgotten.append, clock=lambda: self.clock.now)

    def asked(self, name: str, days_ago: float) -> str:
        question = Question(f"问题{name}？", Scope(("default",)))
        made = self._services.conversations.begin(name, None, question)
        with self.catalog.write() as connection:
            at = self.clock.now - days_ago * DAY
            connection.execute(
                update(conversations).where(conversations.c.id == made).values(title=name, updated_at=at)
            )
        return made

    def pass_days(self, days: float) -> set[str]:
        """The names of the conversations that are left after so many days, of which the server looks at each."""
        whole, rest = divmod(days, 1)
        for step in [*[1.0] * int(whole), *([rest] if rest else [])]:
            self.clock.now += step * DAY
            self.retention.step()
        return self.left()

    def left(self) -> set[str]:
        with self.catalog.read() as connection:
            return set(connection.scalars(select(conversations.c.title)))


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    with services_in(tmp_path) as services:
        yield Kept(services)


def soon(services: Services, done: Callable[[], bool], else_told: str) -> None:
    """Wait until the purger's thread has done something."""
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, f"{else_told} after {PATIENCE} s"
        services.library.work.wait(0.05)


def test_what_is_old_goes_a_day_after_it_was_asked_for(kept: Kept) -> None:
    ids = {name: kept.asked(name, days) for name, days in (("old", 40), ("young", 3))}
    assert [kept.retention.older(days) for days in (2, 30, 90)] == [2, 1, 0]
    assert kept.retention.step() == 3600.0
    assert kept.pass_days(0.9) == {"old", "young"}
    assert kept.pass_days(0.1) == {"young"}
    assert kept.forgotten == [ids["old"]]
    assert kept.catalog.erase_due()
    assert kept.pass_days(26) == {"young"}
    assert kept.pass_days(1) == set()


def test_who_thinks_better_of_it_within_a_day_loses_nothing(kept: Kept) -> None:
    kept.asked("old", 40)
    kept.retention.step()
    kept.days = 0
    assert kept.pass_days(0.5) == {"old"}
    assert kept.retention.step() is None
    # Turned on again, it takes a whole day again.
    kept.days = DAYS
    assert kept.pass_days(0.9) == {"old"}
    kept.days = 90
    assert kept.pass_days(30) == {"old"}


def test_a_question_keeps_an_old_conversation(kept: Kept) -> None:
    old = kept.asked("old", 40)
    kept.retention.step()
    with kept.catalog.write() as connection:
        connection.execute(update(conversations).where(conversations.c.id == old).values(updated_at=kept.clock.now))
    assert kept.pass_days(2) == {"old"}


@pytest.mark.parametrize("years", [10, -10])
def test_a_clock_that_is_wrong_for_a_while_deletes_nothing(kept: Kept, years: int) -> None:
    kept.asked("young", 3)
    kept.retention.step()
    kept.clock.now += years * 365 * DAY
    kept.retention.step()
    assert kept.pass_days(0.9) == {"young"}
    kept.clock.now -= years * 365 * DAY
    kept.retention.step()
    assert kept.pass_days(20) == {"young"}
    assert kept.pass_days(8) == set()


def test_a_clock_that_was_set_back_keeps_nothing_for_longer(kept: Kept) -> None:
    kept.asked("ahead", -3650)
    kept.asked("young", 0)
    assert kept.pass_days(1) == {"ahead", "young"}
    assert kept.pass_days(29) == {"ahead", "young"}
    # Its days began at the first look, and a day more is waited for.
    assert kept.pass_days(3) == set()


def test_a_clock_that_is_behind_for_months_takes_no_more_than_the_days(kept: Kept) -> None:
    """The times of conversations stay as they are: it may be the clock of today that is wrong."""
    kept.asked("young", 0)
    kept.clock.now -= 3650 * DAY
    assert kept.pass_days(20) == {"young"}
    kept.clock.now += 3650 * DAY
    assert kept.pass_days(9) == {"young"}


def test_what_happened_survives_a_restart(tmp_path: Path) -> None:
    with services_in(tmp_path) as services:
        kept = Kept(services)
        kept.asked("old", 40)
        kept.retention.step()
    with services_in(tmp_path) as services:
        again = Kept(services)
        assert again.pass_days(1) == set()


def test_no_word_of_an_old_conversation_is_left(tmp_path: Path) -> None:
    """By the purger of the server, out of every file and of memory."""
    words = ["龘靐鼊", "齉爩鱻"]
    with client_in(tmp_path, llm=lambda: ScriptedLLM({"": f"营业收入为三百元，{words[1]}。"})) as client:
        services: Services = client.app.state.services  # type: ignore[attr-defined]
        upload(client, "年报.md", REPORT.encode())
        body = {"question": "二〇二五年营业收入是多少？"}
        made = client.post("/api/v1/ask", json=body).json()["conversation"]
        client.post("/api/v1/ask", json={"question": f"{words[0]}？", "conversation": made})
        turn, _ = client.get(f"/api/v1/conversations/{made}").json()["turns"]
        assert words[1] in turn["answer"]
        for word in words:
            assert traces([tmp_path / "data"], [word]), f"{word} must be seen to be missed"
        assert client.patch("/api/v1/settings", json={"conversation_days": DAYS}).status_code == 200
        soon(services, lambda: services.library.catalog.setting("conversations-kept") is not None, "it is not noted")
        with services.library.catalog.write() as connection:
            # As if all of it were two months ago.
            connection.exec_driver_sql("UPDATE conversations SET updated_at = updated_at - 60 * 86400")
            connection.exec_driver_sql(
                "UPDATE settings SET value = json_set(value, '$.at', json_extract(value, '$.at') - 2 * 86400) "
                "WHERE key = 'conversations-kept'"
            )
        services.library.to_purge.set()
        soon(services, lambda: not client.get("/api/v1/conversations").json(), "the conversation is there")
        soon(services, lambda: not services.library.catalog.erase_due(), "there is something to erase")
        assert traces([tmp_path / "data"], words) == set()
        assert client.get(f"/api/v1/runs/{turn['id']}/events").status_code == 404
    assert traces([tmp_path / "data"], words) == set()
