"""Makes each rare AWS call of the functions once, so that missing permissions are found before production."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from bot.domain.records import EntityKind, EntityRef
from bot.usecases.dependencies import Dependencies
from bot.usecases.records.ingest import ingest
from bot.usecases.records.poll import KINDS
from infra.local.noyo import Rules
from infra.stack.permissions import Permission
from tests.aws import worker_client
from tests.aws_calls import CALLS, acting
from tests.system import ANA, CONNECTIONS, GUARDIAN, GUS, System

WRITE = "dynamodb.TransactWriteItems"


@contextmanager
def lost_answers() -> Iterator[list[str]]:
    """Loses the first answer to every write that took effect, so that each write is repeated and its effect is read."""
    lost: list[str] = []

    def remember(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["token"] = params["ClientRequestToken"]

    def lose(context: dict[str, Any], **_: Any) -> None:
        if context["token"] not in lost:
            lost.append(context["token"])
            raise ConnectionClosedError(endpoint_url="the table")

    events = worker_client("dynamodb").meta.events
    events.register(f"provide-client-params.{WRITE}", remember)
    events.register(f"after-call.{WRITE}", lose)
    try:
        yield lost
    finally:
        events.unregister(f"after-call.{WRITE}", lose)
        events.unregister(f"provide-client-params.{WRITE}", remember)


def was_called(function: str, action: str, keys: str, resource: str = "Table") -> bool:
    return Permission(f"dynamodb:{action}", resource, keys) in CALLS[function]


def test_after_a_lost_answer_each_function_is_allowed_to_read_what_it_wrote() -> None:
    """The first polls post the first-run messages and park a row. A guest is refused, which is audited."""
    with System() as system, lost_answers() as lost:
        unreadable = system.noyo.add_connection(group_name="Unreadable")["id"]
        system.noyo.corrupt(unreadable, "status missing")
        system.poll()
        system.notify()
        system.slack.command(GUS, CONNECTIONS, "/noyo", "connect")
        system.request_connection()
        system.execute_due()
        system.notify()

        assert system.bot.repositories.polling.parked(EntityKind.CONNECTION)
        assert [request.method for request in system.writes()] == ["POST"]
    assert len(lost) > 10
    assert was_called("PollFunction", "GetItem", "PARKED_ROW#*")
    assert was_called("PollFunction", "GetItem", "OUTBOX#*")
    assert was_called("SlackFunction", "GetItem", "AUDIT#*")


def test_a_parked_row_that_can_be_read_again_is_removed() -> None:
    with System() as system:
        unreadable = system.noyo.add_connection(group_name="Unreadable")["id"]
        system.noyo.corrupt(unreadable, "status missing")
        system.poll()
        system.noyo.corrupt(unreadable, None)
        system.wait(2 * 24 * 3600)
        system.poll()

        assert not system.bot.repositories.polling.parked(EntityKind.CONNECTION)
        assert system.connection_record_state(unreadable)
    assert was_called("PollFunction", "DeleteItem", "PARKED_ROW#*")


def test_polling_unsorted_lists_reads_the_open_records() -> None:
    with System(rules=Rules(settle_script=None, honours_sort=False)) as system:
        for name in ("One", "Two", "Three"):
            system.noyo.add_connection(group_name=name, status="processing")
            system.wait(5)
        system.poll()
        system.wait(600)
        system.noyo.add_connection(group_name="Four", status="processing")
        system.poll()

        assert len(system.bot.repositories.records.open_records(EntityKind.CONNECTION)) == 4
    assert was_called("PollFunction", "Query", "connection", "Table/index/open")


def test_the_status_of_a_disconnection_shows_the_other_records_of_its_group() -> None:
    with System() as system:
        request = _add_record(system, EntityKind.DISCONNECTION)
        answer = system.slack.command(ANA, CONNECTIONS, "/noyo", f"status {request.key}")

        assert "Late" in str(answer)
    assert was_called("SlackFunction", "Query", "GROUP#*", "Table/index/group")


@pytest.mark.parametrize("function", ["PollFunction", "ExecuteOperationsFunction"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_late_version_of_a_record_is_added_to_its_history(function: str, kind: EntityKind) -> None:
    """Both functions ingest records, and either may receive an old version."""
    with System() as system:
        entity = _add_record(system, kind)
        store = system.bot.repositories
        record_state = store.records.record_state(entity)
        assert record_state is not None
        record = replace(record_state.record, version="0" * 32, modified=record_state.record.modified - 5)
        with acting(function):
            new = ingest(
                record,
                Dependencies(
                    clock=lambda: float(int(system.clock())),
                    new_id=str,
                    records=store.records,
                    operations=store.operations,
                    noyo=system.bot.noyo,
                ),
            )

        assert new
        assert len(store.records.history(entity, since=0)) == 2
    assert was_called(function, "ConditionCheckItem", f"{kind.name}#*")


def _add_record(system: System, kind: EntityKind) -> EntityRef:
    record = system.noyo.add_connection(group_name="Late", status="completed")
    if kind is EntityKind.DISCONNECTION:
        record = system.noyo.carrier_requests_disconnection(
            carrier_id=GUARDIAN, group_id=system.noyo.groups()[0]["id"], group_name="Late"
        )
    system.poll()
    return EntityRef(kind, record["id"])
