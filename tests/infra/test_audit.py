"""The export of the audit log: complete, in order and without duplicates, or it says that it is incomplete."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bot.domain.people import AuditEntry, Origin
from bot.domain.records import connection_ref, person_ref
from bot.dynamodb import Repositories, RetryTiming, TimeoutPolicy, repositories_on
from infra import audit
from infra.local.aws.table import create_table
from tests.aws import REGION, aws_here, worker_client
from tests.dynamodb.builders import uuid

TABLE = "audit"
SETTINGS = {"TABLE_NAME": TABLE, "AWS_REGION": REGION}
NOVEMBER = ("--from", "2026-11-01", "--to", "2026-11-30")
TIMEOUTS = TimeoutPolicy(connect=2, read=10, total=60)
WITHOUT_WAITING = RetryTiming(sleep=lambda _: None)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


LATER = at("2026-12-24T00:00:00")


@pytest.fixture
def client() -> Iterator[Any]:
    with aws_here():
        client = worker_client("dynamodb")
        create_table(client, name=TABLE)
        yield client


@pytest.fixture
def store(client: Any) -> Repositories:
    return repositories_on(client, TABLE, TIMEOUTS, WITHOUT_WAITING)


def append(store: Repositories, entry_id: str, moment: str, **more: Any) -> None:
    store.audit.append(AuditEntry(entry_id, connection_ref(uuid(1)), at(moment), "U1", "denied", **more))


class Exported:
    def __init__(self, store: Repositories, arguments: tuple[str, ...], now: int) -> None:
        out, messages = io.StringIO(), io.StringIO()
        self.status = audit.main(
            arguments, SETTINGS, out=out, messages=messages, clock=lambda: now, connect=lambda _: store.audit
        )
        self.lines = [json.loads(line) for line in out.getvalue().splitlines()]
        self.messages = messages.getvalue()

    @property
    def ids(self) -> list[str]:
        return [line["id"] for line in self.lines]


def export(store: Repositories, *arguments: str, now: int = LATER) -> Exported:
    return Exported(store, arguments or NOVEMBER, now)


def test_an_export_contains_all_entries_of_its_days_and_no_others(store: Repositories) -> None:
    for name, moment in [
        ("next month", "2026-12-01T00:00:00"),
        ("last second", "2026-11-30T23:59:59"),
        ("first second", "2026-11-01T00:00:00"),
        ("month before", "2026-10-31T23:59:59"),
        ("between", "2026-11-12T13:14:15"),
    ]:
        append(store, name, moment)

    exported = export(store)

    assert exported.ids == ["first second", "between", "last second"]
    assert exported.status == 0
    assert exported.messages == "3 entries from 2026-11-01 to 2026-11-30 (UTC), complete.\n"


def test_a_line_contains_time_actor_action_entity_and_origin(store: Repositories) -> None:
    details = (("wanted", "approve"), ("words", "Zoë 🏥"))
    append(store, "a1", "2026-11-12T13:14:15", origin=Origin("button", "C1"), details=details)

    assert export(store).lines == [
        {
            "id": "a1",
            "at": "2026-11-12T13:14:15Z",
            "actor": "U1",
            "action": "denied",
            "entity": str(connection_ref(uuid(1))),
            "source": "button",
            "channel": "C1",
            "details": {"wanted": "approve", "words": "Zoë 🏥"},
        }
    ]


def test_entries_about_different_entities_are_in_order_of_time(store: Repositories) -> None:
    for number, entity in enumerate(
        [person_ref("U2"), connection_ref(uuid(1)), person_ref("U1"), connection_ref(uuid(2))]
    ):
        store.audit.append(AuditEntry(f"e{number}", entity, at("2026-11-02T00:00:00") - number, None, "denied"))

    assert export(store).ids == ["e3", "e2", "e1", "e0"]


def test_an_empty_period_is_not_an_error(store: Repositories) -> None:
    exported = export(store)

    assert (exported.status, exported.lines) == (0, [])
    assert exported.messages.startswith("0 entries")


def test_all_pages_are_read(store: Repositories, client: Any) -> None:
    long = "x" * 90_000
    for number in range(30):
        append(store, f"e{number:02d}", f"2026-11-02T00:00:{number:02d}", details=(("words", long),))
    queries: list[object] = []
    counted = ("before-call.dynamodb.Query", lambda **_: queries.append(1))
    client.meta.events.register(*counted)

    exported = export(store, "--from", "2026-11-02", "--to", "2026-11-02")

    client.meta.events.unregister(*counted)

    assert exported.ids == [f"e{number:02d}" for number in range(30)]
    assert len(queries) > 2


def test_the_newest_entries_are_reported_as_left_to_a_later_run(store: Repositories) -> None:
    now = at("2026-11-12T12:00:00")
    append(store, "old", "2026-11-12T11:49:59")
    append(store, "young", "2026-11-12T11:50:00")

    exported = export(store, now=now)

    assert exported.ids == ["old"]
    assert "complete up to 2026-11-12 11:50:00; a later run exports newer entries" in exported.messages
    assert export(store, now=now + 1).ids == ["old", "young"]


class Throttled:
    """A client whose queries are throttled `times` times, from query number `after` on."""

    def __init__(self, client: Any, times: int, after: int = 0) -> None:
        self._client, self._times, self._after = client, times, after

    def query(self, **parameters: Any) -> Any:
        self._after -= 1
        if self._after < 0 and self._times > 0:
            self._times -= 1
            error: Any = {"Error": {"Code": "ThrottlingException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
            raise ClientError(error, "Query")
        return self._client.query(**parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def test_a_throttled_query_is_repeated(store: Repositories, client: Any) -> None:
    append(store, "a1", "2026-11-02T00:00:00")
    throttled = repositories_on(Throttled(client, times=7), TABLE, TIMEOUTS, WITHOUT_WAITING)

    assert (export(throttled).status, export(throttled).ids) == (0, ["a1"])


def test_an_incomplete_export_says_so_and_exits_with_status_1(store: Repositories, client: Any) -> None:
    append(store, "a1", "2026-11-01T00:00:00")
    append(store, "a2", "2026-11-20T00:00:00")
    clock = iter(range(0, 10**6, 5))
    unavailable = repositories_on(
        Throttled(client, times=10**6, after=5),
        TABLE,
        TIMEOUTS,
        RetryTiming(clock=lambda: next(clock), sleep=lambda _: None),
    )

    exported = export(unavailable)

    assert (exported.status, exported.ids) == (1, ["a1"])
    assert "Incomplete: stopped after 1 entries" in exported.messages


def test_an_entry_of_a_newer_schema_makes_the_export_incomplete(store: Repositories, client: Any) -> None:
    append(store, "a1", "2026-11-02T00:00:00")
    item = client.scan(TableName=TABLE)["Items"][0]
    client.put_item(TableName=TABLE, Item=item | {"schema": {"N": "99"}})

    exported = export(store)

    assert exported.status == 1
    assert "newer version" in exported.messages


@pytest.mark.parametrize(
    ("arguments", "environ", "fault"),
    [
        (("--from", "2026-11-30", "--to", "2026-11-01"), SETTINGS, "the last day is before the first"),
        (NOVEMBER, {}, "TABLE_NAME is missing; AWS_REGION is missing"),
    ],
)
def test_an_impossible_period_or_a_missing_setting_is_refused(
    arguments: tuple[str, ...], environ: Any, fault: str
) -> None:
    messages = io.StringIO()

    assert audit.main(arguments, environ, out=io.StringIO(), messages=messages) == 2
    assert fault in messages.getvalue()


@pytest.mark.parametrize("day", ["", "11/01/2026", "2026-11-31", "yesterday"])
def test_an_invalid_date_is_refused(day: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        audit.main(["--from", day, "--to", "2026-11-30"], SETTINGS)

    assert exit_.value.code == 2
    assert "--from" in capsys.readouterr().err


def test_a_day_begins_at_midnight_utc_and_each_entry_belongs_to_one_day(store: Repositories) -> None:
    append(store, "a1", "2026-11-02T00:00:00")

    assert [entry.id for entry in store.audit.of_day(date(2026, 11, 2), before=LATER)] == ["a1"]
    assert list(store.audit.of_day(date(2026, 11, 1), before=LATER)) == []
