"""API keys: what they are for, and what they are refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.auth.keys import SCOPES, Scope
from app.auth.needs import NEEDS
from tests.support.house import House, asked_by, body_of, filled, house_in
from tests.support.served import problem


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house_in(tmp_path_factory.mktemp("house")) as made:
        yield made


def routes() -> list[str]:
    return sorted(NEEDS)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("route", [route for route in routes() if NEEDS[route].scope is not None])
def test_a_key_allows_its_scopes_and_no_more(house: House, route: str, scope: Scope) -> None:
    need = NEEDS[route]
    named = house.objects["theirs"] | {"conversation": "nothing", "run": "nothing"}
    if need.session:
        answer = house.ask("owner", *filled(route, named), key=house.key("owner", *SCOPES), **body_of(route))
        assert answer.status_code == 403
        if need.proof == "header":
            problem(answer, 403, "session-needed")
        return
    if scope == need.scope and (route.startswith("DELETE") or route.endswith("/events")):
        return  # there is one of each, and some streams have no end
    answer = house.ask("owner", *filled(route, named), key=house.key("owner", scope), **body_of(route))
    if scope == need.scope:
        assert answer.status_code not in (401, 403), answer.text
    else:
        assert answer.status_code == 403
        if answer.headers["content-type"] == "application/problem+json":
            assert answer.json()["title"] == "scope-missing"


def test_a_key_of_one_base_knows_no_other(house: House) -> None:
    theirs, foreign = house.objects["theirs"], house.objects["foreign"]
    key = house.key("owner", "read", "ask", "write", bases=["theirs"])
    asked = asked_by(house, "owner", foreign["base"])
    assert [base["name"] for base in house.ask("", "GET", "/api/v1/bases", key=key).json()] == ["theirs"]
    assert house.ask("", "GET", f"/api/v1/documents/{theirs['document']}", key=key).status_code == 200
    problem(house.ask("", "GET", f"/api/v1/documents/{foreign['document']}", key=key), 404, "unknown-document")
    problem(house.ask("", "POST", "/api/v1/bases", key=key, json={"name": "x"}), 403, "not-allowed")
    # What was asked of both is of both, whichever came last.
    follow_up = {"question": "比上年呢？", "bases": [theirs["base"]], "conversation": asked["conversation"]}
    assert house.ask("owner", "POST", "/api/v1/ask", json=follow_up).status_code == 200
    conversations = house.ask("", "GET", "/api/v1/conversations", key=key).json()
    assert asked["conversation"] not in {each["id"] for each in conversations}
    # Nor does it take up room among those that the key sees.
    paged = "/api/v1/conversations?limit=1&offset={}"
    parts = [house.ask("", "GET", paged.format(n), key=key).json() for n in range(len(conversations) + 1)]
    assert [each for part in parts for each in part] == conversations
    path = f"/api/v1/conversations/{asked['conversation']}"
    problem(house.ask("", "GET", path, key=key), 404, "unknown-conversation")


def test_a_key_is_never_more_than_its_user(house: House) -> None:
    key = house.key("reader", "read", "ask", "write")
    path = f"/api/v1/documents/{house.objects['theirs']['document']}"
    assert house.ask("", "GET", path, key=key).status_code == 200
    problem(house.ask("", "DELETE", path, key=key), 403, "not-allowed")


def test_a_revoked_key_opens_nothing(house: House) -> None:
    made = house.ask("reader", "POST", "/api/v1/keys", json={"name": "script", "scopes": ["read"]}).json()
    assert made["key"].startswith(f"zw_{made['id']}_")
    listed = house.ask("reader", "GET", "/api/v1/keys").json()
    assert made["id"] in {each["id"] for each in listed} and "key" not in listed[0]
    assert house.ask("", "GET", "/api/v1/me", key=made["key"]).json()["name"] == "reader"
    problem(house.ask("owner", "DELETE", f"/api/v1/keys/{made['id']}"), 404, "unknown-key")
    assert house.ask("reader", "DELETE", f"/api/v1/keys/{made['id']}").status_code == 204
    for wrong in (made["key"], made["key"][:-1], "zw_", "nonsense"):
        problem(house.ask("", "GET", "/api/v1/me", key=wrong), 401, "key-refused")


def test_only_the_owner_makes_keys_that_manage(house: House) -> None:
    body = {"name": "script", "scopes": ["admin"]}
    problem(house.ask("base owner", "POST", "/api/v1/keys", json=body), 403, "scope-refused")
    problem(
        house.ask("reader", "POST", "/api/v1/keys", json={"name": "k", "scopes": ["read"], "bases": ["foreign"]}),
        404,
        "unknown-base",
    )
