"""A question goes in before the passages that waited longer."""

from __future__ import annotations

import threading

from models.turns import Turns


def test_the_urgent_go_before_the_patient_who_came_first() -> None:
    turns = Turns()
    order: list[str] = []
    inside, let_go = threading.Event(), threading.Event()

    def holder() -> None:
        with turns.patient():
            inside.set()
            let_go.wait()

    def wait_for_turn(kind: str) -> None:
        with turns.patient() if kind == "batch" else turns.urgent():
            order.append(kind)

    threads = [threading.Thread(target=holder)]
    threads[0].start()
    inside.wait()
    for kind in ("batch", "batch", "question"):
        thread = threading.Thread(target=wait_for_turn, args=(kind,))
        thread.start()
        threads.append(thread)
        while turns.waiting < len(threads) - 1:
            threading.Event().wait(0.001)
    let_go.set()
    for thread in threads:
        thread.join()
    assert order == ["question", "batch", "batch"]


def test_one_at_a_time_and_free_again_after_an_error() -> None:
    turns = Turns()
    holders = 0
    most = 0

    def work(urgent: bool) -> None:
        nonlocal holders, most
        with turns.urgent() if urgent else turns.patient():
            holders += 1
            most = max(most, holders)
            holders -= 1

    try:
        with turns.patient():
            raise ValueError
    except ValueError:
        pass
    threads = [threading.Thread(target=work, args=(n % 2 == 0,)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in threads)
    assert most == 1
