"""Items, buttons and forms of older versions can still be read and used."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain.operations import OperationKind
from bot.domain.outbox import EventKind
from bot.domain.records import EntityKind
from bot.dynamodb.schema import SCHEMA
from bot.errors import UnknownSchema
from bot.slack.features import away, connect, disconnect, handover, retry, second_approval
from bot.slack.features.decide import CALLBACKS
from bot.slack.views.buttons import Action
from infra.stack.permissions import allowed
from tests.aws import worker_client
from tests.fixtures.reading import (
    READERS,
    Json,
    as_json,
    differences,
    key_of,
    kind_of,
    read,
    read_value,
    restore,
    snapshots,
)
from tests.fixtures.take_snapshot import SETTINGS
from tests.slack.incoming import interaction_body, post_signed, press_button, submission_payload
from tests.system import ANA, BEN, System

SNAPSHOTS = snapshots()
ITEMS = [entry for snapshot in SNAPSHOTS.values() for entry in snapshot["items"]]
BUTTONS = [entry for snapshot in SNAPSHOTS.values() for entry in snapshot["buttons"]]
FORMS = [entry for snapshot in SNAPSHOTS.values() for entry in snapshot["forms"]]
UNKNOWN_VERSION = "another version of Switchboard"


@pytest.fixture(params=SNAPSHOTS, scope="module")
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def system(name: str) -> Iterator[System]:
    """The current bot with the table of an older version."""
    with System(**SETTINGS) as system:
        system.clock.now = SNAPSHOTS[name]["at"]
        restore(SNAPSHOTS[name], system.settings.aws.table)
        yield system


def put(system: System, item: Json) -> None:
    worker_client("dynamodb").put_item(TableName=system.settings.aws.table, Item=item)


# ---------------------------------------------------------------- items


@pytest.mark.parametrize("kind", READERS)
def test_every_item_is_read_with_the_same_values(system: System, name: str, kind: str) -> None:
    entries = [entry for entry in SNAPSHOTS[name]["items"] if kind_of(entry["item"]) == kind]
    found = {}
    for entry in entries:
        found[key_of(entry["item"])] = differences(entry["reads"], read(entry["item"], system.bot.repositories))
        put(system, entry["item"])  # Some items are changed by reading them.
    assert {key: problems for key, problems in found.items() if problems} == {}


@pytest.mark.parametrize("kind", sorted(set(READERS) - {"SEARCH_WORD", "PARKED_ROW"}))
def test_an_item_with_an_unknown_schema_is_refused_and_not_changed(system: System, name: str, kind: str) -> None:
    # An old snapshot may be older than the kind.
    entries = [*SNAPSHOTS[name]["items"], *ITEMS]
    item = next(entry["item"] for entry in entries if kind_of(entry["item"]) == kind)
    newer = item | {"schema": {"N": str(SCHEMA + 1)}}
    put(system, newer)
    try:
        with pytest.raises(UnknownSchema):
            read(item, system.bot.repositories)
        stored = worker_client("dynamodb").get_item(
            TableName=system.settings.aws.table, Key={"pk": item["pk"], "sk": item["sk"]}
        )
        assert stored["Item"] == newer
    finally:
        put(system, item)


def test_a_parked_row_with_an_unknown_schema_is_still_listed(system: System, name: str) -> None:
    item = next(entry["item"] for entry in SNAPSHOTS[name]["items"] if kind_of(entry["item"]) == "PARKED_ROW")
    put(system, item | {"schema": {"N": str(SCHEMA + 1)}})
    try:
        [row] = system.bot.repositories.polling.parked(EntityKind(item["pk"]["S"].partition("#")[2]))
        assert row.row_id == item["sk"]["S"]
        assert "newer version" in row.reason
    finally:
        put(system, item)


def test_every_kind_of_item_that_a_role_may_put_has_a_fixture() -> None:
    written_keys = {
        permission.keys.partition("#")[0]
        for role in allowed().values()
        for permission in role
        if permission.action == "dynamodb:PutItem"
    }
    fixtures = {key_of(entry["item"]).pk.partition("#")[0] for entry in ITEMS}
    assert written_keys - fixtures == set(), "create it in tests/fixtures/take_snapshot.py and take a new snapshot"


def test_every_kind_of_item_operation_and_outbox_event_has_a_fixture() -> None:
    def kinds(kind: str) -> set[str]:
        return {entry["reads"]["kind"] for entry in ITEMS if kind_of(entry["item"]) == kind}

    assert {kind_of(entry["item"]) for entry in ITEMS} == set(READERS)
    assert kinds("OPERATION") == set(OperationKind)
    assert kinds("OUTBOX") == set(EventKind)


# ---------------------------------------------------------------- buttons and forms


def test_every_button_and_every_form_has_a_fixture() -> None:
    forms = {connect.CALLBACK, retry.CALLBACK, *CALLBACKS.values(), disconnect.CALLBACK, second_approval.CALLBACK}
    forms |= {handover.CALLBACK, away.CALLBACK}
    assert {entry["action_id"] for entry in BUTTONS} == set(Action)
    assert {entry["callback_id"] for entry in FORMS} == forms


@pytest.mark.parametrize("entry", BUTTONS, ids=lambda entry: entry["action_id"])
def test_the_value_of_a_button_is_read_with_the_same_content(entry: Json) -> None:
    assert differences(entry["reads"], read_value(entry["value"])) == []


def element(entry: Json, **changes: Any) -> Json:
    label = {"type": "plain_text", "text": "Old"}
    shown = {"type": "button", "action_id": entry["action_id"], "value": entry["value"], "text": label}
    return shown | changes


def shown_text(system: System, *people: str) -> str:
    views = [system.slack.view_of(person) for person in people]
    shown = [*system.slack.workspace.ephemerals, *(view for view in views if view is not None)]
    return "\n".join(system.slack.render(view) for view in shown)


@pytest.mark.parametrize("entry", BUTTONS, ids=lambda entry: entry["action_id"])
def test_an_old_button_still_works(system: System, caplog: pytest.LogCaptureFixture, entry: Json) -> None:
    """The bot handles the click. The answer depends on the current state of the record."""
    caplog.set_level(logging.ERROR)
    reply = press_button(system, element(entry), BEN)
    assert reply.error is None
    assert UNKNOWN_VERSION not in shown_text(system, BEN)
    assert "listener failed" not in caplog.text
    system.slack.workspace.view_stacks.clear()


@pytest.mark.parametrize("entry", BUTTONS, ids=lambda entry: entry["action_id"])
def test_a_button_with_an_unknown_schema_is_refused_with_an_explanation(system: System, entry: Json) -> None:
    before = len(system.open_operations())
    system.slack.workspace.ephemerals.clear()
    newer = json.dumps(json.loads(entry["value"]) | {"s": 2})
    reply = press_button(system, element(entry, value=newer), ANA)
    assert reply.error is None
    assert UNKNOWN_VERSION in shown_text(system, ANA)
    assert len(system.open_operations()) == before
    system.slack.workspace.view_stacks.clear()


@pytest.mark.parametrize("entry", FORMS, ids=lambda entry: entry["callback_id"])
def test_a_form_opened_before_an_upgrade_can_be_submitted_after_it(
    system: System, caplog: pytest.LogCaptureFixture, entry: Json
) -> None:
    """The form is empty, so the answer reports missing fields or a change in the meantime."""
    if "reads" in entry:
        assert differences(entry["reads"], read_value(entry["private_metadata"])) == []
    caplog.set_level(logging.ERROR)
    answer = post_signed(
        system, interaction_body(submission_payload(entry["callback_id"], entry.get("private_metadata", ""), BEN))
    )
    assert UNKNOWN_VERSION not in json.dumps(answer)
    assert "listener failed" not in caplog.text


# ---------------------------------------------------------------- comparison


def test_a_new_field_is_no_difference_and_every_other_change_is() -> None:
    before = {"a": 1, "b": [{"c": None}]}
    assert differences(before, {"a": 1, "b": [{"c": None, "new": 2}], "more": 3}) == []
    assert differences(before, {"a": 2, "b": [{"c": None}]}) == [".a: was 1, is 2"]
    assert differences(before, {"a": 1, "b": []}) == [".b: was [{'c': None}], is []"]
    assert differences(before, {"a": 1, "b": [{"c": 5}]}) == [".b[0].c: was None, is 5"]
    assert differences({"a": 1}, None) != []
    assert as_json(frozenset({"b", "a"})) == ["a", "b"]
