"""Reminders, and the approvers that they mention."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

from bot.domain.content import Alert
from bot.domain.records import DisconnectionStatus
from bot.slack.views.alerts import alert
from bot.slack.views.cards import no_links, render
from tests.slack.samples import CARD, DISPLAY, VERSION, a_decision, a_disconnection, a_record_state, buttons_of, shown

DECIDERS = replace(DISPLAY, approvers=frozenset({"UBEN", "S0APPROVE"}))
TODAY = date(2026, 12, 29)
REMINDER = Alert(a_record_state(a_disconnection()), VERSION, card=CARD, today=TODAY, is_reminder=True)


def test_a_reminder_starts_with_the_time_left() -> None:
    lines = shown(REMINDER).splitlines()
    assert lines[0] == "# Reminder: disconnect Test Company · ends in 2 days"
    assert list(buttons_of(render(REMINDER, DISPLAY))) == [
        "Approve Disconnection…",
        "Reject, Keep Connected…",
        "Claim",
        "Details",
    ]


def test_without_a_last_day_a_reminder_says_that_it_still_waits() -> None:
    endless = replace(REMINDER, record_state=a_record_state(a_disconnection(effective_end_date=None)))
    assert shown(endless).splitlines()[0] == "# Reminder: disconnect Test Company"


def test_those_who_decide_are_named_so_that_slack_calls_them_and_only_where_that_is_meant() -> None:
    calling = replace(REMINDER, mention_approvers=True)
    assert "@S0APPROVE @UBEN please decide\n" in shown(calling, DECIDERS)
    rendered = render(calling, DECIDERS)
    kinds = [
        leaf["type"]
        for block in json.loads(rendered.blocks)
        if block["type"] == "rich_text"
        for part in block["elements"]
        for leaf in part["elements"]
    ]
    assert {"user", "usergroup"} <= set(kinds)
    assert rendered.text.splitlines()[1].startswith("<!subteam^S0APPROVE> <@UBEN>")
    assert "please decide" not in shown(REMINDER, DECIDERS)
    assert "please decide" not in shown(calling, DISPLAY), "nobody is named for it"


def test_an_early_call_asks_for_a_decision_soon() -> None:
    early = Alert(a_record_state(a_disconnection()), VERSION, today=TODAY, mention_approvers=True)
    assert "@UBEN please decide soon" in shown(early, DECIDERS)
    assert "# The carrier asks to disconnect Test Company" in shown(early, DECIDERS)


def test_a_reminder_that_is_over_calls_nobody_and_says_so() -> None:
    rejected = a_record_state(a_disconnection(status=DisconnectionStatus.REJECTED))
    over = replace(REMINDER, record_state=rejected, raised_version="", mention_approvers=True, today=None)
    text = shown(over, DECIDERS)
    assert "# No longer needs action: Test Company" in text
    assert "No action needed." in text
    assert "please decide" not in text
    assert "ends" not in text


def test_a_reminder_of_what_somebody_is_deciding_says_that_first() -> None:
    text = shown(replace(REMINDER, operation=a_decision(), mention_approvers=True), DECIDERS)
    assert "# In progress: Test Company" in text
    assert "please decide" not in text
    assert alert(REMINDER, DISPLAY, no_links).title
