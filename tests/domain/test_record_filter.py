"""The words by which people choose which open records are listed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.record_filter import IN_PROGRESS, NEED_OUR_ACTION, OpenRecord, RecordFilter, by_urgency, parse_filter
from bot.domain.records import (
    ConnectionStatus,
    DisconnectionStatus,
    EntityKind,
    connection_ref,
    disconnection_ref,
    needs_our_action,
    open_statuses,
)
from infra.local.gallery.samples import a_connection, a_record_state

GUARDIAN, BEAM, UNITED, UNITED_WEST, ACTION = "g", "b", "u", "w", "a"
CARRIERS = (
    (GUARDIAN, "Guardian"),
    (BEAM, "Beam Dental"),
    (UNITED, "United Healthcare"),
    (UNITED_WEST, "United West"),
    (ACTION, "Action Required Mutual"),
)
FAILED = (EntityKind.CONNECTION, "unable_to_connect")
REVIEW = (EntityKind.DISCONNECTION, "needs_review")
DAY = 86400


def parsed(text: str) -> RecordFilter:
    return parse_filter(text, CARRIERS)


def wanted(*statuses: tuple[EntityKind, str], **parts: object) -> RecordFilter:
    return replace(RecordFilter(frozenset(statuses)), **parts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", wanted()),
        ("all open", wanted()),
        ("failed", wanted(FAILED)),
        ("FAILED Guardian", wanted(FAILED, carrier_ids=frozenset({GUARDIAN}))),
        ("unable_to_connect", wanted(FAILED)),
        ("unable to connect at beam", wanted(FAILED, carrier_ids=frozenset({BEAM}))),
        ("beam dental", wanted(carrier_ids=frozenset({BEAM}))),
        ("united", wanted(carrier_ids=frozenset({UNITED, UNITED_WEST}))),
        ("united west", wanted(carrier_ids=frozenset({UNITED_WEST}))),
        ("beam guardian", wanted(carrier_ids=frozenset({BEAM, GUARDIAN}))),
        ("action required", wanted((EntityKind.CONNECTION, "action_required"))),
        ("action required mutual", wanted(carrier_ids=frozenset({ACTION}))),
        ("needs review", wanted(REVIEW)),
        ("decisions, failed", wanted(REVIEW, FAILED)),
        ("needs action", wanted(*NEED_OUR_ACTION)),
        ("waiting on the carrier", wanted((EntityKind.CONNECTION, "waiting_on_carrier"))),
        ("connections", wanted(kinds=frozenset({EntityKind.CONNECTION}))),
        (
            "disconnections processing",
            wanted(*parsed("processing").statuses, kinds=frozenset({EntityKind.DISCONNECTION})),
        ),
        ("mine", wanted(mine=True)),
        ("my decisions", wanted(REVIEW, mine=True)),
        ("older than 5 days", wanted(unchanged_days=5)),
        ("failed older than 2 weeks", wanted(FAILED, unchanged_days=14)),
        ("older than 99999999999999999999 weeks", wanted(unchanged_days=10_000)),
        ("harbor failed", wanted(FAILED, unknown=("harbor",))),
        ("older than five days", wanted(unknown=("older", "than", "five", "days"))),
        ("older than ² days", wanted(unchanged_days=2)),
        ("completed", wanted(unknown=("completed",))),
    ],
)
def test_words_describe_what_to_list(text: str, expected: RecordFilter) -> None:
    assert parsed(text) == expected


def test_a_long_text_is_parsed_word_by_word() -> None:
    assert parsed("harbor " * 600).unknown == ("harbor",)


def test_every_open_status_has_its_place() -> None:
    kinds = (EntityKind.CONNECTION, EntityKind.DISCONNECTION)

    assert {*NEED_OUR_ACTION, *IN_PROGRESS} == {(kind, status) for kind in kinds for status in open_statuses(kind)}


@pytest.mark.parametrize("status", [*ConnectionStatus, *DisconnectionStatus])
def test_a_status_needs_our_action_here_as_everywhere(status: ConnectionStatus | DisconnectionStatus) -> None:
    kind = EntityKind.CONNECTION if isinstance(status, ConnectionStatus) else EntityKind.DISCONNECTION

    assert ((kind, status.value) in NEED_OUR_ACTION) == needs_our_action(status)


@pytest.mark.parametrize(("kind", "status"), [*NEED_OUR_ACTION, *IN_PROGRESS])
def test_a_status_can_be_written_as_noyo_does(kind: EntityKind, status: str) -> None:
    assert (kind, status) in parsed(status).statuses


def test_what_needs_us_comes_first_and_an_unknown_status_before_what_is_in_progress() -> None:
    in_order = [
        OpenRecord(disconnection_ref("1"), "needs_review", 9),
        OpenRecord(connection_ref("2"), "unable_to_connect", 5),
        OpenRecord(connection_ref("3"), "unable_to_connect", 7),
        OpenRecord(connection_ref("4"), "carrier_authorization", 1),
        OpenRecord(connection_ref("5"), "teleported", 1),
        OpenRecord(disconnection_ref("6"), "processing", 1),
        OpenRecord(connection_ref("7"), "created", 1),
    ]

    assert by_urgency([in_order[position] for position in (6, 5, 1, 2, 4, 3, 0)]) == in_order


def test_the_status_kind_and_age_are_decided_by_the_index() -> None:
    failed = OpenRecord(connection_ref("1"), "unable_to_connect", 1_000_000)
    now = 1_000_000 + 5 * DAY

    assert parsed("failed connections older than 4 days").may_list(failed, now)
    assert not parsed("decisions").may_list(failed, now)
    assert not parsed("failed disconnections").may_list(failed, now)
    assert not parsed("older than 5 days").may_list(failed, now)
    assert parsed("older than 5 days").may_list(failed, now + 1)


def test_the_carrier_and_the_person_are_decided_by_the_record() -> None:
    state = replace(a_record_state(a_connection(carrier_id=GUARDIAN)), requester="UANA", owner=None)

    assert parsed("guardian").lists(state, "UBEN")
    assert not parsed("beam").lists(state, "UBEN")
    assert parsed("mine").lists(state, "UANA")
    assert not parsed("mine").lists(state, "UBEN")
    assert parsed("mine guardian").lists(replace(state, owner="UBEN"), "UBEN")
    assert not parsed("mine beam").lists(state, "UANA")


def test_the_index_decides_the_carrier_if_it_names_it() -> None:
    unnamed = OpenRecord(connection_ref("1"), "unable_to_connect", 1)
    named = replace(unnamed, carrier_id=GUARDIAN)

    assert parsed("guardian").may_list(named, 1)
    assert not parsed("beam").may_list(named, 1)
    assert parsed("guardian").is_decided(named)
    assert parsed("beam").may_list(unnamed, 1), "its record says which carrier it is"
    assert not parsed("guardian").is_decided(unnamed)
