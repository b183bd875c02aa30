"""Reasons, sensitive fields, and how long a second approver has to confirm a disconnection."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot import policies
from bot.domain.requests import (
    ConnectionRequest,
    Decision,
    DecisionReason,
    DisconnectionReason,
    SensitiveFields,
    confirmation_deadline,
)

NEW_YORK, TOKYO = ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo")
NOW = int(datetime(2026, 11, 1, 12, tzinfo=NEW_YORK).timestamp())


def test_only_the_reason_other_is_in_both_lists() -> None:
    disconnect = {reason.value for reason in DisconnectionReason}
    decide = {reason.value for reason in DecisionReason}

    assert disconnect & decide == {"other"}


def test_a_decision_approves_or_rejects() -> None:
    assert {decision.value for decision in Decision} == {"approve", "reject"}


def test_sensitive_values_are_not_in_the_representation() -> None:
    typed = SensitiveFields("123456789", "223456789", "323456789", "owner@test.example")

    assert repr(typed) == "SensitiveFields()"
    assert "c2VhbGVk" not in repr(ConnectionRequest("c", "g", "n", encrypted="c2VhbGVk"))
    assert typed.any_given
    assert not SensitiveFields().any_given


@pytest.mark.parametrize("timezone", [NEW_YORK, TOKYO])
@pytest.mark.parametrize(("end", "next_day"), [(date(2026, 12, 31), (2027, 1, 1)), (date(2026, 11, 2), (2026, 11, 3))])
def test_the_deadline_is_the_end_of_the_last_managed_day_in_the_business_timezone(
    timezone: ZoneInfo, end: date, next_day: tuple[int, int, int]
) -> None:
    assert confirmation_deadline(end, NOW, timezone) == int(datetime(*next_day, tzinfo=timezone).timestamp())


def test_the_deadline_for_today_is_midnight() -> None:
    assert confirmation_deadline(date(2026, 11, 1), NOW, NEW_YORK) - NOW == 12 * 3600


@pytest.mark.parametrize("end", [date(2026, 10, 31), date(2001, 1, 1)])
def test_a_past_end_date_leaves_some_days_to_confirm(end: date) -> None:
    assert confirmation_deadline(end, NOW, NEW_YORK) == NOW + policies.CONFIRMATION_DAYS_FOR_A_PAST_DATE * 86400
