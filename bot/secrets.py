"""Secrets, read on first use and cached. A secret that was refused is read again, so it may change at any time.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html — one secret for each
purpose, with a JSON object as its text. No error, log entry or `repr` contains a secret's value.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NotConnected

from bot import policies
from bot.errors import DeadlineExceeded, SecretUnavailable
from bot.settings import Purpose, SecretAt
from bot.usecases.ports.runtime import ClientCredentials, Clock

T = TypeVar("T")
logger = logging.getLogger("switchboard")

_TRANSIENT = frozenset({"InternalServiceError", "InternalServiceErrorException", "ThrottlingException"})
_WHY = {
    "AccessDeniedException": "this function's role may not read it",
    "DecryptionFailure": "the key that it is encrypted with may not be used",
    "ResourceNotFoundException": "there is none of this name, or it has no value yet",
}


class SecretsClient(Protocol):
    def get_secret_value(self, **parameters: Any) -> dict[str, Any]: ...


class CachedSecret(Generic[T]):
    """A `Secret` that `read` fetches. Concurrent threads share one read."""

    def __init__(self, read: Callable[[], T], clock: Clock) -> None:
        self._read, self._clock = read, clock
        self._lock = threading.Lock()
        self._cached: list[T] = []
        """The cached value, if there is one."""
        self._asked_at: float | None = None
        self._error: str | None = None

    def value(self) -> T:
        with self._lock:
            if not self._cached:
                self._reread()
            elif not self._within(policies.SECRET_MAX_AGE_SECONDS):
                self._reread_if_possible()
            return self._cached[0]

    def newer_than(self, refused: T) -> T | None:
        with self._lock:
            if self._cached and self._cached[0] == refused:
                self._reread()
            return None if not self._cached or self._cached[0] == refused else self._cached[0]

    def _reread(self) -> None:
        """Reads at most once within some seconds and returns the same result in between."""
        if not self._within(policies.SECRET_REREAD_SECONDS):
            try:
                self._cached, self._error = [self._read()], None
            except SecretUnavailable as error:
                self._error = str(error)
                logger.error("a secret cannot be read", extra={"reason": self._error})
            self._asked_at = self._clock()
        if self._error is not None:
            raise SecretUnavailable(self._error)

    def _reread_if_possible(self) -> None:
        """The cached value is still current."""
        try:
            self._reread()
        except (SecretUnavailable, DeadlineExceeded):
            logger.warning("going on with a secret that was read some time ago")

    def _within(self, seconds: float) -> bool:
        return self._asked_at is not None and 0 <= self._clock() - self._asked_at < seconds


class Secrets:
    """The secrets in the settings. No client is created and nothing is read before a secret is used."""

    def __init__(
        self,
        at: Mapping[Purpose, SecretAt],
        make_client: Callable[[], SecretsClient],
        clock: Clock,
        begin: Callable[[], None] = lambda: None,
    ) -> None:
        """`begin` is called before each request, and raises if there is no time for one."""
        self._at, self._make_client, self._clock, self._begin = at, make_client, clock, begin

    @cached_property
    def slack_signing(self) -> CachedSecret[tuple[str, ...]]:
        """One secret, or two during a rotation."""
        return self._secret(Purpose.SLACK_SIGNING, lambda parts: parts.texts("signing_secrets"))

    @cached_property
    def slack_bot(self) -> CachedSecret[str]:
        return self._secret(Purpose.SLACK_BOT, lambda parts: parts.text("bot_token"))

    @cached_property
    def noyo_client(self) -> CachedSecret[ClientCredentials]:
        return self._secret(
            Purpose.NOYO_CLIENT, lambda parts: ClientCredentials(parts.text("client_id"), parts.text("client_secret"))
        )

    @cached_property
    def noyo_webhook(self) -> CachedSecret[tuple[str, ...]]:
        """One secret, or several during a rotation."""
        return self._secret(Purpose.NOYO_WEBHOOK, lambda parts: parts.texts("webhook_secrets"))

    def _secret(self, purpose: Purpose, made_of: Callable[[_Parts], T]) -> CachedSecret[T]:
        secret_id, plain = self._at[purpose].id, self._at[purpose].plain
        if secret_id is None:
            # The environment never changes, so no time passes for this secret.
            return CachedSecret(lambda: made_of(_Parts(purpose.value, plain)), lambda: 0.0)
        name = f"{purpose.value} ({secret_id})"
        return CachedSecret(lambda: made_of(_parsed(name, self._fetched(name, secret_id))), self._clock)

    @cached_property
    def _client(self) -> SecretsClient:
        return self._make_client()

    def _fetched(self, name: str, secret_id: str) -> object:
        for left in reversed(range(policies.SECRET_READ_ATTEMPTS)):
            self._begin()
            try:
                # Only this stage: a value that is being prepared is not current yet.
                answer = self._client.get_secret_value(SecretId=secret_id, VersionStage="AWSCURRENT")
            except (ClientError, BotoCoreError) as error:
                if left and _may_pass(error):
                    continue
                raise SecretUnavailable(f"The secret {name} cannot be read: {_why(error)}.") from error
            return answer.get("SecretString")
        raise AssertionError("unreachable")


class _Parts:
    """The secret's fields by name. Errors do not contain values."""

    def __init__(self, name: str, parts: Mapping[str, object]) -> None:
        self._name, self._parts = name, parts

    def text(self, part: str) -> str:
        value = self._parts.get(part)
        if not isinstance(value, str) or not value.strip():
            raise SecretUnavailable(f"The secret {self._name} holds no text as {part}.")
        return value.strip()

    def texts(self, part: str) -> tuple[str, ...]:
        """A list, or a text with commas."""
        value = self._parts.get(part)
        found = value.split(",") if isinstance(value, str) else value
        if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
            raise SecretUnavailable(f"The secret {self._name} holds no list of texts as {part}.")
        texts = tuple(text.strip() for text in found if text.strip())
        if not texts:
            raise SecretUnavailable(f"The secret {self._name} holds nothing as {part}.")
        return texts


def _parsed(name: str, text: object) -> _Parts:
    try:
        parts = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        parts = None  # Not `from error`, which holds the text.
    if not isinstance(parts, dict):
        raise SecretUnavailable(f"The secret {name} is not a JSON object as text.")
    return _Parts(name, parts)


def _may_pass(error: Exception) -> bool:
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return _code(error) in _TRANSIENT or status >= 500
    return isinstance(error, (HTTPClientError, NotConnected))


def _why(error: Exception) -> str:
    if isinstance(error, ClientError):
        code = _code(error)
        return _WHY.get(code, f"Secrets Manager refused ({code})")
    if _may_pass(error):
        return "Secrets Manager does not answer"
    return f"Secrets Manager cannot be reached ({type(error).__name__})"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
