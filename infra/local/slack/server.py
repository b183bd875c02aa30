"""Slack stand-in, server: the Web API and response_urls over real HTTP, with faults."""

import json
import os
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from .faults import Fault, Faults, Kind
from .office import Office
from .response_urls import respond
from .web_api import Answer, WebApi

RESPONSE_URL = "response_url"  # the name under which faults match response_urls


class SlackServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, context: Office, api: WebApi, faults: Faults) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.context, self.api, self.faults = context, api, faults
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news; anything else is a fault of the stand-in."""
        with self._open_lock:
            self._open.discard(request)
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Ends kept-alive connections too: nobody is answered after this."""
        self.stopping.set()
        self.shutdown()
        with self._open_lock:
            still_open = list(self._open)
        for connection in still_open:
            _hang_up(connection)
        self.server_close()


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it was gone already, which is what is wanted


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: SlackServer

    def date_time_string(self, timestamp: float | None = None) -> str:
        return super().date_time_string(self.server.context.world.clock() if timestamp is None else timestamp)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: `calls` is the record."""

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        name = parts.path.removeprefix("/api/")
        if name == parts.path:
            name = RESPONSE_URL
        fault = self.server.faults.take(name)
        if fault is None:
            self._answer(self._done(name, parts.path, parts.query, body))
        else:
            self._with_fault(fault, name, parts.path, parts.query, body)

    def _done(self, name: str, path: str, query: str, body: bytes) -> Answer:
        if name == RESPONSE_URL:
            return respond(self.server.context, path.lstrip("/"), body)
        return self.server.api.call(
            name,
            self.headers.get("Authorization") or "",
            self.headers.get("Content-Type") or "",
            query,
            body,
        )

    def _with_fault(self, fault: Fault, name: str, path: str, query: str, body: bytes) -> None:
        refusal = _refusal(fault)
        if refusal is not None:
            self._answer(self.server.api.refuse(name, refusal))
            return
        if fault.kind is Kind.DELAY:
            self.server.stopping.wait(fault.seconds)
        if fault.kind is Kind.RESET_BEFORE:
            self._reset()
            return
        answer = self._done(name, path, query, body)
        if fault.kind is Kind.RESET_AFTER:
            self._reset()
        else:
            self._answer(answer, truncated=fault.kind is Kind.TRUNCATED)

    def _answer(self, answer: Answer, truncated: bool = False) -> None:
        body = json.dumps(answer.body).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if truncated else body)
        self.close_connection = self.close_connection or truncated

    def _reset(self) -> None:
        """RST instead of FIN: the fd is closed at once, with nothing to linger for."""
        self.close_connection = True
        no_lingering = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_lingering)
        os.close(self.connection.detach())


def _refusal(fault: Fault) -> Answer | None:
    if fault.kind is Kind.RATE_LIMITED:
        wait = {"Retry-After": str(int(fault.seconds))}
        return Answer(429, {"ok": False, "error": "ratelimited"}, wait)
    if fault.kind is Kind.SERVER_ERROR:
        return Answer(fault.status, {"ok": False, "error": "internal_error"})
    if fault.kind is Kind.API_ERROR:
        return Answer(200, {"ok": False, "error": fault.error})
    return None
