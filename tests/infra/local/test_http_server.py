"""The HTTP server under all fakes: its lifetime, its errors, and the faults that need the connection."""

import gc
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, IncompleteRead
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from infra.local.http_server import (
    ConnectionReset,
    Exchange,
    HttpRequest,
    HttpServer,
    TruncatedResponse,
    function_app,
    read_request,
    watched,
)
from tests.infra.local.waiting import wait_until


def responding(response: Response) -> Starlette:
    async def respond(_: Any) -> Response:
        return response

    return Starlette(routes=[Route("/", respond)])


def get(server: HttpServer) -> HTTPConnection:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/")
    return connection


def test_a_reset_connection_is_not_closed_normally() -> None:
    with HttpServer(responding(ConnectionReset())) as server:
        connection = get(server)
        with pytest.raises(ConnectionResetError):
            connection.getresponse()
        connection.close()


def test_a_truncated_response_announces_more_than_it_sends() -> None:
    with HttpServer(responding(TruncatedResponse(b"0123456789"))) as server:
        connection = get(server)
        response = connection.getresponse()
        assert response.getheader("Content-Length") == "10"
        with pytest.raises(IncompleteRead) as error:
            response.read()
        assert error.value.partial == b"01234"
        connection.close()


def test_the_date_header_comes_from_the_clock() -> None:
    with HttpServer(responding(Response()), clock=lambda: 1_790_000_000.0) as server:
        connection = get(server)
        assert connection.getresponse().getheader("Date") == "Mon, 21 Sep 2026 14:13:20 GMT"
        connection.close()


def test_an_error_of_the_application_resets_the_connection_and_is_raised_by_stop() -> None:
    async def fail(*_: Any) -> None:
        raise ZeroDivisionError

    server = HttpServer(fail).start()
    connection = get(server)
    with pytest.raises((ConnectionResetError, HTTPException)):
        connection.getresponse()
    connection.close()
    with pytest.raises(RuntimeError, match="application failed") as error:
        server.stop()
    assert isinstance(error.value.__cause__, ZeroDivisionError)
    server.stop()


def test_the_port_is_bound_before_the_start_and_free_after_the_stop() -> None:
    server = HttpServer(responding(Response()))
    with pytest.raises(OSError, match="in use"):
        HttpServer(responding(Response()), server.port)
    with server:
        pass
    with HttpServer(responding(Response()), server.port) as again:
        assert again.port == server.port


def test_stopping_is_quick_and_closes_idle_connections() -> None:
    server = HttpServer(responding(Response())).start()
    connection = get(server)
    connection.getresponse().read()
    idle: socket.socket = connection.sock
    started = time.monotonic()
    server.stop()

    assert time.monotonic() - started < 1
    assert idle.recv(1) == b""
    connection.close()


def test_a_blocked_function_does_not_delay_other_requests() -> None:
    released = threading.Event()

    def answer(request: HttpRequest) -> Response:
        if request.path == "/blocked":
            released.wait(20)
        return Response(request.path)

    with HttpServer(function_app(answer)) as server:
        blocked = HTTPConnection("127.0.0.1", server.port, timeout=20)
        blocked.request("GET", "/blocked")
        connection = get(server)
        assert connection.getresponse().read() == b"/"
        released.set()
        connection.close()
        blocked.close()


def test_a_request_has_its_path_and_query_as_they_were_sent() -> None:
    requests: list[HttpRequest] = []

    async def app(scope: Any, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        requests.append(await read_request(scope, receive))
        await Response()(scope, receive, send)

    with HttpServer(app) as server:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("POST", "/a%20b?c=%C3%A9", b"body", {"X-One": "1"})
        connection.getresponse().read()
        connection.close()

    (request,) = requests
    assert (request.method, request.path, request.query) == ("POST", "/a%20b", "c=%C3%A9")
    assert (request.body, request.headers["x-one"], request.client) == (b"body", "1", "127.0.0.1")


@pytest.mark.parametrize("header", [("Content-Length", "11"), ("Transfer-Encoding", "chunked")])
def test_a_body_over_the_limit_or_without_a_length_is_refused(header: tuple[str, str]) -> None:
    with HttpServer(responding(Response()), max_body_bytes=10) as server:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.putrequest("POST", "/")
        connection.putheader(*header)
        connection.endheaders()
        assert connection.getresponse().status == 413
        connection.close()


def test_requests_are_watched_with_what_they_asked_for_and_how_they_ended() -> None:
    seen: list[Exchange] = []
    with HttpServer(responding(Response(status_code=204))) as fine, HttpServer(responding(ConnectionReset())) as broken:
        with watched(seen.append):
            for server in (fine, broken):
                connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
                connection.request("GET", "/?a=1", headers={"X-Amz-Target": "DynamoDB_20120810.GetItem"})
                with suppress(ConnectionResetError):
                    connection.getresponse().read()
                connection.close()
            assert wait_until(lambda: len(seen) == 2)
        get(fine).close()
    assert [(each.port, each.method, each.path, each.target, each.status) for each in seen] == [
        (fine.port, "GET", "/", "GetItem", 204),
        (broken.port, "GET", "/", "GetItem", None),
    ]
    assert all(0 <= each.seconds < 10 for each in seen)


def test_a_websocket_is_served_without_being_watched(caplog: pytest.LogCaptureFixture) -> None:
    async def refuse(_: Any, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        await receive()
        await send({"type": "websocket.close"})

    seen: list[Exchange] = []
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    with HttpServer(refuse) as server, watched(seen.append):
        connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
        connection.request("GET", "/", headers=upgrade | {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA=="})
        assert connection.getresponse().status == 403
        connection.close()
    assert (seen, caplog.messages) == ([], [])


def test_a_connection_that_arrives_during_the_stop_is_closed() -> None:
    busy, stopping = threading.Event(), threading.Event()

    async def block(scope: Any, receive: Any, send: Any) -> None:
        """Keeps the servers' event loop busy until both the connection and the stop wait for it."""
        busy.set()
        stopping.wait(10)
        time.sleep(0.2)
        await Response(status_code=204)(scope, receive, send)

    with HttpServer(block) as other, socket.create_connection(("127.0.0.1", other.port)) as first:
        server = HttpServer(responding(Response(status_code=204))).start()
        first.sendall(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
        assert busy.wait(10)
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as late:
            stopping.set()
            server.stop()
            with suppress(ConnectionResetError):
                assert late.recv(1) == b""
    gc.collect()
