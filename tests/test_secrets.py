"""Secrets are read once, cached and read again after a refusal. Errors give the reason and never the value."""

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
LOCATIONS = {purpose: SecretAt(f"switchboard/{purpose.name}") for purpose in Purpose}
CONTENTS = {
    "switchboard/SLACK_SIGNING": {"signing_secrets": ["old", VALUE]},
    "switchboard/SLACK_BOT": {"bot_token": VALUE},
    "switchboard/NOYO_CLIENT": {"client_id": "us", "client_secret": VALUE},
    "switchboard/NOYO_WEBHOOK": {"webhook_secrets": [VALUE]},
}


def refusal(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": "…"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "GetSecretValue")


class FakeSecretsManager:
    """A fake of Secrets Manager that gives these answers in order and then repeats the last one."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, Any]] = []

    def get_secret_value(self, **parameters: Any) -> dict[str, Any]:
        self.requests.append(parameters)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return {"SecretString": answer if isinstance(answer, str | None) else json.dumps(answer)}


def secrets_of(
    manager: FakeSecretsManager, clock: VirtualClock, check_deadline: Callable[[], None] = lambda: None
) -> Secrets:
    return Secrets(LOCATIONS, lambda: manager, clock, check_deadline)


def token(value: str) -> dict[str, str]:
    return {"bot_token": value}


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


def test_each_secret_is_read_by_its_own_id_and_parsed(clock: VirtualClock) -> None:
    manager = FakeSecretsManager("")
    secrets = secrets_of(manager, clock)

    def read(purpose: str, secret: Any) -> object:
        manager.answers = [CONTENTS[f"switchboard/{purpose}"]]
        value = secret.value()
        assert manager.requests[-1] == {"SecretId": f"switchboard/{purpose}", "VersionStage": "AWSCURRENT"}
        return value

    assert read("SLACK_SIGNING", secrets.slack_signing) == ("old", VALUE)
    assert read("SLACK_BOT", secrets.slack_bot) == VALUE
    assert read("NOYO_CLIENT", secrets.noyo_client) == ClientCredentials("us", VALUE)
    assert read("NOYO_WEBHOOK", secrets.noyo_webhook) == (VALUE,)


def test_no_client_is_created_and_nothing_is_read_before_a_secret_is_used(clock: VirtualClock) -> None:
    def fail() -> FakeSecretsManager:
        raise AssertionError("no secret was used")

    secrets = Secrets(LOCATIONS, fail, clock)
    assert secrets.slack_bot is secrets.slack_bot


def test_a_secret_is_read_once_however_often_it_is_used(clock: VirtualClock) -> None:
    manager = FakeSecretsManager(token("one"))
    secret = secrets_of(manager, clock).slack_bot
    for _ in range(100):
        clock.now += 1
        assert secret.value() == "one"
    assert len(manager.requests) == 1


def test_a_refused_secret_is_read_again_and_the_new_value_is_cached(clock: VirtualClock) -> None:
    manager = FakeSecretsManager(token("one"), token("two"))
    secret = secrets_of(manager, clock).slack_bot
    secret.value()
    clock.now += policies.SECRET_REREAD_SECONDS
    assert secret.newer_than("one") == "two"
    assert secret.value() == "two"
    assert len(manager.requests) == 2


def test_a_caller_refused_with_an_older_value_gets_the_cached_newer_value(clock: VirtualClock) -> None:
    manager = FakeSecretsManager(token("two"))
    secret = secrets_of(manager, clock).slack_bot
    secret.value()
    assert secret.newer_than("one") == "two"
    assert len(manager.requests) == 1


def test_many_refusals_cause_few_reads(clock: VirtualClock) -> None:
    manager = FakeSecretsManager(token("one"))
    secret = secrets_of(manager, clock).slack_bot
    secret.value()
    for _ in range(1000):
        clock.now += 0.03
        assert secret.newer_than("one") is None
    assert len(manager.requests) <= 1 + 30 / policies.SECRET_REREAD_SECONDS + 1


def test_many_uses_of_an_unreadable_secret_cause_one_read(clock: VirtualClock) -> None:
    manager = FakeSecretsManager(refusal("AccessDeniedException"))
    secret = secrets_of(manager, clock).slack_bot
    for _ in range(100):
        with pytest.raises(SecretUnavailable, match="may not read it"):
            secret.value()
    assert len(manager.requests) == 1


def test_an_unreadable_secret_is_read_again_after_an_interval(clock: VirtualClock) -> None:
    manager = FakeSecretsManager(refusal("ResourceNotFoundException"), token("one"))
    secret = secrets_of(manager, clock).slack_bot
    with pytest.raises(SecretUnavailable):
        secret.value()
    clock.now += policies.SECRET_REREAD_SECONDS
    assert secret.value() == "one"


def test_a_removed_secret_is_rejected_after_the_maximum_age(clock: VirtualClock) -> None:
    manager = FakeSecretsManager({"webhook_secrets": ["old", "new"]}, {"webhook_secrets": ["new"]})
    secret = secrets_of(manager, clock).noyo_webhook
    assert secret.value() == ("old", "new")
    clock.now += policies.SECRET_MAX_AGE_SECONDS
    assert secret.value() == ("new",)


def test_a_cached_secret_is_used_if_it_cannot_be_read_again(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture
) -> None:
    manager = FakeSecretsManager(
        token("one"), refusal("InternalServiceError", 500), refusal("InternalServiceError", 500)
    )
    secret = secrets_of(manager, clock).slack_bot
    secret.value()
    clock.now += policies.SECRET_MAX_AGE_SECONDS
    assert secret.value() == "one"
    assert "going on with a secret" in caplog.text


@pytest.mark.parametrize(
    "error",
    [
        refusal("ThrottlingException"),
        refusal("Whatever", 503),
        ReadTimeoutError(endpoint_url="https://secretsmanager.example"),
    ],
)
def test_a_transient_error_is_retried_once(clock: VirtualClock, error: Exception) -> None:
    assert secrets_of(FakeSecretsManager(error, token("one")), clock).slack_bot.value() == "one"


def test_with_no_time_left_nothing_is_read_and_the_next_request_reads_at_once(clock: VirtualClock) -> None:
    manager, deadline_passed = FakeSecretsManager(token("one")), [True]

    def check_deadline() -> None:
        if deadline_passed[0]:
            raise DeadlineExceeded

    secret = secrets_of(manager, clock, check_deadline).slack_bot
    with pytest.raises(DeadlineExceeded):
        secret.value()
    assert manager.requests == []
    deadline_passed[0] = False
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
def test_the_error_of_an_unusable_secret_has_its_name_and_the_reason_but_not_its_value(
    clock: VirtualClock, caplog: pytest.LogCaptureFixture, answer: object, words: str
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SecretUnavailable) as raised:
        secrets_of(FakeSecretsManager(answer), clock).slack_bot.value()
    message = str(raised.value)
    assert message.startswith("The secret SECRET_SLACK_BOT (switchboard/SLACK_BOT) ")
    assert words in message
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
def test_a_list_of_secrets_must_be_a_list_of_texts(clock: VirtualClock, content: object, words: str) -> None:
    with pytest.raises(SecretUnavailable) as raised:
        secrets_of(FakeSecretsManager(content), clock).slack_signing.value()
    assert words in str(raised.value)
    assert VALUE not in str(raised.value)


@pytest.mark.parametrize("written", [["one", "two"], [" one\n", "two", ""], "one,two", "one, two\n"])
def test_two_secrets_are_accepted_as_a_list_or_separated_by_commas(clock: VirtualClock, written: object) -> None:
    manager = FakeSecretsManager({"signing_secrets": written})
    assert secrets_of(manager, clock).slack_signing.value() == ("one", "two")


def test_secrets_in_the_environment_are_used_and_have_no_newer_value(clock: VirtualClock) -> None:
    locations = {
        Purpose.SLACK_SIGNING: SecretAt(plain={"signing_secrets": "a,b"}),
        Purpose.NOYO_WEBHOOK: SecretAt(plain={"webhook_secrets": ""}),
    }
    secrets = Secrets(locations, lambda: FakeSecretsManager(""), clock)
    assert secrets.slack_signing.value() == ("a", "b")
    assert secrets.slack_signing.newer_than(("a", "b")) is None
    assert secrets.slack_signing.newer_than(("a",)) == ("a", "b")
    with pytest.raises(SecretUnavailable, match="SECRET_NOYO_WEBHOOK holds nothing as webhook_secrets"):
        secrets.noyo_webhook.value()


def test_the_text_of_a_secret_object_does_not_contain_its_value(clock: VirtualClock) -> None:
    secrets = secrets_of(FakeSecretsManager(token(VALUE)), clock)
    secrets.slack_bot.value()
    location = SecretAt(plain={"bot_token": VALUE})
    printed = [secrets, secrets.slack_bot, location, ClientCredentials("us", VALUE)]
    assert VALUE not in repr(printed) + str(printed)
