"""The HTTP server for everything that runs on one machine: ASGI applications on uvicorn, at 127.0.0.1.

All servers of a process share one event loop in one thread. Blocking code runs in other threads (`asyncio.to_thread`).
"""

import asyncio
import atexit
import socket
import struct
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import formatdate
from functools import cache, partial
from typing import Any, Self, TypeVar

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

MAX_BODY_BYTES = 10_000_000
KEEP_ALIVE_SECONDS = 3600
"""Longer than any client keeps an idle connection, so that the server never closes one that is about to be used."""
STOP_SECONDS = 1.0
"""How long `stop` waits for requests in progress. Their connections are closed already."""

MAX_THREADS = 128

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that a server of this process has answered. `status` is None if it closed the connection instead.

    `port` is the server's, `target` the operation that an AWS client names, and `seconds` the time until the answer.
    """

    port: int
    method: str
    path: str
    target: str
    status: int | None
    seconds: float


_watchers: list[Callable[[Exchange], object]] = []


@contextmanager
def watched(see: Callable[[Exchange], object]) -> Iterator[None]:
    """Calls `see` after each HTTP request to any server of this process, while the block runs; not for WebSockets."""
    _watchers.append(see)
    try:
        yield
    finally:
        _watchers.remove(see)


class HttpServer:
    """Serves an ASGI application between `start` and `stop`; port 0 picks a free port.

    The port is bound at once, which raises OSError if it is taken. `clock` gives the time for the Date header.
    """

    def __init__(
        self,
        app: ASGIApp,
        port: int = 0,
        *,
        clock: Callable[[], float] = time.time,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        self._app, self._clock, self._max_body_bytes = app, clock, max_body_bytes
        self._socket = _listening_socket(port)
        self._connections = ServerState()
        self._listener: asyncio.Server | None = None
        self._errors: list[Exception] = []
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> Self:
        self._listener = _run(self._listen())
        return self

    def stop(self) -> None:
        """Closes all connections. Idempotent. Raises RuntimeError if the application raised while it served."""
        if self._listener is not None:
            _run(self._close(self._listener))
            self._listener = None
        self._socket.close()
        if self._errors:
            raise RuntimeError("the application failed while it answered a request") from self._errors.pop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _listen(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        config = Config(
            self._serve,
            http=_Protocol,
            ws="wsproto",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        config.load()
        connect = partial(_Protocol, config, self._connections, {}, loop)
        return await loop.create_server(connect, sock=self._socket)

    async def _close(self, listener: asyncio.Server) -> None:
        # Python up to 3.12 fails if the listener closes between the arrival of a connection and its registration,
        # which takes two passes of the loop, and leaves the connection open.
        asyncio.get_running_loop().remove_reader(self._socket)
        for _ in range(2):
            await asyncio.sleep(0)
        listener.close()
        for connection in list(self._connections.connections):
            connection.transport.abort()
        if self._connections.tasks:
            _, late = await asyncio.wait(self._connections.tasks, timeout=STOP_SECONDS)
            for task in late:
                task.cancel()

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Adds the Date header, refuses bodies without a length or over the limit, and keeps the errors."""
        started, status = time.monotonic(), None

        async def send_with_date(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                date = formatdate(self._clock(), usegmt=True).encode()
                message["headers"] = [*message["headers"], (b"date", date)]
            await send(message)

        app = self._app if _accepts_body(scope, self._max_body_bytes) else _BODY_REFUSED
        try:
            await app(scope, receive, send_with_date)
        except Exception as error:  # noqa: BLE001 - `stop` raises it, so that no test overlooks it
            self._errors.append(error)
            await ConnectionReset()(scope, receive, send)
        finally:
            if _watchers and scope["type"] == "http":
                self._report(scope, status, time.monotonic() - started)

    def _report(self, scope: Scope, status: int | None, seconds: float) -> None:
        target = Headers(scope=scope).get("x-amz-target", "").rpartition(".")[2]
        exchange = Exchange(self.port, scope["method"], scope["path"], target, status, seconds)
        for see in _watchers:
            see(exchange)


def _listening_socket(port: int) -> socket.socket:
    # asyncio turns Nagle's algorithm off only for sockets that name their protocol.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(128)
    except OSError:
        listening.close()
        raise
    return listening


def _accepts_body(scope: Scope, max_bytes: int) -> bool:
    headers = Headers(scope=scope)
    return "transfer-encoding" not in headers and int(headers.get("content-length", "0")) <= max_bytes


_BODY_REFUSED = Response(b'{"message":"Request Too Long"}', 413, {"Connection": "close"}, media_type="application/json")


class _Protocol(H11Protocol):
    """Gives the application its connection, in `scope["transport"]`, so that it can reset or close it."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._application = self.app
        self.app = self._with_transport

    async def _with_transport(self, scope: Any, receive: Any, send: Any) -> None:
        scope["transport"] = self.transport
        await self._application(scope, receive, send)


class ConnectionReset(Response):
    """Resets the connection (TCP RST) instead of sending a response."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        transport: asyncio.Transport = scope["transport"]
        with suppress(OSError):  # macOS refuses the option once the client has disconnected
            linger_zero = struct.pack("ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_zero)
        transport.abort()
        await _disconnected(receive)


class TruncatedResponse(Response):
    """Announces the whole body, sends half of it and closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": half, "more_body": True})
        scope["transport"].close()
        await _disconnected(receive)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request with its whole body. `path` and `query` are percent-encoded, as they were sent."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes
    client: str


async def read_request(scope: Scope, receive: Receive) -> HttpRequest:
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message["body"]
        if not message.get("more_body"):
            break
    return HttpRequest(
        scope["method"],
        scope["raw_path"].decode(),
        scope["query_string"].decode(),
        Headers(scope=scope),
        body,
        scope["client"][0],
    )


def function_app(answer: Callable[[HttpRequest], Response]) -> ASGIApp:
    """An application that answers each request with one function, which may block."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await asyncio.to_thread(answer, await read_request(scope, receive))
        await response(scope, receive, send)

    return app


def _run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Runs it on the servers' event loop and waits for its result."""
    return asyncio.run_coroutine_threadsafe(coroutine, _event_loop()).result()


@cache
def _event_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(MAX_THREADS, "http-request"))
    thread = threading.Thread(target=loop.run_forever, name="http-server", daemon=True)
    thread.start()

    def end() -> None:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()

    atexit.register(end)
    return loop
