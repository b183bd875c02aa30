"""Requests with a token: reads are repeated, a write leaves once, and once more only after a 401."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import httpx

from bot.errors import NotSent, NoyoRefused, SwitchboardError
from bot.noyo.auth import Grant, TokenCache
from bot.noyo.responses import MaskingContext, NoyoResponse, TokenRejected, parse_response
from bot.noyo.retry import with_retries
from bot.noyo.transport import HttpTransport
from bot.telemetry import LogEvent, log_event
from bot.usecases.ports.runtime import ClientCredentials, Clock, Secret

READ_TIMEOUTS = 2
"""A read, with all its tries and pauses, takes no longer than this many time-outs."""
TOKEN_SECONDS = 10.0


class Session:
    """Speaks JSON with Noyo's API. Thread-safe."""

    def __init__(
        self,
        http: HttpTransport,
        *,
        api_url: str,
        token_url: str,
        credentials: Secret[ClientCredentials],
        timeout_seconds: float,
        clock: Clock,
        sleep: Callable[[float], None],
        random: Callable[[], float],
    ) -> None:
        self._http = http
        self._api_url = api_url.rstrip("/")
        self._token_url = token_url
        self._credentials = credentials
        self._timeout = timeout_seconds
        self._clock = clock
        self._sleep = sleep
        self._random = random
        self._token = TokenCache(self._fetch_token, clock)

    @property
    def clock_difference(self) -> float | None:
        return self._http.clock_difference

    def read(self, path: str, query: Mapping[str, str] | None = None) -> object:
        """GET. Trouble that may pass is waited out; then NotSent, NoAnswer, Refused or UnreadableAnswer."""

        def once(left: float) -> object:
            answer = self._send("GET", path, query=query, within=left)
            return parse_response(answer, self._clock())

        return with_retries(
            once,
            seconds=READ_TIMEOUTS * self._timeout,
            clock=self._clock,
            sleep=self._sleep,
            random=self._random,
        )

    def write(
        self, method: str, path: str, body: object | None, shown: MaskingContext | None = None
    ) -> object:
        """POST or PUT, never repeated but after a 401. No body where `body` is None."""
        began, status = self._clock(), None
        try:
            answer = self._send(method, path, body=body)
            status = answer.status
        finally:
            took = round((self._clock() - began) * 1000)
            log_event(LogEvent.NOYO_CALLED, method=method, status=status, milliseconds=took)
        return parse_response(answer, self._clock(), shown)

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object | None = None,
        within: float | None = None,
    ) -> NoyoResponse:
        def with_token(token: str) -> NoyoResponse:
            headers = {"Authorization": f"Bearer {token}"}
            url = self._api_url + path
            request = httpx.Request(method, url, params=query, json=body, headers=headers)
            return self._http.send(request, reuse=method == "GET", within=within)

        token = self._token.current()
        answer = with_token(token)
        if answer.status == 401:
            answer = with_token(self._token.newer_than(token))
        _mind_the_pace(answer)
        if answer.status == 401:
            log_event(LogEvent.CREDENTIALS_REJECTED, service="noyo")
            raise TokenRejected("Noyo does not accept the token that it gave us, so nothing was done.")
        return answer

    def _fetch_token(self) -> Grant:
        """Credentials that Noyo refuses are read again: others may have taken their place."""
        try:
            credentials = self._credentials.value()
            try:
                return self._granted(credentials)
            except NoyoRefused:
                of_now = self._credentials.newer_than(credentials)
                if of_now is None:
                    raise
            return self._granted(of_now)
        except NoyoRefused as error:
            log_event(LogEvent.CREDENTIALS_REJECTED, service="noyo")
            raise TokenRejected(
                f"Noyo gave us no token ({error.status}): it does not accept Switchboard's client id and secret. "
                "Please tell whoever runs Switchboard."
            ) from error
        except SwitchboardError as error:
            # Whatever became of the request for a token: the request that needs it has not left.
            raise _no_token(error) from error

    def _granted(self, credentials: ClientCredentials) -> Grant:
        request = httpx.Request("POST", self._token_url, json={"grant_type": "client_credentials"})
        basic = httpx.BasicAuth(credentials.client_id, credentials.client_secret)
        answer = self._http.send(next(basic.auth_flow(request)), reuse=False, within=TOKEN_SECONDS)
        _mind_the_pace(answer)
        return _grant(parse_response(answer, self._clock()))


def _mind_the_pace(answer: NoyoResponse) -> None:
    if answer.status == 429:
        log_event(LogEvent.THROTTLED, service="noyo")


def _no_token(error: SwitchboardError) -> NotSent:
    wish = getattr(error, "retry_after", None)
    return NotSent(f"Noyo gave us no token, so nothing was sent. {error}", retry_after=wish)


def _grant(body: object) -> Grant:
    told = body if isinstance(body, dict) else {}
    token = told.get("access_token")
    if not isinstance(token, str) or not _fits_a_header(token):
        raise NotSent("There was no token in Noyo's answer.")
    return Grant(token, told.get("expires_in"))


def _fits_a_header(token: str) -> bool:
    return token.isascii() and token.isprintable() and token != "" and " " not in token
