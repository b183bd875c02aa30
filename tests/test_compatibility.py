"""What lies in tables and channels since an older version is read as it was, and its buttons still do what they say."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from bot.domain.operations import OperationKind
from bot.domain.outbox import EventKind
from bot.dynamodb.schema import SCHEMA
from bot.errors import UnknownSchema
from bot.slack.features import connect, disconnect, retry, second_approval
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
from tests.slack.incoming import knocks, payload, presses, submitted
from tests.system import ANA, BEN, System

SNAPSHOTS = snapshots()
ITEMS = [kept for snapshot in SNAPSHOTS.values() for kept in snapshot["items"]]
BUTTONS = [kept for snapshot in SNAPSHOTS.values() for kept in snapshot["buttons"]]
FORMS = [kept for snapshot in SNAPSHOTS.values() for kept in snapshot["forms"]]
OTHERS = "another version of Switchboard"


@pytest.fixture(params=SNAPSHOTS, scope="module")
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def system(name: str) -> Iterator[System]:
    """A bot of today over the table of then."""
    with System(**SETTINGS) as made:
        made.clock.now = SNAPSHOTS[name]["at"]
        restore(SNAPSHOTS[name], made.settings.aws.table)
        yield made


def put(system: System, item: Json) -> None:
    worker_client("dynamodb").put_item(TableName=system.settings.aws.table, Item=item)


# ---------------------------------------------------------------- items


@pytest.mark.parametrize("kind", READERS)
def test_every_item_is_read_as_it_was(system: System, name: str, kind: str) -> None:
    kept = [one for one in SNAPSHOTS[name]["items"] if kind_of(one["item"]) == kind]
    found = {}
    for one in kept:
        found[key_of(one["item"])] = differences(one["reads"], read(one["item"], system.bot.repositories))
        put(system, one["item"])  # Some are read by taking them over.
    assert {key: told for key, told in found.items() if told} == {}


@pytest.mark.parametrize("kind", sorted(set(READERS) - {"SEARCH_WORD"}))
def test_an_item_of_a_schema_that_is_not_known_is_refused_and_left_alone(system: System, name: str, kind: str) -> None:
    item = next(one["item"] for one in SNAPSHOTS[name]["items"] if kind_of(one["item"]) == kind)
    newer = item | {"schema": {"N": str(SCHEMA + 1)}}
    put(system, newer)
    try:
        with pytest.raises(UnknownSchema):
            read(item, system.bot.repositories)
        kept = worker_client("dynamodb").get_item(
            TableName=system.settings.aws.table, Key={"pk": item["pk"], "sk": item["sk"]}
        )
        assert kept["Item"] == newer
    finally:
        put(system, item)


def test_every_kind_of_item_that_a_role_may_put_has_a_fixture() -> None:
    put_by_us = {one.keys for role in allowed().values() for one in role if one.action == "dynamodb:PutItem"}
    kept = {key_of(one["item"]).pk.partition("#")[0] + "#*" for one in ITEMS}
    assert put_by_us - kept == set(), "play it in tests/fixtures/take_snapshot.py, and take a new snapshot"


def test_every_kind_of_item_operation_and_news_has_a_fixture() -> None:
    def told(kind: str) -> set[str]:
        return {one["reads"]["kind"] for one in ITEMS if kind_of(one["item"]) == kind}

    assert {kind_of(one["item"]) for one in ITEMS} == set(READERS)
    assert told("OPERATION") == set(OperationKind)
    assert told("OUTBOX") == set(EventKind)


# ---------------------------------------------------------------- buttons and forms


def test_every_button_and_every_form_has_a_fixture() -> None:
    forms = {connect.CALLBACK, retry.CALLBACK, *CALLBACKS.values(), disconnect.CALLBACK, second_approval.CALLBACK}
    assert {one["action_id"] for one in BUTTONS} == set(Action)
    assert {one["callback_id"] for one in FORMS} == forms


@pytest.mark.parametrize("kept", BUTTONS, ids=lambda kept: kept["action_id"])
def test_a_buttons_value_is_read_as_it_was(kept: Json) -> None:
    assert differences(kept["reads"], read_value(kept["value"])) == []


def element(kept: Json, **changes: Any) -> Json:
    label = {"type": "plain_text", "text": "Old"}
    shown = {"type": "button", "action_id": kept["action_id"], "value": kept["value"], "text": label}
    return shown | changes


def said(system: System, *people: str) -> str:
    views = [system.slack.view_of(person) for person in people]
    beside = [*system.slack.workspace.ephemerals, *(view for view in views if view is not None)]
    return "\n".join(system.slack.render(one) for one in beside)


@pytest.mark.parametrize("kept", BUTTONS, ids=lambda kept: kept["action_id"])
def test_an_old_button_still_does_what_it_says(system: System, caplog: pytest.LogCaptureFixture, kept: Json) -> None:
    """Whatever the answer is: it is one about the thing, and no refusal of the button."""
    caplog.set_level(logging.ERROR)
    reply = presses(system, element(kept), BEN)
    assert reply.error is None
    assert OTHERS not in said(system, BEN)
    assert "listener failed" not in caplog.text
    system.slack.workspace.view_stacks.clear()


@pytest.mark.parametrize("kept", BUTTONS, ids=lambda kept: kept["action_id"])
def test_a_button_of_a_schema_that_is_not_known_is_refused_politely(system: System, kept: Json) -> None:
    before = len(system.open_operations())
    system.slack.workspace.ephemerals.clear()
    newer = json.dumps(json.loads(kept["value"]) | {"s": 2})
    reply = presses(system, element(kept, value=newer), ANA)
    assert reply.error is None
    assert OTHERS in said(system, ANA)
    assert len(system.open_operations()) == before
    system.slack.workspace.view_stacks.clear()


@pytest.mark.parametrize("kept", FORMS, ids=lambda kept: kept["callback_id"])
def test_a_form_that_was_left_open_over_an_upgrade_is_understood(
    system: System, caplog: pytest.LogCaptureFixture, kept: Json
) -> None:
    """Nothing is typed in it, so each answers with what is missing, or with what has changed meanwhile."""
    if "reads" in kept:
        assert differences(kept["reads"], read_value(kept["private_metadata"])) == []
    caplog.set_level(logging.ERROR)
    answer = knocks(system, payload(submitted(kept["callback_id"], kept.get("private_metadata", ""), BEN)))
    assert OTHERS not in json.dumps(answer)
    assert "listener failed" not in caplog.text


# ---------------------------------------------------------------- how it is told


def test_what_is_new_is_no_difference_and_everything_else_is() -> None:
    was = {"a": 1, "b": [{"c": None}]}
    assert differences(was, {"a": 1, "b": [{"c": None, "new": 2}], "more": 3}) == []
    assert differences(was, {"a": 2, "b": [{"c": None}]}) == [".a: was 1, is 2"]
    assert differences(was, {"a": 1, "b": []}) == [".b: was [{'c': None}], is []"]
    assert differences(was, {"a": 1, "b": [{"c": 5}]}) == [".b[0].c: was None, is 5"]
    assert differences({"a": 1}, None) != []
    assert as_json(frozenset({"b", "a"})) == ["a", "b"]
