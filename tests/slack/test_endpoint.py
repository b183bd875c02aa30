"""The Slack endpoint: which requests reach the app, and how they are read."""

from __future__ import annotations

import base64
import itertools
import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_bolt import BoltRequest, BoltResponse

from bot import policies
from bot.errors import SecretUnavailable
from bot.secrets import CachedSecret
from bot.slack.endpoint import Deadline, SlackEndpoint
from bot.usecases.ports.runtime import Clock
from infra.local.environment import SIGNING_SECRET
from tests.slack.incoming import FORM, command_body, event, interaction_body, signature
from tests.static_secret import StaticSecret

NOW = 1_790_000_000
NO_DEADLINE = Deadline(lambda: NOW)


class RecordingApp:
    """Records the requests that it receives."""

    def __init__(self) -> None:
        self.requests: list[BoltRequest] = []

    def dispatch(self, req: BoltRequest) -> BoltResponse:
        self.requests.append(req)
        return BoltResponse(status=200, body={"text": "seen"}, headers={"x-one": ["1"]})


@pytest.fixture
def app() -> RecordingApp:
    return RecordingApp()


@pytest.fixture
def endpoint(app: RecordingApp) -> SlackEndpoint:
    return SlackEndpoint(
        signing_secrets=StaticSecret((SIGNING_SECRET,)), build=lambda: app, clock=lambda: NOW, deadline=NO_DEADLINE
    )


def headers(**changes: str | None) -> dict[str, str]:
    values = event(command_body("help"), NOW)["headers"] | {
        name.replace("_", "-"): value for name, value in changes.items()
    }
    return {name: value for name, value in values.items() if value is not None}


def test_a_signed_request_reaches_the_app_and_its_response_is_returned(
    endpoint: SlackEndpoint, app: RecordingApp
) -> None:
    response = endpoint.handle(event(command_body("help"), NOW))
    assert (response["statusCode"], response["body"]) == (200, '{"text": "seen"}')
    assert response["headers"]["x-one"] == "1"
    assert app.requests[0].body["text"] == "help"


def test_the_example_in_slacks_documentation_is_accepted(app: RecordingApp) -> None:
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
    endpoint = SlackEndpoint(
        signing_secrets=StaticSecret(("8f742231b10e8888abcd99yyyzzz85a5",)),
        build=lambda: app,
        clock=lambda: at,
        deadline=NO_DEADLINE,
    )
    assert endpoint.handle({"headers": signed, "body": body})["statusCode"] == 200


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
def test_an_unsigned_request_is_rejected_without_a_reason(
    endpoint: SlackEndpoint, app: RecordingApp, given_headers: dict[str, str] | None
) -> None:
    response = endpoint.handle({**event(command_body("help"), NOW), "headers": given_headers})
    assert (response["statusCode"], response["body"]) == (401, "")
    assert app.requests == []


def test_the_age_of_a_signature_is_measured_with_the_given_clock(app: RecordingApp) -> None:
    """Slack's verifier shares one default clock between all its instances, the machine's."""
    now = int(time.time())
    for offset in (-policies.SLACK_REQUEST_MAX_AGE_SECONDS - 100, policies.SLACK_REQUEST_MAX_AGE_SECONDS + 100):
        endpoint = with_secrets(app, (SIGNING_SECRET,), clock=lambda at=now + offset: at)
        assert endpoint.handle(event(command_body("help"), now + offset))["statusCode"] == 200
        assert endpoint.handle(event(command_body("help"), now))["statusCode"] == 401


def test_the_signature_of_another_secret_is_rejected(endpoint: SlackEndpoint, app: RecordingApp) -> None:
    body = command_body("help")
    forged = headers(x_slack_signature=signature(body, str(NOW), "another-secret"))
    assert endpoint.handle({**event(body, NOW), "headers": forged})["statusCode"] == 401
    assert app.requests == []


def test_a_changed_body_is_rejected(endpoint: SlackEndpoint, app: RecordingApp) -> None:
    changed = {**event(command_body("help"), NOW), "body": base64.b64encode(command_body("status")).decode()}
    assert endpoint.handle(changed)["statusCode"] == 401
    assert app.requests == []


@pytest.mark.parametrize(
    "seconds", [-policies.SLACK_REQUEST_MAX_AGE_SECONDS, 0, policies.SLACK_REQUEST_MAX_AGE_SECONDS]
)
def test_a_signature_is_valid_for_five_minutes(endpoint: SlackEndpoint, seconds: int) -> None:
    assert endpoint.handle(event(command_body("help"), NOW + seconds))["statusCode"] == 200


@pytest.mark.parametrize(
    "seconds", [-policies.SLACK_REQUEST_MAX_AGE_SECONDS - 1, policies.SLACK_REQUEST_MAX_AGE_SECONDS + 1]
)
def test_a_signature_from_the_past_or_the_future_is_rejected(
    endpoint: SlackEndpoint, app: RecordingApp, seconds: int
) -> None:
    assert endpoint.handle(event(command_body("help"), NOW + seconds))["statusCode"] == 401
    assert app.requests == []


@pytest.mark.parametrize("broken", ["%%%", "é", "YQ=", 7, {"a": 1}])
def test_a_body_that_is_not_base64_is_rejected(endpoint: SlackEndpoint, app: RecordingApp, broken: Any) -> None:
    assert endpoint.handle({**event(b"", NOW), "body": broken})["statusCode"] == 400
    assert app.requests == []


def test_a_body_sent_as_text_is_read(endpoint: SlackEndpoint, app: RecordingApp) -> None:
    """The gateway sends text types as they are."""
    body = command_body("status Müller & Söhne")
    endpoint.handle({**event(body, NOW), "body": body.decode(), "isBase64Encoded": False})
    assert app.requests[0].body["text"] == "status Müller & Söhne"


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b"payload=",
        b"payload=not+json",
        b"payload=%7B",
        interaction_body([1]),
        interaction_body("text"),
        interaction_body(None),
        b"payload=" + b"[" * 100_000,
        interaction_body({"user": 7}),
        interaction_body({"authorizations": [7]}),
    ],
)
def test_a_signed_body_without_a_payload_is_rejected(endpoint: SlackEndpoint, app: RecordingApp, body: bytes) -> None:
    response = endpoint.handle(event(body, NOW))
    assert (response["statusCode"], response["body"]) == (400, "")
    assert app.requests == []


@pytest.mark.parametrize("text", ["payload", "status payload inc", "connect payload=1"])
def test_a_command_that_contains_the_word_payload_is_a_command(
    endpoint: SlackEndpoint, app: RecordingApp, text: str
) -> None:
    endpoint.handle(event(command_body(text), NOW))
    assert app.requests[0].body["text"] == text


def test_json_is_read_as_json(endpoint: SlackEndpoint, app: RecordingApp) -> None:
    endpoint.handle(event(b'{"type": "x"}', NOW, content_type="application/json; charset=utf-8"))
    assert app.requests[0].body == {"type": "x"}


def test_headers_that_control_bolt_are_not_passed_on(endpoint: SlackEndpoint, app: RecordingApp) -> None:
    """They are not signed: anyone who intercepts a request could skip the ack and run a listener by name."""
    request = event(command_body("help"), NOW)
    request["headers"] |= {"X-Slack-Bolt-Lazy-Only": "1", "x-slack-bolt-lazy-function-name": "listener"}
    endpoint.handle(request)
    assert not app.requests[0].lazy_only
    assert app.requests[0].lazy_function_name is None


def test_an_unreadable_request_is_logged_without_its_content(
    endpoint: SlackEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.handle(event(b"payload=secret-words", NOW))
    assert "cannot be read" in caplog.text
    assert "secret-words" not in caplog.text


def test_the_app_is_built_once_at_the_first_signed_request(app: RecordingApp) -> None:
    builds: list[int] = []

    def build() -> RecordingApp:
        builds.append(1)
        return app

    endpoint = SlackEndpoint(
        signing_secrets=StaticSecret((SIGNING_SECRET,)), build=build, clock=lambda: NOW, deadline=NO_DEADLINE
    )
    endpoint.handle({"headers": None, "body": None})
    assert builds == []
    endpoint.handle(event(command_body("help"), NOW))
    endpoint.handle(event(command_body("help"), NOW))
    assert builds == [1]


KEYS = st.sampled_from(
    "type user team view actions channel trigger_id api_app_id team_id authorizations event enterprise "
    "response_urls message command text value state container".split()
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | KEYS
JSON = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4))


@given(st.binary(max_size=300) | JSON.map(interaction_body) | JSON.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_signed_bytes_crash_the_endpoint(endpoint: SlackEndpoint, body: bytes) -> None:
    for content_type in (FORM, "application/json", ""):
        assert endpoint.handle(event(body, NOW, content_type=content_type))["statusCode"] < 500


# ---------------------------------------------------------------- secret rotation


def with_secrets(
    app: RecordingApp, *readings: tuple[str, ...] | Exception, clock: Clock = lambda: NOW
) -> SlackEndpoint:
    """Each reading of the secrets returns the next of these; the last one is repeated."""
    remaining = list(readings)

    def read() -> tuple[str, ...]:
        secrets = remaining.pop(0) if len(remaining) > 1 else remaining[0]
        if isinstance(secrets, Exception):
            raise secrets
        return secrets

    ticking = itertools.count(step=policies.SECRET_REREAD_SECONDS)
    cached = CachedSecret(read, lambda: float(next(ticking)))
    return SlackEndpoint(signing_secrets=cached, build=lambda: app, clock=clock, deadline=NO_DEADLINE)


def test_either_of_two_secrets_is_accepted(app: RecordingApp) -> None:
    for secrets in ((SIGNING_SECRET, "other"), ("other", SIGNING_SECRET)):
        assert with_secrets(app, secrets).handle(event(command_body("help"), NOW))["statusCode"] == 200


def test_a_signature_of_the_new_secret_is_accepted_after_reading_it_again(app: RecordingApp) -> None:
    endpoint = with_secrets(app, ("old",), (SIGNING_SECRET,))
    assert endpoint.handle(event(command_body("help"), NOW))["statusCode"] == 200
    assert len(app.requests) == 1


def test_a_signature_that_no_current_secret_made_is_rejected(app: RecordingApp) -> None:
    endpoint = with_secrets(app, ("old",), ("new",))
    assert endpoint.handle(event(command_body("help"), NOW))["statusCode"] == 401
    assert app.requests == []


def test_an_old_or_unsigned_request_reads_no_secret(app: RecordingApp) -> None:
    endpoint = with_secrets(
        app, AssertionError("the secret was read"), clock=lambda: NOW + policies.SLACK_REQUEST_MAX_AGE_SECONDS + 1
    )
    assert endpoint.handle(event(command_body("help"), NOW))["statusCode"] == 401
    assert endpoint.handle({"headers": {}, "body": "x"})["statusCode"] == 401


def test_without_a_readable_secret_requests_are_refused_without_a_reason(
    app: RecordingApp, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint = with_secrets(app, SecretUnavailable("The secret SECRET_SLACK_SIGNING cannot be read."))
    response = endpoint.handle(event(command_body("help"), NOW))
    assert (response["statusCode"], response["body"]) == (503, "")
    assert "SECRET_SLACK_SIGNING cannot be read" in caplog.text
    assert app.requests == []
