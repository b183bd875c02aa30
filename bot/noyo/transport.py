"""Requests to Noyo over HTTP: timeouts, translated errors, the access token, and retries of reads."""

from __future__ import annotations

import logging
import random as jitter
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from functools import partial

import httpx

from bot import policies
from bot.errors import NoAnswer, NotSent
from bot.noyo.auth import TokenCache, TokenEndpoint
from bot.noyo.responses import MaskingContext, NoyoResponse, TokenRejected, parse_response, retry_after_seconds
from bot.settings import NoyoSettings
from bot.telemetry import LogEvent, log_event
from bot.usecases.ports.runtime import ClientCredentials, Clock, Secret

_NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_HEADERS = {
    "Accept": "application/json",
    # Answers have a few kilobytes; without compression no answer can expand to many times its size.
    "Accept-Encoding": "identity",
    "User-Agent": "noyo-switchboard",
}
_LOCAL_ADDRESSES: dict[str, httpx.BaseTransport | None] = {
    # A proxy that the environment names does not apply to this machine.
    "all://127.0.0.1": None,
    "all://localhost": None,
    "all://[::1]": None,
}


class HttpTransport:
    """Sends single requests. `transport` replaces the network in tests.

    Reads share kept-alive connections. Writes and token requests each use a new connection: if Noyo closes an idle
    connection just as it is used again, the client cannot know whether the write arrived.
    """

    def __init__(self, *, timeout_seconds: float, clock: Clock, transport: httpx.BaseTransport | None = None) -> None:
        self._timeout = timeout_seconds
        self._clock = clock
        self.clock_difference: float | None = None
        """Noyo's clock minus ours, in seconds, from the latest answer; None if it had no usable `Date`."""
        for name in ("httpx", "httpcore"):
            # They log whole URLs, which contain carrier group ids, and more at DEBUG.
            logging.getLogger(name).setLevel(logging.WARNING)
        context = httpx.create_ssl_context() if transport is None else True
        self._keep_alive, self._single_use = (
            httpx.Client(
                transport=transport,
                verify=context,
                mounts=_LOCAL_ADDRESSES if transport is None else None,
                limits=httpx.Limits(max_connections=20, max_keepalive_connections=idle),
                follow_redirects=False,
            )
            for idle in (5, 0)
        )

    def close(self) -> None:
        self._keep_alive.close()
        self._single_use.close()

    def send(self, request: httpx.Request, *, reuse: bool, timeout: float | None = None) -> NoyoResponse:
        """The response, whatever its status. NotSent if nothing was sent, NoAnswer if no complete success arrived.

        It takes at most `timeout` seconds (or the client's timeout, if that is shorter) once connected. A response
        that arrives slowly is given up at most one timeout later.
        """
        seconds = self._timeout
        if timeout is not None:
            seconds = max(policies.NOYO_MIN_TIMEOUT_SECONDS, min(seconds, timeout))
        request.headers.update(_HEADERS)
        request.extensions = {**request.extensions, "timeout": _timeouts(seconds)}
        client = self._keep_alive if reuse else self._single_use
        try:
            response = client.send(request, stream=True)
        except _NOTHING_SENT as error:
            raise NotSent("Noyo could not be reached.") from error
        except httpx.TransportError as error:
            raise _no_answer(error) from error
        self.clock_difference = _clock_difference(response.headers.get("Date"), self._clock())
        if response.status_code == 429:
            log_event(LogEvent.THROTTLED, service="noyo")
        try:
            return self._read(response, deadline=self._clock() + seconds)
        finally:
            response.close()

    def _read(self, response: httpx.Response, *, deadline: float) -> NoyoResponse:
        body, body_error = bytearray(), None
        try:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > policies.NOYO_MAX_RESPONSE_BYTES:
                    body_error = f"it is longer than {policies.NOYO_MAX_RESPONSE_BYTES} bytes"
                    break
                if self._clock() > deadline:
                    raise httpx.ReadTimeout("the response arrived too slowly")
        except httpx.DecodingError:
            body_error = "its content encoding is invalid"
        except httpx.TransportError as error:
            if response.is_success:
                raise _no_answer(error) from error
            # The status has arrived, and it is what counts.
            body_error = "it is incomplete"
        content = bytes(body[: policies.NOYO_MAX_RESPONSE_BYTES])
        retry_after = retry_after_seconds(response.headers.get("Retry-After"), self._clock())
        return NoyoResponse(response.status_code, content, retry_after, body_error)


class NoyoSession:
    """Sends JSON requests with an access token. Thread-safe.

    A read is repeated after a temporary error, up to four times and within two timeouts. A write is sent once, and a
    second time only after a 401. `transport` replaces the network; `random` returns 0 to 1, for jitter.
    """

    def __init__(
        self,
        settings: NoyoSettings,
        credentials: Secret[ClientCredentials],
        *,
        clock: Clock,
        sleep: Callable[[float], None],
        transport: httpx.BaseTransport | None = None,
        random: Callable[[], float] = jitter.random,
    ) -> None:
        self._http = HttpTransport(timeout_seconds=settings.timeout_seconds, clock=clock, transport=transport)
        self._api_url = settings.api_url.rstrip("/")
        self._read_seconds = policies.NOYO_READ_TIMEOUTS * settings.timeout_seconds
        self._clock = clock
        self._sleep = sleep
        self._random = random
        send = partial(self._http.send, reuse=False, timeout=policies.NOYO_TOKEN_TIMEOUT_SECONDS)
        self._token = TokenCache(TokenEndpoint(settings.token_url, credentials, send).fetch, clock)

    def close(self) -> None:
        self._http.close()

    @property
    def clock_difference(self) -> float | None:
        """Noyo's clock minus ours, in seconds, from the latest answer; None before the first."""
        return self._http.clock_difference

    def read(self, path: str, query: Mapping[str, str] | None = None) -> object:
        """GET, retried; then NotSent, NoAnswer, NoyoRefused or UnreadableAnswer.

        The loop is written here because libraries for retries read the system's clock, not the one that is passed in.
        """
        deadline = self._clock() + self._read_seconds
        attempts = 0
        while True:
            attempts += 1
            try:
                response = self._send("GET", path, query=query, timeout=deadline - self._clock())
                return parse_response(response)
            except (NotSent, NoAnswer) as error:
                pause = _pause(attempts, error, self._random)
                is_last = attempts == policies.NOYO_READ_ATTEMPTS or self._clock() + pause >= deadline
                if isinstance(error, TokenRejected) or is_last:
                    raise
            self._sleep(pause)

    def write(self, method: str, path: str, body: object | None, masking: MaskingContext | None = None) -> object:
        """POST or PUT, never repeated except after a 401. `body` None sends no body."""
        start, status = self._clock(), None
        try:
            response = self._send(method, path, body=body)
            status = response.status
        finally:
            milliseconds = round((self._clock() - start) * 1000)
            log_event(LogEvent.NOYO_CALLED, method=method, status=status, milliseconds=milliseconds)
        return parse_response(response, masking)

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object | None = None,
        timeout: float | None = None,
    ) -> NoyoResponse:
        def send_with(token: str) -> NoyoResponse:
            headers = {"Authorization": f"Bearer {token}"}
            url = self._api_url + path
            request = httpx.Request(method, url, params=query, json=body, headers=headers)
            return self._http.send(request, reuse=method == "GET", timeout=timeout)

        token = self._token.current()
        response = send_with(token)
        if response.status == 401:
            response = send_with(self._token.newer_than(token))
        if response.status == 401:
            log_event(LogEvent.CREDENTIALS_REJECTED, service="noyo")
            raise TokenRejected("Noyo does not accept the access token that it issued, so nothing was done.")
        return response


def _pause(attempts: int, error: NotSent | NoAnswer, random: Callable[[], float]) -> float:
    """Doubles with each attempt, with jitter over its upper half; never shorter than Noyo's `Retry-After`."""
    longest: float = policies.NOYO_READ_FIRST_PAUSE_SECONDS * 2 ** (attempts - 1)
    return max(longest * (0.5 + random() / 2), error.retry_after or 0)


def _clock_difference(date: str | None, now: float) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() - now if date else None
    except ValueError:
        return None


def _timeouts(seconds: float) -> dict[str, float | None]:
    connect = min(policies.NOYO_MAX_CONNECT_SECONDS, seconds)
    return httpx.Timeout(seconds, connect=connect, write=connect, pool=connect).as_dict()


def _no_answer(error: httpx.TransportError) -> NoAnswer:
    if isinstance(error, httpx.TimeoutException):
        return NoAnswer("Noyo did not answer in time.")
    return NoAnswer("The connection to Noyo broke before its answer arrived.")
