"""One request and its answer over HTTP, with a time-out on everything and each fault translated."""

from __future__ import annotations

import logging
from email.utils import parsedate_to_datetime

import httpx

from bot.errors import NoAnswer, NotSent
from bot.noyo.responses import NoyoResponse
from bot.usecases.ports.runtime import Clock

MOST_BYTES = 8 * 1024 * 1024
LONGEST_CONNECT_SECONDS = 5.0
SHORTEST_SECONDS = 0.1

_NEVER_LEFT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
_HEADERS = {
    "Accept": "application/json",
    # A few kilobytes of JSON; so no answer can unfold to many times the size that came.
    "Accept-Encoding": "identity",
    "User-Agent": "noyo-switchboard",
}
_ON_THIS_MACHINE: dict[str, httpx.BaseTransport | None] = {
    # A proxy that the environment names is for the world outside.
    "all://127.0.0.1": None,
    "all://localhost": None,
    "all://[::1]": None,
}


class HttpTransport:
    """Sends requests; `transport` replaces the network, in tests.

    Reads share kept-alive connections. Writes and tokens go over a connection of their own: Noyo may close an idle one
    in the very moment it is used again, and then nobody can tell whether the write arrived.
    """

    def __init__(
        self, *, timeout_seconds: float, clock: Clock, transport: httpx.BaseTransport | None = None
    ) -> None:
        self._timeout = timeout_seconds
        self._clock = clock
        self.clock_difference: float | None = None
        """Noyo's clock less ours, in seconds, by the answer before; None where it did not tell."""
        for name in ("httpx", "httpcore"):
            # They log whole addresses, which hold carrier group ids, and more at DEBUG.
            logging.getLogger(name).setLevel(logging.WARNING)
        context = httpx.create_ssl_context() if transport is None else True
        self._reused, self._fresh = (
            httpx.Client(
                transport=transport,
                verify=context,
                mounts=_ON_THIS_MACHINE if transport is None else None,
                limits=httpx.Limits(max_connections=20, max_keepalive_connections=kept),
                follow_redirects=False,
            )
            for kept in (5, 0)
        )

    def close(self) -> None:
        self._reused.close()
        self._fresh.close()

    def send(self, request: httpx.Request, *, reuse: bool, within: float | None = None) -> NoyoResponse:
        """The answer, whatever its status. NotSent where nothing left us, NoAnswer where no whole success came back.

        It takes no longer than `within` seconds (the time-out, if that is shorter) once the connection stands; an
        answer that comes in drops is given up at most one time-out later.
        """
        seconds = self._timeout if within is None else max(SHORTEST_SECONDS, min(self._timeout, within))
        request.headers.update(_HEADERS)
        request.extensions = {**request.extensions, "timeout": _timeouts(seconds)}
        client = self._reused if reuse else self._fresh
        try:
            response = client.send(request, stream=True)
        except _NEVER_LEFT as error:
            raise NotSent("Noyo could not be reached, so nothing was sent.") from error
        except httpx.TransportError as error:
            raise _no_answer(error) from error
        self.clock_difference = _difference(response.headers.get("Date"), self._clock())
        try:
            return self._read(response, give_up_at=self._clock() + seconds)
        finally:
            response.close()

    def _read(self, response: httpx.Response, *, give_up_at: float) -> NoyoResponse:
        body, fault = bytearray(), None
        try:
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    fault = f"it is longer than {MOST_BYTES} bytes"
                    break
                if self._clock() > give_up_at:
                    raise httpx.ReadTimeout("the answer came too slowly")
        except httpx.DecodingError:
            fault = "it is not encoded as it says"
        except httpx.TransportError as error:
            if response.is_success:
                raise _no_answer(error) from error
            # The status has come, and says it all.
            fault = "it broke off"
        wish = response.headers.get("Retry-After")
        return NoyoResponse(response.status_code, bytes(body[:MOST_BYTES]), wish, fault)


def _difference(date: str | None, now: float) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp() - now if date else None
    except ValueError:
        return None


def _timeouts(seconds: float) -> dict[str, float | None]:
    soon = min(LONGEST_CONNECT_SECONDS, seconds)
    return httpx.Timeout(seconds, connect=soon, write=soon, pool=soon).as_dict()


def _no_answer(error: httpx.TransportError) -> NoAnswer:
    if isinstance(error, httpx.TimeoutException):
        return NoAnswer("Noyo did not answer in time.")
    return NoAnswer("The connection to Noyo broke before its answer was here.")
