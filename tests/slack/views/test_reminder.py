"""Reminders, and the approvers that they mention."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

from bot.domain.content import Alert
from bot.domain.records import DisconnectionStatus
from bot.slack.views.alerts import alert
from bot.slack.views.cards import no_links, render
from infra.local.gallery.samples import CARD, DISPLAY, VERSION, a_decision, a_disconnection, a_record_state
from tests.slack.rendering import buttons_of, rendered_text

DISPLAY_WITH_APPROVERS = replace(DISPLAY, approvers=frozenset({"UBEN", "S0APPROVE"}))
TODAY = date(2026, 12, 29)
REMINDER = Alert(a_record_state(a_disconnection()), VERSION, card=CARD, today=TODAY, is_reminder=True)


def test_a_reminder_starts_with_the_time_left() -> None:
    lines = rendered_text(REMINDER).splitlines()
    assert lines[0] == "# Reminder: disconnect Test Company · ends in 2 days"
    assert list(buttons_of(render(REMINDER, DISPLAY))) == [
        "Approve Disconnection…",
        "Reject, Keep Connected…",
        "Claim",
        "Details",
    ]


def test_a_reminder_without_an_end_date_shows_no_days_left() -> None:
    without_end_date = replace(REMINDER, record_state=a_record_state(a_disconnection(effective_end_date=None)))
    assert rendered_text(without_end_date).splitlines()[0] == "# Reminder: disconnect Test Company"


def test_approvers_are_mentioned_only_if_the_reminder_asks_for_it() -> None:
    with_mentions = replace(REMINDER, mention_approvers=True)
    assert "@S0APPROVE @UBEN please decide\n" in rendered_text(with_mentions, DISPLAY_WITH_APPROVERS)
    rendered = render(with_mentions, DISPLAY_WITH_APPROVERS)
    kinds = [
        leaf["type"]
        for block in json.loads(rendered.blocks)
        if block["type"] == "rich_text"
        for part in block["elements"]
        for leaf in part["elements"]
    ]
    assert {"user", "usergroup"} <= set(kinds)
    assert rendered.text.splitlines()[1].startswith("<!subteam^S0APPROVE> <@UBEN>")
    assert "please decide" not in rendered_text(REMINDER, DISPLAY_WITH_APPROVERS)
    assert "please decide" not in rendered_text(with_mentions, DISPLAY), "the settings name no approvers"


def test_an_urgent_alert_asks_for_a_decision_soon() -> None:
    urgent = Alert(a_record_state(a_disconnection()), VERSION, today=TODAY, mention_approvers=True)
    assert "@UBEN please decide soon" in rendered_text(urgent, DISPLAY_WITH_APPROVERS)
    assert "# The carrier asks to disconnect Test Company" in rendered_text(urgent, DISPLAY_WITH_APPROVERS)


def test_an_outdated_reminder_mentions_nobody_and_says_that_no_action_is_needed() -> None:
    rejected = a_record_state(a_disconnection(status=DisconnectionStatus.REJECTED))
    outdated = replace(REMINDER, record_state=rejected, raised_version="", mention_approvers=True, today=None)
    text = rendered_text(outdated, DISPLAY_WITH_APPROVERS)
    assert "# No longer needs action: Test Company" in text
    assert "No action needed." in text
    assert "please decide" not in text
    assert "ends" not in text


def test_a_reminder_during_a_decision_starts_with_it_and_mentions_nobody() -> None:
    text = rendered_text(replace(REMINDER, operation=a_decision(), mention_approvers=True), DISPLAY_WITH_APPROVERS)
    assert "# In progress: Test Company" in text
    assert "please decide" not in text
    assert alert(REMINDER, DISPLAY, no_links).title
