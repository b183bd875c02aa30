"""Tests of the secrets: read once, kept, read again when refused; each fault in words, and no value told."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, NoCredentialsError, ReadTimeoutError

from bot import policies
from bot.errors import DeadlineExceeded, SecretUnavailable
from bot.secrets import Secrets
from bot.settings import Purpose, SecretAt
from bot.usecases.ports.runtime import ClientCredentials
from tests.system import VirtualClock

VALUE = "do-not-tell-me"
KEPT = {purpose: SecretAt(f"switchboard/{purpose.name}") for purpose in Purpose}
HOLDS = {
    "switchboard/SLACK_SIGNING": {"signing_secrets": ["old", VALUE]},
    "switchboard/SLACK_BOT": {"bot_token": VALUE},
    "switchboard/NOYO_CLIENT": {"client_id": "us", "client_secret": VALUE},
    "switchboard/NOYO_WEBHOOK": {"webhook_secrets": [VALUE]},
}


def refusal(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "…"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "GetSecretValue")


class Manager:
    """Secrets Manager, with what it answers next; the last answer stays."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, Any]] = []

    def get_secret_value(self, **parameters: Any) -> dict[str, Any]:
        self.asked.append(parameters)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return {"SecretString": answer if isinstance(answer, str | None) else json.dumps(answer)}


def secrets_of(manager: Manager, clock: VirtualClock, begin: Callable[[], None] = lambda: None) -> Secrets:
    return Secrets(KEPT, lambda: manager, clock, begin)


def token(value: str) -> dict[str, str]:
    return {"bot_token": value}


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


def test_each_secret_is_read_from_its_own_place_as_its_parts(clock: VirtualClock) -> None:
    manager = Manager("")
    secrets = secrets_of(manager, clock)

    def read(purpose: str, secret: Any) -> object:
        manager.answers = [HOLDS[f"switchboard/{purpose}"]]
        value = secret.value()
        assert manager.asked[-1] == {"SecretId": f"switchboard/{purpose}", "VersionStage": "AWSCURRENT"}
        return value

    assert read("SLACK_SIGNING", secrets.slack_signing) == ("old", VALUE)
    assert read("SLACK_BOT", secrets.slack_bot) == VALUE
    assert read("NOYO_CLIENT", secrets.noyo_client) == ClientCredentials("us", VALUE)
    assert read("NOYO_WEBHOOK", secrets.noyo_webhook) == (VALUE,)


def test_nothing_is_asked_and_no_client_made_before_a_secret_is_used(clock: VirtualClock) -> None:
    def none() -> Manager:
        raise AssertionError("nobody asked for it")

    secrets = Secrets(KEPT, none, clock)
    assert secrets.slack_bot is secrets.slack_bot


def test_it_is_read_once_however_often_it_is_used(clock: VirtualClock) -> None:
    manager = Manager(token("one"))
    secret = secrets_of(manager, clock).slack_bot
    for _ in range(100):
        clock.now += 1
        assert secret.value() == "one"
    assert len(manager.asked) == 1


def test_what_was_refused_is_read_again_and_the_new_value_is_kept(clock: VirtualClock) -> None:
    manager = Manager(token("one"), token("two"))
    secret = secrets_of(manager, clock).slack_bot
    secret.value()
    clock.now += policies.SECRET_REREAD_SECONDS
    assert secret.newer_than("one") == "two"
    assert secret.value() == "two"
    assert len(manager.asked) == 2


def test_who_was_refused_with_an_older_value_gets_the_newer_one_without_a_reading(clock: VirtualClock) -> None:
    manager = Manager(token("two"))
    secret = secrets_of(manager, clock).slack_bot
    secret.value()
    assert secret.newer_than("one") == "two"
    assert len(manager.asked) == 1


def test_a_storm_of_refusals_is_no_storm_of_readings(clock: VirtualClock) -> None:
    manager = Manager(token("one"))
    secret = secrets_of(manager, clock).slack_bot
    secret.value()
    for _ in range(1000):
        clock.now += 0.03
        assert secret.newer_than("one") is None
    assert len(manager.asked) <= 1 + 30 / policies.SECRET_REREAD_SECONDS + 1


def test_a_storm_of_uses_of_what_cannot_be_read_is_no_storm_of_readings(clock: VirtualClock) -> None:
    manager = Manager(refusal("AccessDeniedException"))
    secret = secrets_of(manager, clock).slack_bot
    for _ in range(100):
        with pytest.raises(SecretUnavailable, match="may not read it"):
            secret.value()
    assert len(manager.asked) == 1


def test_what_could_not_be_read_is_read_once_it_can_be(clock: VirtualClock) -> None:
    manager = Manager(refusal("ResourceNotFoundException"), token("one"))
    secret = secrets_of(manager, clock).slack_bot
    with pytest.raises(SecretUnavailable):
        secret.value()
    clock.now += policies.SECRET_REREAD_SECONDS
    assert secret.value() == "one"


def test_a_secret_that_was_taken_out_is_not_accepted_for_ever(clock: VirtualClock) -> None:
    manager = Manager({"webhook_secrets": ["old", "new"]}, {"webhook_secrets": ["new"]})
    secret = secrets_of(manager, clock).noyo_webhook
    assert secret.value() == ("old", "new")
    clock.now += policies.SECRET_MAX_AGE_SECONDS
    assert secret.value() == ("new",)


def test_a_secret_that_cannot_be_read_anew_is_used_as_it_was(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    manager = Manager(token("one"), refusal("InternalServiceError", 500), refusal("InternalServiceError", 500))
    secret = secrets_of(manager, clock).slack_bot
    secret.value()
    clock.now += policies.SECRET_MAX_AGE_SECONDS
    assert secret.value() == "one"
    assert "going on with a secret" in caplog.text


@pytest.mark.parametrize(
    "passing",
    [
        refusal("ThrottlingException"),
        refusal("Whatever", 503),
        ReadTimeoutError(endpoint_url="https://secretsmanager.example"),
    ],
)
def test_what_may_pass_is_tried_once_more(clock: VirtualClock, passing: Exception) -> None:
    assert secrets_of(Manager(passing, token("one")), clock).slack_bot.value() == "one"


def test_with_no_time_left_nothing_is_asked_and_the_next_request_asks_at_once(clock: VirtualClock) -> None:
    manager, late = Manager(token("one")), [True]

    def begin() -> None:
        if late[0]:
            raise DeadlineExceeded

    secret = secrets_of(manager, clock, begin).slack_bot
    with pytest.raises(DeadlineExceeded):
        secret.value()
    assert manager.asked == []
    late[0] = False
    assert secret.value() == "one"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (refusal("AccessDeniedException"), "this function's role may not read it"),
        (refusal("ResourceNotFoundException"), "there is none of this name, or it has no value yet"),
        (refusal("DecryptionFailure"), "the key that it is encrypted with may not be used"),
        (refusal("InvalidRequestException"), "Secrets Manager refused (InvalidRequestException)"),
        (ReadTimeoutError(endpoint_url="https://x"), "Secrets Manager does not answer"),
        (NoCredentialsError(), "Secrets Manager cannot be reached (NoCredentialsError)"),
        (None, "is not a JSON object as text"),
        (VALUE, "is not a JSON object as text"),
        ([VALUE], "is not a JSON object as text"),
        ({"token": VALUE}, "holds no text as bot_token"),
        ({"bot_token": [VALUE]}, "holds no text as bot_token"),
        ({"bot_token": " "}, "holds no text as bot_token"),
    ],
)
def test_a_secret_that_cannot_be_used_is_named_with_the_reason_and_without_its_value(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture, answer: object, words: str
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SecretUnavailable) as raised:
        secrets_of(Manager(answer), clock).slack_bot.value()
    said = str(raised.value)
    assert said.startswith("The secret SECRET_SLACK_BOT (switchboard/SLACK_BOT) ")
    assert words in said
    assert VALUE not in caplog.text + "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"signing_secrets": []}, "holds nothing as signing_secrets"),
        ({"signing_secrets": ["", " "]}, "holds nothing as signing_secrets"),
        ({"signing_secrets": [VALUE, 5]}, "holds no list of texts as signing_secrets"),
        ({"signing_secrets": {"a": VALUE}}, "holds no list of texts as signing_secrets"),
        ({}, "holds no list of texts as signing_secrets"),
    ],
)
def test_a_list_of_secrets_must_be_one(clock: VirtualClock, content: object, words: str) -> None:
    with pytest.raises(SecretUnavailable) as raised:
        secrets_of(Manager(content), clock).slack_signing.value()
    assert words in str(raised.value)
    assert VALUE not in str(raised.value)


@pytest.mark.parametrize("written", [["one", "two"], [" one\n", "two", ""], "one,two", "one, two\n"])
def test_two_secrets_are_taken_as_people_write_them(clock: VirtualClock, written: object) -> None:
    manager = Manager({"signing_secrets": written})
    assert secrets_of(manager, clock).slack_signing.value() == ("one", "two")


def test_secrets_of_the_environment_are_taken_from_there_and_there_is_no_other(clock: VirtualClock) -> None:
    here = {
        Purpose.SLACK_SIGNING: SecretAt(plain={"signing_secrets": "a,b"}),
        Purpose.NOYO_WEBHOOK: SecretAt(plain={"webhook_secrets": ""}),
    }
    secrets = Secrets(here, lambda: Manager(""), clock)
    assert secrets.slack_signing.value() == ("a", "b")
    assert secrets.slack_signing.newer_than(("a", "b")) is None
    assert secrets.slack_signing.newer_than(("a",)) == ("a", "b")
    with pytest.raises(SecretUnavailable, match="SECRET_NOYO_WEBHOOK holds nothing as webhook_secrets"):
        secrets.noyo_webhook.value()


def test_no_secret_is_in_what_is_printed_of_it(clock: VirtualClock) -> None:
    secrets = secrets_of(Manager(token(VALUE)), clock)
    secrets.slack_bot.value()
    here = SecretAt(plain={"bot_token": VALUE})
    printed = [secrets, secrets.slack_bot, here, ClientCredentials("us", VALUE)]
    assert VALUE not in repr(printed) + str(printed)
