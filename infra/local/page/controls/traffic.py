"""What the parts of the local stack ask of one another: the latest requests, with their durations."""

from __future__ import annotations

from collections import deque

from infra.local.http_server import Exchange
from infra.local.slack.workspace import Json
from infra.local.stack import LocalStack

LIMIT = 400
"""How many of the latest requests to each part it remembers."""
SHOWN = 80


class Traffic:
    """Sees every request to Slack, Noyo, AWS and the bot, and remembers the latest of each."""

    def __init__(self, stack: LocalStack) -> None:
        self._parts = {port: name for name, port in stack.ports.items()}
        self._seen: dict[str, deque[tuple[int, Exchange]]] = {name: deque(maxlen=LIMIT) for name in stack.ports}
        self._count = 0

    def see(self, exchange: Exchange) -> None:
        part = self._parts.get(exchange.port)
        if part is not None:
            self._count += 1
            self._seen[part].append((self._count, exchange))

    def newest(self, parts: frozenset[str], containing: str = "") -> list[Json]:
        """The requests to these parts whose method, path or operation contains the text, newest first."""
        found = [
            (number, part, seen) for part in self._seen if part in parts for number, seen in list(self._seen[part])
        ]
        found = [each for each in found if containing.casefold() in _what(each[2]).casefold()]
        found.sort(key=lambda each: each[0], reverse=True)
        return [
            {
                "number": number,
                "part": part,
                "what": _what(seen),
                "status": "no answer" if seen.status is None else str(seen.status),
                "milliseconds": round(seen.seconds * 1000),
            }
            for number, part, seen in found[:SHOWN]
        ]


def _what(seen: Exchange) -> str:
    return seen.target or f"{seen.method} {seen.path}"
