"""Slack room tests: the door, from outside."""

from __future__ import annotations

import base64
import itertools
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_bolt import BoltRequest, BoltResponse

from bot.errors import SecretUnavailable
from bot.secrets import AGAIN_SECONDS, CachedSecret, StaticSecret
from bot.slack.deadline import Deadline
from bot.slack.endpoint import OLDEST_SECONDS, SlackEndpoint
from bot.usecases.ports.runtime import Clock
from infra.local.environment import SIGNING_SECRET
from tests.slack.incoming import FORM, event, payload, signature, typed

NOW = 1_790_000_000
FOR_EVER = Deadline(lambda: NOW)


class Notes:
    """An app that notes what came in."""

    def __init__(self) -> None:
        self.seen: list[BoltRequest] = []

    def dispatch(self, req: BoltRequest) -> BoltResponse:
        self.seen.append(req)
        return BoltResponse(status=200, body={"text": "seen"}, headers={"x-one": ["1"]})


@pytest.fixture
def app() -> Notes:
    return Notes()


@pytest.fixture
def door(app: Notes) -> SlackEndpoint:
    return SlackEndpoint(
        signing_secrets=StaticSecret((SIGNING_SECRET,)),
        build=lambda: app,
        clock=lambda: NOW,
        deadline=FOR_EVER,
    )


def headers(**changes: str | None) -> dict[str, str]:
    made = event(typed("help"), NOW)["headers"] | {
        name.replace("_", "-"): value for name, value in changes.items()
    }
    return {name: value for name, value in made.items() if value is not None}


def test_what_slack_signed_goes_in_and_its_answer_comes_out(door: SlackEndpoint, app: Notes) -> None:
    answer = door.handle(event(typed("help"), NOW))
    assert (answer["statusCode"], answer["body"]) == (200, '{"text": "seen"}')
    assert answer["headers"]["x-one"] == "1"
    assert app.seen[0].body["text"] == "help"


def test_slacks_own_example_of_a_signature_is_taken(app: Notes) -> None:
    """https://docs.slack.dev/authentication/verifying-requests-from-slack/"""
    at = 1531420618
    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&"
        "channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&"
        "response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signed = {
        "X-Slack-Request-Timestamp": str(at),
        "X-Slack-Signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        "Content-Type": FORM,
    }
    door = SlackEndpoint(
        signing_secrets=StaticSecret(("8f742231b10e8888abcd99yyyzzz85a5",)),
        build=lambda: app,
        clock=lambda: at,
        deadline=FOR_EVER,
    )
    assert door.handle({"headers": signed, "body": body})["statusCode"] == 200


@pytest.mark.parametrize(
    "given_headers",
    [
        None,
        {},
        headers(x_slack_signature=None),
        headers(x_slack_request_timestamp=None),
        headers(x_slack_signature=""),
        headers(x_slack_signature="v0="),
        headers(x_slack_signature="v0=" + "0" * 64),
        headers(x_slack_signature=headers()["x-slack-signature"].removeprefix("v0=")),
        headers(x_slack_signature="v0=é\ud800"),
        headers(x_slack_request_timestamp="yesterday"),
        headers(x_slack_request_timestamp="-1790000000"),
        headers(x_slack_request_timestamp="1790000000.0"),
        headers(x_slack_request_timestamp="\u0661\u0667"),
        headers(x_slack_request_timestamp="9" * 5000),
    ],
)
def test_what_is_not_signed_is_refused_without_a_word(
    door: SlackEndpoint, app: Notes, given_headers: dict[str, str] | None
) -> None:
    answer = door.handle({**event(typed("help"), NOW), "headers": given_headers})
    assert (answer["statusCode"], answer["body"]) == (401, "")
    assert app.seen == []


def test_another_secrets_signature_is_refused(door: SlackEndpoint, app: Notes) -> None:
    body = typed("help")
    forged = headers(x_slack_signature=signature(body, str(NOW), "another-secret"))
    assert door.handle({**event(body, NOW), "headers": forged})["statusCode"] == 401
    assert app.seen == []


def test_a_body_that_was_changed_on_the_way_is_refused(door: SlackEndpoint, app: Notes) -> None:
    changed = {**event(typed("help"), NOW), "body": base64.b64encode(typed("status")).decode()}
    assert door.handle(changed)["statusCode"] == 401
    assert app.seen == []


@pytest.mark.parametrize("seconds", [-OLDEST_SECONDS, 0, OLDEST_SECONDS])
def test_a_signature_serves_for_five_minutes(door: SlackEndpoint, seconds: int) -> None:
    assert door.handle(event(typed("help"), NOW + seconds))["statusCode"] == 200


@pytest.mark.parametrize("seconds", [-OLDEST_SECONDS - 1, OLDEST_SECONDS + 1])
def test_a_signature_from_long_ago_or_from_the_future_is_refused(
    door: SlackEndpoint, app: Notes, seconds: int
) -> None:
    assert door.handle(event(typed("help"), NOW + seconds))["statusCode"] == 401
    assert app.seen == []


@pytest.mark.parametrize("broken", ["%%%", "é", "YQ=", 7, {"a": 1}])
def test_a_body_that_is_no_base64_is_refused(door: SlackEndpoint, app: Notes, broken: Any) -> None:
    assert door.handle({**event(b"", NOW), "body": broken})["statusCode"] == 400
    assert app.seen == []


def test_a_body_that_comes_as_text_is_read_too(door: SlackEndpoint, app: Notes) -> None:
    """The gateway sends text types as they are."""
    body = typed("status Müller & Söhne")
    door.handle({**event(body, NOW), "body": body.decode(), "isBase64Encoded": False})
    assert app.seen[0].body["text"] == "status Müller & Söhne"


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b"payload=",
        b"payload=not+json",
        b"payload=%7B",
        payload([1]),
        payload("text"),
        payload(None),
        b"payload=" + b"[" * 100_000,
        payload({"user": 7}),
        payload({"authorizations": [7]}),
    ],
)
def test_a_signed_body_that_says_nothing_is_refused(door: SlackEndpoint, app: Notes, body: bytes) -> None:
    answer = door.handle(event(body, NOW))
    assert (answer["statusCode"], answer["body"]) == (400, "")
    assert app.seen == []


@pytest.mark.parametrize("text", ["payload", "status payload inc", "connect payload=1"])
def test_a_command_that_holds_the_word_payload_is_a_command(
    door: SlackEndpoint, app: Notes, text: str
) -> None:
    door.handle(event(typed(text), NOW))
    assert app.seen[0].body["text"] == text


def test_json_is_read_as_json(door: SlackEndpoint, app: Notes) -> None:
    door.handle(event(b'{"type": "x"}', NOW, content_type="application/json; charset=utf-8"))
    assert app.seen[0].body == {"type": "x"}


def test_headers_that_give_orders_to_bolt_do_not_get_through(door: SlackEndpoint, app: Notes) -> None:
    """They are not signed: with them anybody who caught a request could skip the ack and run a listener by name."""
    made = event(typed("help"), NOW)
    made["headers"] |= {"X-Slack-Bolt-Lazy-Only": "1", "x-slack-bolt-lazy-function-name": "listener"}
    door.handle(made)
    assert not app.seen[0].lazy_only
    assert app.seen[0].lazy_function_name is None


def test_what_cannot_be_read_is_noted_without_its_content(
    door: SlackEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    door.handle(event(b"payload=secret-words", NOW))
    assert "cannot be read" in caplog.text
    assert "secret-words" not in caplog.text


def test_the_app_is_built_at_the_first_signed_request_and_once(app: Notes) -> None:
    built: list[int] = []

    def build() -> Notes:
        built.append(1)
        return app

    door = SlackEndpoint(
        signing_secrets=StaticSecret((SIGNING_SECRET,)), build=build, clock=lambda: NOW, deadline=FOR_EVER
    )
    door.handle({"headers": None, "body": None})
    assert built == []
    door.handle(event(typed("help"), NOW))
    door.handle(event(typed("help"), NOW))
    assert built == [1]


KEYS = st.sampled_from(
    "type user team view actions channel trigger_id api_app_id team_id authorizations event enterprise "
    "response_urls message command text value state container".split()
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | KEYS
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4)
)


@given(st.binary(max_size=300) | JSON.map(payload) | JSON.map(lambda held: json.dumps(held).encode()))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_crash_the_door(door: SlackEndpoint, body: bytes) -> None:
    for content_type in (FORM, "application/json", ""):
        assert door.handle(event(body, NOW, content_type=content_type))["statusCode"] < 500


# ---------------------------------------------------------------- a secret that is replaced


def guarded(app: Notes, *readings: tuple[str, ...] | Exception, clock: Clock = lambda: NOW) -> SlackEndpoint:
    """A door whose secrets are the next of these whenever they are read, the last ones for ever."""
    left = list(readings)

    def read() -> tuple[str, ...]:
        found = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(found, Exception):
            raise found
        return found

    ticking = itertools.count(step=AGAIN_SECONDS)
    kept = CachedSecret(read, lambda: float(next(ticking)))
    return SlackEndpoint(signing_secrets=kept, build=lambda: app, clock=clock, deadline=FOR_EVER)


def test_two_secrets_are_as_good_as_one(app: Notes) -> None:
    for secrets in ((SIGNING_SECRET, "other"), ("other", SIGNING_SECRET)):
        assert guarded(app, secrets).handle(event(typed("help"), NOW))["statusCode"] == 200


def test_a_signature_that_does_not_fit_is_held_against_the_secret_of_now(app: Notes) -> None:
    door = guarded(app, ("old",), (SIGNING_SECRET,))
    assert door.handle(event(typed("help"), NOW))["statusCode"] == 200
    assert len(app.seen) == 1


def test_a_signature_that_fits_no_secret_of_now_is_refused(app: Notes) -> None:
    door = guarded(app, ("old",), ("new",))
    assert door.handle(event(typed("help"), NOW))["statusCode"] == 401
    assert app.seen == []


def test_what_is_too_old_or_has_no_signature_reads_no_secret(app: Notes) -> None:
    door = guarded(app, AssertionError("nobody asked for it"), clock=lambda: NOW + OLDEST_SECONDS + 1)
    assert door.handle(event(typed("help"), NOW))["statusCode"] == 401
    assert door.handle({"headers": {}, "body": "x"})["statusCode"] == 401


def test_where_the_secret_cannot_be_read_nothing_gets_in_and_nobody_is_told_why(
    app: Notes, caplog: pytest.LogCaptureFixture
) -> None:
    door = guarded(app, SecretUnavailable("The secret SECRET_SLACK_SIGNING cannot be read."))
    answer = door.handle(event(typed("help"), NOW))
    assert (answer["statusCode"], answer["body"]) == (503, "")
    assert "SECRET_SLACK_SIGNING cannot be read" in caplog.text
    assert app.seen == []
