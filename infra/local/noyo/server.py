"""infra/local/noyo: the sockets. HTTP/1.1 with keep-alive, and connections that can be cut."""

import socket
import socketserver
import struct
import sys
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, cast

from .desk import Cut, Reply

_MOST_BYTES = 1_000_000
# How often the accepting thread looks whether it is to stop, in seconds.
LOOK_EVERY = 0.02


class Answers(Protocol):
    def answer(self, method: str, target: str, headers: Mapping[str, str], raw: bytes) -> Reply: ...


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, publisher: Answers, clock: Callable[[], float] = time.time) -> None:
        self.publisher, self.clock = publisher, clock
        self.crashes: list[BaseException] = []
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    def server_bind(self) -> None:
        # HTTPServer would ask the resolver for this host's name, which may take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, *_: Any) -> None:
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, ConnectionError):
            self.crashes.append(error)

    def hang_up(self) -> None:
        """End the connections that clients keep alive, so that their threads end too."""
        with self._open_lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue  # the client was first


class _Dropped(Exception):
    """The connection is to be cut without an answer."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def handle(self) -> None:
        try:
            super().handle()
        except _Dropped:
            self._reset()

    def serve(self) -> None:
        told = self.headers.get("Content-Length", "0")
        size = int(told) if told.isdigit() and len(told) < 10 else _MOST_BYTES + 1
        if size > _MOST_BYTES or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._send(Reply(413, b'{"message": "The body is too large or has no length"}'))
            return
        raw = self.rfile.read(size)
        publisher = cast(Server, self.server).publisher
        reply = publisher.answer(self.command, self.path, cast(Mapping[str, str], self.headers), raw)
        if reply.cut is Cut.RESET:
            raise _Dropped
        self._send(reply)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve

    def _send(self, reply: Reply) -> None:
        truncated = reply.cut is Cut.TRUNCATED
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body[: len(reply.body) // 2] if truncated else reply.body)
        self.close_connection = self.close_connection or truncated

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(cast(Server, self.server).clock() if timestamp is None else timestamp)

    def _reset(self) -> None:
        """Close with a lingering time of zero: the kernel sends RST instead of an orderly end."""
        try:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            self.close_connection = True  # macOS refuses once the other side has gone
        self.rfile.close()
        self.wfile.close()
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged: addresses and bodies may be sensitive; see `requests` instead."""
