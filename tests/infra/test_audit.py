"""The export of the audit trail: all of a period, in order, nothing twice; or it says that it is not all."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from bot.domain.audit import AuditEntry, Origin
from bot.domain.entities import connection_ref, person_ref
from bot.dynamodb import Repositories, RetryTiming, TimeoutPolicy, repositories_on
from bot.dynamodb.clients import aws_client
from infra import audit
from infra.local.table import create_table
from tests.aws import REGION, aws_here
from tests.dynamodb.made import uuid

TABLE = "trail"
SETTINGS = {"TABLE_NAME": TABLE, "AWS_REGION": REGION}
NOVEMBER = ("--from", "2026-11-01", "--to", "2026-11-30")
PATIENCE = TimeoutPolicy(connect=2, read=10, total=60)
HURRIED = RetryTiming(sleep=lambda _: None)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


LATER = at("2026-12-24T00:00:00")


@pytest.fixture
def client() -> Iterator[Any]:
    with aws_here():
        made = aws_client("dynamodb", region=REGION, endpoint_url=None, timeouts=PATIENCE)
        create_table(made, name=TABLE)
        yield made
        made.close()


@pytest.fixture
def store(client: Any) -> Repositories:
    return repositories_on(client, TABLE, PATIENCE, HURRIED)


def put(store: Repositories, entry_id: str, moment: str, **more: Any) -> None:
    store.audit.append(AuditEntry(entry_id, connection_ref(uuid(1)), at(moment), "U1", "denied", **more))


class Exported:
    def __init__(self, store: Repositories, arguments: tuple[str, ...], now: int) -> None:
        out, told = io.StringIO(), io.StringIO()
        self.status = audit.main(
            arguments, SETTINGS, out=out, told=told, clock=lambda: now, opened=lambda _: store.audit
        )
        self.lines = [json.loads(line) for line in out.getvalue().splitlines()]
        self.told = told.getvalue()

    @property
    def ids(self) -> list[str]:
        return [line["id"] for line in self.lines]


def export(store: Repositories, *arguments: str, now: int = LATER) -> Exported:
    return Exported(store, arguments or NOVEMBER, now)


def test_a_period_is_all_of_its_days_and_nothing_of_the_days_around_it(store: Repositories) -> None:
    for name, moment in [
        ("next month", "2026-12-01T00:00:00"),
        ("last second", "2026-11-30T23:59:59"),
        ("first second", "2026-11-01T00:00:00"),
        ("month before", "2026-10-31T23:59:59"),
        ("between", "2026-11-12T13:14:15"),
    ]:
        put(store, name, moment)

    exported = export(store)

    assert exported.ids == ["first second", "between", "last second"]
    assert exported.status == 0
    assert exported.told == "3 entries from 2026-11-01 to 2026-11-30 (UTC), complete.\n"


def test_a_line_holds_who_did_what_when_to_what_and_from_where(store: Repositories) -> None:
    details = (("wanted", "approve"), ("words", "Zoë 🏥"))
    put(store, "a1", "2026-11-12T13:14:15", origin=Origin("button", "C1"), details=details)

    assert export(store).lines == [
        {
            "id": "a1",
            "at": "2026-11-12T13:14:15Z",
            "who": "U1",
            "action": "denied",
            "about": str(connection_ref(uuid(1))),
            "way": "button",
            "channel": "C1",
            "details": {"wanted": "approve", "words": "Zoë 🏥"},
        }
    ]


def test_entries_about_different_subjects_stand_in_the_order_of_time(store: Repositories) -> None:
    for number, entity in enumerate(
        [person_ref("U2"), connection_ref(uuid(1)), person_ref("U1"), connection_ref(uuid(2))]
    ):
        store.audit.append(
            AuditEntry(f"e{number}", entity, at("2026-11-02T00:00:00") - number, None, "denied")
        )

    assert export(store).ids == ["e3", "e2", "e1", "e0"]


def test_an_empty_period_is_no_error(store: Repositories) -> None:
    exported = export(store)

    assert (exported.status, exported.lines) == (0, [])
    assert exported.told.startswith("0 entries")


def test_many_pages_are_read_to_the_end(store: Repositories, client: Any) -> None:
    long = "x" * 90_000
    for number in range(30):
        put(store, f"e{number:02d}", f"2026-11-02T00:00:{number:02d}", details=(("words", long),))
    asked: list[object] = []
    client.meta.events.register("before-call.dynamodb.Query", lambda **_: asked.append(1))

    exported = export(store, "--from", "2026-11-02", "--to", "2026-11-02")

    assert exported.ids == [f"e{number:02d}" for number in range(30)]
    assert len(asked) > 2


def test_what_is_too_young_is_left_to_a_later_run_and_said_so(store: Repositories) -> None:
    now = at("2026-11-12T12:00:00")
    put(store, "old", "2026-11-12T11:49:59")
    put(store, "young", "2026-11-12T11:50:00")

    exported = export(store, now=now)

    assert exported.ids == ["old"]
    assert "complete to 2026-11-12 11:50:00; what is younger is left to a later run" in exported.told
    assert export(store, now=now + 1).ids == ["old", "young"]


class Throttled:
    """A client whose queries are refused so many times."""

    def __init__(self, client: Any, times: int, after: int = 0) -> None:
        self._client, self._times, self._after = client, times, after

    def query(self, **parameters: Any) -> Any:
        self._after -= 1
        if self._after < 0 and self._times > 0:
            self._times -= 1
            error: Any = {
                "Error": {"Code": "ThrottlingException"},
                "ResponseMetadata": {"HTTPStatusCode": 400},
            }
            raise ClientError(error, "Query")
        return self._client.query(**parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def test_a_throttle_is_waited_out(store: Repositories, client: Any) -> None:
    put(store, "a1", "2026-11-02T00:00:00")
    throttled = repositories_on(Throttled(client, times=7), TABLE, PATIENCE, HURRIED)

    assert (export(throttled).status, export(throttled).ids) == (0, ["a1"])


def test_an_export_that_breaks_off_says_so_and_ends_with_another_status(
    store: Repositories, client: Any
) -> None:
    put(store, "a1", "2026-11-01T00:00:00")
    put(store, "a2", "2026-11-20T00:00:00")
    clock = iter(range(0, 10**6, 5))
    gone = repositories_on(
        Throttled(client, times=10**6, after=5),
        TABLE,
        PATIENCE,
        RetryTiming(clock=lambda: next(clock), sleep=lambda _: None),
    )

    exported = export(gone)

    assert (exported.status, exported.ids) == (1, ["a1"])
    assert "Broken off after 1 entries, so this is not all" in exported.told


def test_an_entry_of_a_newer_version_is_never_left_out_silently(store: Repositories, client: Any) -> None:
    put(store, "a1", "2026-11-02T00:00:00")
    item = client.scan(TableName=TABLE)["Items"][0]
    client.put_item(TableName=TABLE, Item=item | {"schema": {"N": "99"}})

    exported = export(store)

    assert exported.status == 1
    assert "newer version" in exported.told


@pytest.mark.parametrize(
    ("arguments", "environ", "fault"),
    [
        (("--from", "2026-11-30", "--to", "2026-11-01"), SETTINGS, "the last day lies before the first"),
        (NOVEMBER, {}, "TABLE_NAME is missing; AWS_REGION is missing"),
    ],
)
def test_what_cannot_be_meant_is_refused(arguments: tuple[str, ...], environ: Any, fault: str) -> None:
    told = io.StringIO()

    assert audit.main(arguments, environ, out=io.StringIO(), told=told) == 2
    assert fault in told.getvalue()


@pytest.mark.parametrize("day", ["", "11/01/2026", "2026-11-31", "yesterday"])
def test_a_day_that_is_none_is_refused(day: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        audit.main(["--from", day, "--to", "2026-11-30"], SETTINGS)

    assert ended.value.code == 2
    assert "--from" in capsys.readouterr().err


def test_a_day_begins_at_midnight_in_utc_and_each_entry_lies_on_one(store: Repositories) -> None:
    put(store, "a1", "2026-11-02T00:00:00")

    assert [one.id for one in store.audit.of_day(date(2026, 11, 2), before=LATER)] == ["a1"]
    assert list(store.audit.of_day(date(2026, 11, 1), before=LATER)) == []
