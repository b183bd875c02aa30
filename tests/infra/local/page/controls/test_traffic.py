"""The latest requests to each part are remembered, newest first."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from infra.local.http_server import Exchange
from infra.local.page.controls.traffic import LIMIT, Traffic

PORTS: Any = SimpleNamespace(ports={"Noyo": 1, "AWS": 2})
BOTH = frozenset(("Noyo", "AWS"))


def exchange(port: int, path: str = "/", target: str = "", status: int | None = 200) -> Exchange:
    return Exchange(port, "PUT", path, target, status, 0.0123)


def test_requests_are_named_by_what_they_ask_for() -> None:
    traffic = Traffic(PORTS)
    traffic.see(exchange(1, "/api/v1/groups", status=None))
    traffic.see(exchange(2, target="GetItem"))
    traffic.see(exchange(3, "/another/server"))
    shown = [(each["part"], each["what"], each["status"], each["milliseconds"]) for each in traffic.newest(BOTH)]
    assert shown == [("AWS", "GetItem", "200", 12), ("Noyo", "PUT /api/v1/groups", "no answer", 12)]


def test_requests_are_chosen_by_part_and_by_text() -> None:
    traffic = Traffic(PORTS)
    traffic.see(exchange(1, "/retry"))
    traffic.see(exchange(1, "/other"))
    traffic.see(exchange(2, target="Query"))
    assert [each["what"] for each in traffic.newest(frozenset(("Noyo",)), "RETRY")] == ["PUT /retry"]
    assert traffic.newest(frozenset(("",))) == []


def test_many_requests_to_one_part_do_not_displace_those_to_another() -> None:
    traffic = Traffic(PORTS)
    traffic.see(exchange(1, "/first"))
    for _ in range(LIMIT + 1):
        traffic.see(exchange(2, target="Query"))
    assert [each["what"] for each in traffic.newest(frozenset(("Noyo",)))] == ["PUT /first"]
