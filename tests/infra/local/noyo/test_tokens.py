"""The token endpoint, and which tokens are valid."""

from dataclasses import replace

import pytest

from infra.local.noyo import NoyoFake
from tests.infra.local.noyo.calling import Caller, Clock


def test_the_right_credentials_get_a_token_shaped_like_a_jwt(call: Caller) -> None:
    answer = call.request_token()
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"
    assert answer.json()["access_token"].count(".") == 2


def test_the_lifetime_of_a_token_is_in_milliseconds(call: Caller) -> None:
    assert call.request_token().json()["expires_in"] == 600_000


def test_a_rule_gives_the_lifetime_of_a_token_in_seconds(noyo: NoyoFake, call: Caller) -> None:
    noyo.rules = replace(noyo.rules, expires_in_unit="s", token_life_seconds=90)
    assert call.request_token().json()["expires_in"] == 90


@pytest.mark.parametrize("auth", [None, ("client", "wrong"), ("someone", "secret"), ("", "")])
def test_wrong_credentials_get_no_token(call: Caller, auth: tuple[str, str] | None) -> None:
    assert call.request_token(auth=auth).status_code == 401


def test_credentials_that_are_not_base64_get_no_token(call: Caller) -> None:
    answer = call.request_token(auth=None, headers={"Authorization": "Basic %%%"})
    assert answer.status_code == 401


@pytest.mark.parametrize("body", [{}, {"grant_type": "password"}, ["client_credentials"]])
def test_another_grant_gets_no_token(call: Caller, body: object) -> None:
    assert call.request_token(json=body).status_code == 400


def test_a_form_instead_of_json_gets_no_token(call: Caller) -> None:
    answer = call.request_token(json=None, data={"grant_type": "client_credentials"})
    assert answer.status_code == 415


def test_a_token_is_issued_only_for_post(noyo: NoyoFake, call: Caller) -> None:
    assert call.http.get(noyo.token_url, auth=("client", "secret")).status_code == 405


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer abc", "Bearer a.b.c", "Basic Y2xpZW50OnNlY3JldA=="]
)
def test_a_missing_malformed_or_unknown_token_is_refused(
    noyo: NoyoFake, call: Caller, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = call.http.get(f"{noyo.api_url}/api/v1/group_connections", headers=headers)
    assert answer.status_code == 401
    assert answer.json()["message"]


def test_a_token_expires_at_the_end_of_its_lifetime(call: Caller, clock: Clock) -> None:
    call.token()
    clock.advance(599)
    assert call.get("/group_connections").status_code == 200
    clock.advance(1)
    assert call.get("/group_connections").status_code == 401


def test_all_tokens_can_be_expired(noyo: NoyoFake, call: Caller) -> None:
    call.token()
    noyo.expire_tokens()
    assert call.request().status_code == 401
    assert noyo.connections() == []


def test_a_ping_needs_no_token(noyo: NoyoFake, call: Caller) -> None:
    assert call.http.get(f"{noyo.api_url}/ping").status_code == 200


def test_a_replaced_client_gets_no_token_and_its_tokens_expire(noyo: NoyoFake, call: Caller) -> None:
    assert call.get("/group_connections").status_code == 200
    noyo.replace_client("client", "new")
    assert call.get("/group_connections").status_code == 401
    assert call.request_token().status_code == 401
    assert call.request_token(("client", "new")).status_code == 200
