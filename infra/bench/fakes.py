"""Fakes of Slack and AWS for the measured processes: they answer immediately and record the calls."""

import json
import threading
import time
from collections import Counter
from typing import Any

from starlette.responses import Response

from infra.local.http_server import HttpRequest, HttpServer, function_app

JSON = "application/x-amz-json-1.0"
MEMBER = {
    "pk": {"S": "USER#U0BENCH"},
    "sk": {"S": "USER"},
    "schema": {"N": "1"},
    "user_id": {"S": "U0BENCH"},
    "team_id": {"S": "T0LOCAL"},
    "is_guest": {"BOOL": False},
    "is_deactivated": {"BOOL": False},
    "is_bot": {"BOOL": False},
}


class Fakes:
    """One server for Slack's Web API and AWS; `calls` counts the calls since `reset`."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.operations: list[str] = []
        self._lock = threading.Lock()
        self._server = HttpServer(function_app(self._answer))
        self.url = self._server.url

    def __enter__(self) -> "Fakes":
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def reset(self) -> None:
        with self._lock:
            self.calls.clear()
            self.operations.clear()

    def _answer(self, request: HttpRequest) -> Response:
        target = request.headers.get("X-Amz-Target")
        name = target.partition(".")[2] if target else request.path.rpartition("/")[2]
        with self._lock:
            self.calls[name] += 1
            if name == "TransactWriteItems":
                self.operations += _operations(json.loads(request.body))
        body = json.dumps(_response(name, request.body)).encode()
        return Response(body, 202 if name == "invocations" else 200, media_type=JSON)


def member(now: int) -> dict[str, Any]:
    """The person who types, as the table holds them."""
    return MEMBER | {"read_at": {"N": str(now)}}


def _response(name: str, body: bytes) -> dict[str, Any]:
    if name == "GetItem" and json.loads(body)["Key"]["pk"] == MEMBER["pk"]:
        return {"Item": member(int(time.time()))}
    if name == "Query":
        return {"Items": [], "Count": 0, "ScannedCount": 0}
    if name == "auth.test":
        return {"ok": True, "user_id": "U0BOT", "team_id": "T0LOCAL", "bot_id": "B0BOT", "url": "https://x.slack.com/"}
    return {}


def _operations(body: dict[str, Any]) -> list[str]:
    """Keys of the operations that a transaction puts."""
    keys = [item.get("Put", {}).get("Item", {}).get("pk", {}).get("S", "") for item in body["TransactItems"]]
    return [key for key in keys if key.startswith("OPERATION#")]
