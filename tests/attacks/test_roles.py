"""Every route, asked by everybody: without a login, with too little, with another's things, with enough."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from app.answering.events import Scope as Scopes
from app.answering.question import Question
from app.auth.caller import Caller
from app.auth.errors import PageStale, UnknownUser
from app.auth.needs import NEEDS
from app.errors import QueueFull
from app.routes.access import CSRF_HEADER
from app.routes.models import move_out
from ingest.store.moving import Move
from tests.support.accounts import PASSWORD
from tests.support.house import House, asked_by, body_of, documents_told, filled, house_in, told
from tests.support.served import problem, services_in, settled

# The framework's own, the same for everybody.
_OPEN = {"/favicon.ico", "/static"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_in(tmp_path_factory.mktemp("house")) as made:
        yield made


def routes() -> list[str]:
    return sorted(NEEDS)


def test_every_route_says_what_it_asks_of_its_caller(house: House) -> None:
    found = set()
    for route in house.client.app.routes:  # type: ignore[attr-defined]
        # What is included is asked for by what was included: the framework keeps both.
        inner = getattr(route, "original_router", None)
        for each in [route] if inner is None else inner.routes:
            if each.path in _OPEN:
                continue
            assert isinstance(each, APIRoute)
            found |= {f"{method} {each.path}" for method in each.methods - {"HEAD"}}
    missing = found - set(NEEDS)
    assert not {route for route in missing if not route.startswith("HEAD")}
    assert set(NEEDS) == found


@pytest.mark.parametrize("route", routes())
def test_nobody_sees_anything(house: House, route: str) -> None:
    method, path = filled(route, house.objects["theirs"] | {"conversation": "c", "run": "r"})
    answer = house.ask("nobody", method, path, **body_of(route))
    if NEEDS[route].scope is None:
        assert answer.status_code != 401
    elif path.startswith("/api/") or path in ("/metrics", "/openapi.json"):
        problem(answer, 401, "login-needed")
        assert answer.headers["www-authenticate"] == "Bearer"
    else:
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/login")


RANKS = ["stranger", "reader", "editor", "base owner"]
LEAST = {"reader": "reader", "editor": "editor", "owner": "base owner"}


def of_a_base(route: str) -> bool:
    return "{base}" in route or "{document}" in route


@pytest.mark.parametrize("who", [*RANKS, "owner"])
@pytest.mark.parametrize("route", [route for route in routes() if of_a_base(route)])
def test_a_role_allows_what_it_allows_and_no_more(house: House, who: str, route: str) -> None:
    """What a base hides is answered as what is not there; what a role lacks is refused."""
    need, named = NEEDS[route], house.objects["theirs"]
    missing = house.ask(who, *filled(route, {"base": "nothing", "document": "nothing"}), **body_of(route))
    assert missing.status_code == 404
    if who != "owner":
        foreign = house.ask(who, *filled(route, house.objects["foreign"]), **body_of(route))
        assert told(foreign) == told(missing)
    if who == "stranger":
        assert told(house.ask(who, *filled(route, named), **body_of(route))) == told(missing)
    elif who != "owner" and RANKS.index(who) < RANKS.index(LEAST[need.role]):
        refused = house.ask(who, *filled(route, named), **body_of(route))
        assert refused.status_code == 403
        assert refused.headers["content-type"] == "text/html; charset=utf-8" or told(refused)["title"] == "not-allowed"
    elif not route.startswith("DELETE") and not route.endswith("/delete"):  # there is one of each
        allowed = house.ask(who, *filled(route, named), **body_of(route))
        assert allowed.status_code not in (401, 403), allowed.text


def test_a_deleted_base_is_brought_back_by_its_owners_alone(house: House) -> None:
    base = house.ask("owner", "POST", "/api/v1/bases", json={"name": "passing"}).json()["id"]
    for name, role in (("reader", "reader"), ("editor", "editor"), ("base owner", "owner")):
        house.services.accounts.roles.set(house.users[name].id, base, role)  # type: ignore[arg-type]
    keys = [house.key("base owner", "read", "ask"), house.key("base owner", "write", bases=["theirs"])]
    path = f"/api/v1/bases/{base}"
    assert house.ask("base owner", "DELETE", path).status_code == 204
    restore = f"{path}/restore"
    problem(house.ask("nobody", "POST", restore), 401, "login-needed")
    problem(house.ask("stranger", "POST", restore), 404, "unknown-base")
    for who in ("reader", "editor"):
        problem(house.ask(who, "POST", restore), 403, "not-allowed")
    problem(house.ask("nobody", "POST", restore, key=keys[0]), 403, "scope-missing")
    problem(house.ask("nobody", "POST", restore, key=keys[1]), 404, "unknown-base")
    for who in ("base owner", "owner"):
        problem(house.ask(who, "GET", path), 404, "unknown-base")
        assert house.ask(who, "GET", f"/library?base={base}").status_code == 404
    assert house.ask("base owner", "POST", restore).json()["name"] == "passing"
    assert house.ask("reader", "GET", path).status_code == 200
    assert house.ask("owner", "DELETE", path, params={"purge": "now"}).status_code == 204


@pytest.mark.parametrize("route", [route for route in routes() if NEEDS[route].owner])
@pytest.mark.parametrize("who", RANKS)
def test_only_the_owner_runs_the_installation(house: House, who: str, route: str) -> None:
    refused = house.ask(who, *filled(route, {}), **body_of(route))
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "text/html; charset=utf-8" or told(refused)["title"] == "not-allowed"


@pytest.mark.parametrize("route", [route for route in routes() if NEEDS[route].owner and "DELETE" not in route])
def test_the_owner_does(house: House, route: str) -> None:
    answer = house.ask("owner", *filled(route, {}), **body_of(route))
    assert answer.status_code not in (401, 403), answer.text


@pytest.mark.parametrize("route", [route for route in routes() if "{conversation}" in route or "{run}" in route])
def test_what_somebody_asked_is_theirs_alone(house: House, route: str) -> None:
    """Not even the owner of the installation reads it."""
    asked = asked_by(house, "reader", house.objects["theirs"]["base"])
    missing = house.ask("owner", *filled(route, {"conversation": "nothing", "run": "nothing"}), **body_of(route))
    for other in ("stranger", "base owner", "owner"):
        foreign = house.ask(other, *filled(route, asked), **body_of(route))
        assert foreign.status_code == 404
        assert told(foreign) == told(missing)
    own = house.ask("reader", *filled(route, asked), **body_of(route))
    assert own.status_code in (200, 204, 303)


def test_an_answer_that_left_memory_is_still_its_askers_alone(house: House) -> None:
    run = asked_by(house, "reader", house.objects["theirs"]["base"])["run"]
    house.services.runs.forget(user=house.users["reader"].id)
    assert house.ask("reader", "GET", f"/api/v1/runs/{run}/events").status_code == 200
    problem(house.ask("owner", "GET", f"/api/v1/runs/{run}/events"), 404, "unknown-run")


def test_lists_hold_what_their_reader_may_see(house: House) -> None:
    mine = asked_by(house, "reader", house.objects["theirs"]["base"])["conversation"]
    seen = {who: house.ask(who, "GET", "/api/v1/bases").json() for who in ("stranger", "reader", "owner")}
    assert [base["name"] for base in seen["stranger"]] == []
    assert [base["name"] for base in seen["reader"]] == ["theirs"]
    assert {base["name"] for base in seen["owner"]} >= {"default", "theirs", "foreign"}
    assert mine in {each["id"] for each in house.ask("reader", "GET", "/api/v1/conversations").json()}
    assert mine not in {each["id"] for each in house.ask("owner", "GET", "/api/v1/conversations").json()}
    for who, there in (("reader", True), ("owner", False)):
        assert (mine in house.ask(who, "GET", "/").text) == there
    page = house.ask("reader", "GET", "/library").text
    assert "theirs" in page and "foreign" not in page
    assert house.ask("stranger", "GET", "/library").status_code == 200


def test_documents_are_found_by_name_in_open_bases_alone(house: House) -> None:
    for who, bases in (("stranger", set()), ("reader", {"theirs"}), ("owner", {"theirs", "foreign"})):
        found = house.ask(who, "GET", "/api/v1/documents", params={"text": "年报"}).json()
        assert {each["base"] for each in found["items"]} == {house.objects[base]["base"] for base in bases}
    for asked in (["foreign"], ["theirs", "foreign"]):
        problem(house.ask("reader", "GET", "/api/v1/documents", params={"bases": asked}), 404, "unknown-base")


def test_questions_are_suggested_of_open_bases_alone(house: House) -> None:
    path, foreign = "/api/v1/suggestions", house.objects["foreign"]
    told = {each["document"] for each in house.ask("reader", "GET", path).json()}
    assert told == {house.objects["theirs"]["document"]}
    assert house.ask("stranger", "GET", path).json() == []
    for scope, code in (
        ({"bases": "foreign"}, "unknown-base"),
        ({"documents": foreign["document"]}, "unknown-document"),
        ({"bases": "theirs", "documents": foreign["document"]}, "unknown-document"),
    ):
        problem(house.ask("reader", "GET", path, params=scope), 404, code)


def test_a_move_names_documents_to_the_owner_alone(house: House) -> None:
    users, move = house.users, Move(1, 2, ("机密.md",))
    for who, named in (("owner", ["机密.md"]), ("reader", [])):
        shown = move_out(move, Caller(users[who]))
        assert shown is not None and shown.failed == named


@pytest.mark.parametrize("path", ["search", "ask"])
def test_a_question_reaches_no_foreign_base_or_document(house: House, path: str) -> None:
    theirs, foreign = house.objects["theirs"], house.objects["foreign"]
    for scope, code in (
        ({"bases": [foreign["base"]]}, "unknown-base"),
        ({"bases": ["foreign"]}, "unknown-base"),
        ({"bases": ["theirs", "foreign"]}, "unknown-base"),
        ({}, "unknown-base"),  # the default base is not open to them either
        ({"documents": [foreign["document"]]}, "unknown-document"),
        ({"bases": ["theirs"], "documents": [foreign["document"]]}, "unknown-document"),
        ({"documents": [theirs["document"], foreign["document"]]}, "unknown-document"),
    ):
        body = {"question": "营业收入是多少？"} | scope
        problem(house.ask("reader", "POST", f"/api/v1/{path}", json=body), 404, code)
    for own in ({"bases": ["theirs"]}, {"documents": [theirs["document"]]}):
        assert house.ask("reader", "POST", f"/api/v1/{path}", json={"question": "营业收入"} | own).status_code == 200


def test_a_follow_up_continues_no_foreign_conversation(house: House) -> None:
    foreign = asked_by(house, "reader", house.objects["theirs"]["base"])["conversation"]
    body = {"question": "比上年呢？", "bases": ["theirs"], "conversation": foreign}
    problem(house.ask("editor", "POST", "/api/v1/ask", json=body), 404, "unknown-conversation")
    assert house.ask("reader", "POST", "/api/v1/ask", json=body).status_code == 200


def test_who_loses_a_role_loses_what_they_were_told(house: House) -> None:
    base, user = house.objects["theirs"]["base"], house.users["editor"].id
    asked = asked_by(house, "editor", base)
    path = f"/api/v1/conversations/{asked['conversation']}"
    assert house.ask("editor", "GET", path).json()["turns"][0]["sources"]
    house.services.accounts.roles.set(user, base, None)
    try:
        (turn,) = house.ask("editor", "GET", path).json()["turns"]
        assert (turn["answer"], turn["sources"], turn["sentences"], turn["state"]) == ("", [], [], "erased")
        problem(house.ask("editor", "GET", f"/api/v1/runs/{asked['run']}/events"), 404, "unknown-run")
        assert house.services.conversations.history(asked["conversation"], lambda bases: base not in bases) == ()
    finally:
        house.services.accounts.roles.set(user, base, "editor")
    assert house.ask("editor", "GET", path).json()["turns"][0]["sources"]


def moved_between(house: House, name: str) -> tuple[str, str]:
    """A base of which the editor of `theirs` may read only, and a document in `theirs`."""
    base = house.ask("owner", "POST", "/api/v1/bases", json={"name": name}).json()["id"]
    house.services.accounts.roles.set(house.users["editor"].id, base, "reader")
    files = {"files": ("搬家.md", f"# 搬家\n\n{name}营业收入为七百元。\n".encode())}
    sent = house.ask("owner", "POST", "/api/v1/bases/theirs/documents", files=files)
    house.client.cookies.set("zhiwen_session", house.sessions["owner"])
    document = settled(house.client, sent.json()[0]["id"])["id"]
    return base, str(document)


def test_a_document_is_moved_by_who_may_edit_both_bases(house: House) -> None:
    shelf, document = moved_between(house, "shelf")
    path, theirs, foreign = f"/api/v1/documents/{document}/move", house.objects["theirs"], house.objects["foreign"]
    for hidden in (foreign["base"], "foreign", "nothing"):
        problem(house.ask("editor", "POST", path, json={"base": hidden}), 404, "unknown-base")
    problem(house.ask("editor", "POST", path, json={"base": shelf}), 403, "not-allowed")
    problem(house.ask("stranger", "POST", path, json={"base": shelf}), 404, "unknown-document")
    other = f"/api/v1/documents/{foreign['document']}/move"
    problem(house.ask("editor", "POST", other, json={"base": theirs["base"]}), 404, "unknown-document")
    narrow = house.key("owner", "write", bases=[theirs["base"]])
    problem(house.ask("nobody", "POST", path, key=narrow, json={"base": shelf}), 404, "unknown-base")
    problem(
        house.ask("nobody", "POST", path, key=house.key("owner", "read"), json={"base": shelf}), 403, "scope-missing"
    )
    house.services.accounts.roles.set(house.users["editor"].id, shelf, "editor")
    assert house.ask("editor", "POST", path, json={"base": shelf}).json()["base"] == shelf
    # It is the other base that counts from now on.
    for who in ("reader", "base owner"):
        for method, place in (("GET", ""), ("GET", "/chunks"), ("GET", "/original"), ("DELETE", ""), ("POST", "/move")):
            answer = house.ask(who, method, f"/api/v1/documents/{document}{place}", json={"base": "theirs"})
            problem(answer, 404, "unknown-document")
    body = {"question": "shelf营业收入为七百元？", "bases": ["theirs"]}
    hits = house.ask("reader", "POST", "/api/v1/search", json=body).json()["hits"]
    assert document not in {hit["document"] for hit in hits}


def test_what_was_answered_from_a_document_goes_out_of_sight_with_it(house: House) -> None:
    shelf, document = moved_between(house, "attic")
    body = {"question": "营业收入是多少？", "documents": [document]}
    answer = house.ask("reader", "POST", "/api/v1/ask", json=body).json()
    conversation = f"/api/v1/conversations/{answer['conversation']}"
    assert house.ask("reader", "GET", conversation).json()["turns"][0]["sources"]
    assert house.ask("owner", "POST", f"/api/v1/documents/{document}/move", json={"base": shelf}).status_code == 200
    (turn,) = house.ask("reader", "GET", conversation).json()["turns"]
    assert (turn["answer"], turn["sources"], turn["state"]) == ("", [], "erased")
    problem(house.ask("reader", "GET", f"/api/v1/runs/{answer['run']}/events"), 404, "unknown-run")
    roles = house.services.accounts.roles.of_user(house.users["reader"].id)
    assert house.services.conversations.history(answer["conversation"], lambda bases: set(bases) <= set(roles)) == ()
    narrow = house.key("reader", "ask", bases=[house.objects["theirs"]["base"]])
    problem(house.ask("nobody", "GET", conversation, key=narrow), 404, "unknown-conversation")
    house.ask("owner", "POST", f"/api/v1/documents/{document}/move", json={"base": "theirs"})
    assert house.ask("reader", "GET", conversation).json()["turns"][0]["sources"]


# Changes that no page of the session asked for.


@pytest.mark.parametrize("route", [r for r in routes() if NEEDS[r].scope is not None and not r.startswith("GET")])
def test_a_change_needs_the_token_of_the_sessions_pages(house: House, route: str) -> None:
    named = house.objects["theirs"] | {"conversation": "nothing", "run": "nothing"}
    others = house.services.accounts.sessions.resume(house.sessions["reader"])
    assert others is not None
    for headers in ({}, {CSRF_HEADER: ""}, {CSRF_HEADER: others.csrf}):
        answer = house.ask("owner", *filled(route, named), csrf=False, headers=headers, **body_of(route))
        assert answer.status_code == 403
        if NEEDS[route].proof == "header":
            problem(answer, 403, "page-stale")
        else:
            assert PageStale.template in answer.text


def test_a_stream_tells_of_no_foreign_document(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        seen = documents_told(house, "reader", lambda: house.publish("foreign", "theirs"), "theirs")
    assert seen == ["theirs"]


def test_an_answer_of_an_account_that_is_removed_is_stopped(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        user, catalog = house.users["reader"].id, house.services.library.catalog
        scope = Scopes((house.objects["theirs"]["base"],))
        run = house.services.runs.submit(Question("营业收入是多少？", scope), None, user=user)
        house.services.remove_user(user)
        assert run.cancel.is_set() or run.finished
        with pytest.raises(UnknownUser):
            house.services.runs.submit(Question("营业收入是多少？", scope), None, user=user)
        assert catalog.base("theirs")


def test_one_user_leaves_room_in_the_queue_for_others(tmp_path: Path) -> None:
    with services_in(tmp_path, queue_length=8) as services:  # nothing is answered: no thread runs
        user, other = (services.accounts.users.create(name, PASSWORD).id for name in ("li", "zhao"))
        question = Question("营业收入是多少？", Scopes(("default",)))
        for _ in range(2):
            services.runs.submit(question, None, user=user)
        with pytest.raises(QueueFull):
            services.runs.submit(question, None, user=user)
        services.runs.submit(question, None, user=other)


def test_an_account_that_is_removed_leaves_nothing_open(tmp_path: Path) -> None:
    with house_in(tmp_path) as house:
        asked, key = asked_by(house, "reader", house.objects["theirs"]["base"]), house.key("reader", "read")
        user = house.users["reader"].id
        problem(house.ask("base owner", "DELETE", f"/api/v1/users/{user}"), 403, "not-allowed")
        assert house.ask("owner", "DELETE", f"/api/v1/users/{user}").status_code == 204
        house.client.cookies.set("zhiwen_session", house.sessions["reader"])
        problem(house.client.get("/api/v1/me"), 401, "login-needed")
        problem(house.ask("", "GET", "/api/v1/me", key=key), 401, "key-refused")
        assert house.services.conversations.of_run(asked["run"]) is None
        problem(house.ask("owner", "DELETE", f"/api/v1/users/{house.users['owner'].id}"), 409, "owner-stays")
