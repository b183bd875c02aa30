"""Statuses: who must act, and which are final."""

from __future__ import annotations

import pytest

from bot.domain.records import (
    ConnectionStatus,
    DisconnectionStatus,
    EntityKind,
    UnknownValue,
    is_open,
    needs_our_action,
    open_statuses,
)

OURS = {"carrier_authorization", "action_required", "unable_to_connect", "needs_review"}
OVER = {"completed", "rejected"}


@pytest.mark.parametrize("status", [*ConnectionStatus, *DisconnectionStatus])
def test_each_status_says_who_must_act_and_whether_it_is_final(status: ConnectionStatus | DisconnectionStatus) -> None:
    assert needs_our_action(status) == (status.value in OURS)
    assert is_open(status) == (status.value not in OVER)


def test_an_unknown_status_is_open_and_needs_no_action() -> None:
    assert is_open(UnknownValue("connecting"))
    assert not needs_our_action(UnknownValue("unable_to_connect"))


def test_processing_connections_and_disconnections_have_different_statuses() -> None:
    assert ConnectionStatus.PROCESSING != DisconnectionStatus.PROCESSING


def test_open_statuses_have_the_values_of_noyos_filter() -> None:
    assert open_statuses(EntityKind.DISCONNECTION) == ("needs_review", "processing")
    assert set(open_statuses(EntityKind.CONNECTION)) == {status.value for status in ConnectionStatus} - OVER
