"""The two lists of reasons are two: a reason to disconnect is none to decide by."""

from bot.domain.decisions import Decision, DecisionReason, DisconnectionReason


def test_only_other_is_a_reason_for_both() -> None:
    disconnect = {reason.value for reason in DisconnectionReason}
    decide = {reason.value for reason in DecisionReason}

    assert disconnect & decide == {"other"}


def test_a_decision_is_one_of_two() -> None:
    assert {decision.value for decision in Decision} == {"approve", "reject"}
