"""The access token: fetched with the client credentials, cached for at most ten minutes."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from bot import policies
from bot.errors import NotSent, NoyoRefused, SwitchboardError
from bot.noyo.responses import NoyoResponse, TokenRejected, parse_response
from bot.telemetry import LogEvent, log_event
from bot.usecases.ports.runtime import ClientCredentials, Clock, Secret

MIN_MILLISECONDS = 60_000
"""Noyo's documentation contradicts itself about the unit of `expires_in`. A number from here on is read as milliseconds
(a minute or more), a smaller one as seconds: a token that lives for less than a minute would be useless."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """The token endpoint's answer; `expires_in` exactly as received."""

    value: str
    expires_in: object


class TokenCache:
    """Returns the cached token; fetches another when it expired or Noyo rejected it. Threads share one fetch."""

    def __init__(self, fetch: Callable[[], AccessToken], clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._token: str | None = None
        self._since = self._until = 0.0

    def current(self) -> str:
        """A fresh token. Raises what `fetch` raises."""
        with self._lock:
            return self._fresh() or self._renew()

    def newer_than(self, rejected: str) -> str:
        """A token other than the rejected one; if another thread has fetched one already, that one."""
        with self._lock:
            token = self._fresh()
            return token if token and token != rejected else self._renew()

    def _fresh(self) -> str | None:
        # A clock that was set back must not extend a token's life.
        return self._token if self._since <= self._clock() < self._until else None

    def _renew(self) -> str:
        since = self._clock()
        token = self._fetch()
        self._token, self._since, self._until = token.value, since, since + cache_seconds(token.expires_in)
        return token.value


def cache_seconds(expires_in: object) -> float:
    """How long to cache a token with this `expires_in`, in seconds; the maximum if it is unusable."""
    number, longest = _number(expires_in), policies.NOYO_TOKEN_MAX_AGE_SECONDS
    if number is None:
        lifetime = longest
    elif number >= MIN_MILLISECONDS:
        lifetime = min(number / 1000, longest)
    else:
        lifetime = max(0.0, min(number, longest))
    return lifetime - min(policies.NOYO_TOKEN_RENEW_BEFORE_SECONDS, lifetime / 4)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """POST to the token URL with the client id and secret. `send` makes the HTTP request."""

    url: str
    credentials: Secret[ClientCredentials]
    send: Callable[[httpx.Request], NoyoResponse]

    def fetch(self) -> AccessToken:
        """A new token. TokenRejected if Noyo refuses the credentials; NotSent for anything else that goes wrong.

        Refused credentials are read again once, because they may have been rotated.
        """
        try:
            credentials = self.credentials.value()
            try:
                return self._request(credentials)
            except NoyoRefused:
                newer = self.credentials.newer_than(credentials)
                if newer is None:
                    raise
            return self._request(newer)
        except NoyoRefused as error:
            log_event(LogEvent.CREDENTIALS_REJECTED, service="noyo")
            raise TokenRejected(
                f"Noyo issued no access token ({error.status}): it does not accept Switchboard's client id and secret. "
                "Please tell your Switchboard admin."
            ) from error
        except SwitchboardError as error:
            # Whatever happened to the token request: the request that needs the token was not sent.
            raise NotSent(
                f"Noyo issued no access token. {error}", retry_after=getattr(error, "retry_after", None)
            ) from error

    def _request(self, credentials: ClientCredentials) -> AccessToken:
        request = httpx.Request("POST", self.url, json={"grant_type": "client_credentials"})
        basic = httpx.BasicAuth(credentials.client_id, credentials.client_secret)
        response = self.send(next(basic.auth_flow(request)))
        return _access_token(parse_response(response))


def _access_token(body: object) -> AccessToken:
    fields = body if isinstance(body, dict) else {}
    token = fields.get("access_token")
    if not isinstance(token, str) or not _fits_a_header(token):
        raise NotSent("Noyo's answer contained no access token.")
    return AccessToken(token, fields.get("expires_in"))


def _fits_a_header(token: str) -> bool:
    return token.isascii() and token.isprintable() and token != "" and " " not in token
