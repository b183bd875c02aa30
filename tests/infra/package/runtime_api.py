"""For tests: a fake of Lambda's Runtime API for one process of a function.

The process requests the next invocation, which blocks until there is one, and posts its response or its error.
"""

from __future__ import annotations

import json
import queue
import time
import uuid
from dataclasses import dataclass
from typing import Any, Self

from starlette.responses import Response

from infra.local.http_server import HttpRequest, HttpServer, function_app

PREFIX = "/2018-06-01/runtime"


@dataclass(frozen=True)
class Invocation:
    id: str
    event: Any
    seconds: float


@dataclass(frozen=True)
class Posted:
    """`kind` is response, error or init."""

    kind: str
    body: Any


class RuntimeApi:
    """Serves one invocation at a time."""

    def __init__(self, function: str) -> None:
        self._function = function
        self._next: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._server = HttpServer(function_app(self._answer))
        self.posted: queue.SimpleQueue[Posted] = queue.SimpleQueue()
        self.address = self._server.url.removeprefix("http://")

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._next.put(None)
        self._server.stop()

    def invoke(self, event: Any, seconds: float) -> None:
        self._next.put(Invocation(str(uuid.uuid4()), event, seconds))

    def _answer(self, request: HttpRequest) -> Response:
        path = request.path.removeprefix(PREFIX)
        if request.method == "GET" and path == "/invocation/next":
            invocation = self._next.get()
            return self._invocation(invocation) if invocation else Response(status_code=410)
        body = json.loads(request.body) if request.body else None
        kind = "init" if path == "/init/error" else path.rpartition("/")[2]
        self.posted.put(Posted(kind, body))
        return Response(b'{"status":"OK"}', 202, media_type="application/json")

    def _invocation(self, invocation: Invocation) -> Response:
        deadline = int((time.time() + invocation.seconds) * 1000)
        arn = f"arn:aws:lambda:us-east-1:000000000000:function:{self._function}"
        headers = {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": invocation.id,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": arn,
            "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000",
        }
        return Response(json.dumps(invocation.event), 200, headers)
