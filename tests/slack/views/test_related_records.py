"""Slack room tests: what a decision card tells beside the request itself, and that none of it can mislead or ping."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.domain.content import Alert, RecordCard, RelatedRecords
from bot.domain.records import ConnectionStatus, DisconnectionStatus
from bot.slack.views.cards import render
from bot.slack.views.record_cards import EARLIER_SHOWN, OTHER_CARRIERS_SHOWN
from tests.slack.samples import (
    BEGAN,
    CARD,
    CHANGED,
    DISPLAY,
    GUARDIAN,
    VERSION,
    a_connection,
    a_disconnection,
    shown,
    tracked,
)

END = date(2026, 12, 31)


def card(**held: object) -> RecordCard:
    return RecordCard(tracked(a_disconnection(group_id="g/1 <x>")), **held)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("left", "told"),
    [(4, "ends in 4 days"), (1, "ends tomorrow"), (0, "ends today"), (-1, "ended yesterday"), (-2, "ended 2 days ago")],
)
def test_how_far_away_the_last_day_is_stands_beside_it(left: int, told: str) -> None:
    assert f"Last managed day: 31 Dec 2026 · {told}\n" in shown(card(today=END - timedelta(days=left)))


def test_an_alert_counts_the_days_only_while_the_request_waits() -> None:
    waiting, over = tracked(a_disconnection()), tracked(a_disconnection(status=DisconnectionStatus.REJECTED))
    assert "31 Dec 2026 · ends today" in shown(Alert(waiting, VERSION, today=END))
    assert "ends today" not in shown(Alert(over, VERSION, today=END))


def test_without_a_last_day_nothing_is_counted() -> None:
    made = tracked(a_disconnection(effective_end_date=None))
    assert "Last managed day: not set yet\n" in shown(RecordCard(made, today=END))


def test_the_groups_other_carriers_are_told_with_how_they_stand_and_cut_where_there_are_many() -> None:
    others = [a_connection(carrier_id=f"Carrier {n}", status=ConnectionStatus.COMPLETED) for n in range(8)]
    made = shown(card(related=RelatedRecords(other_carriers=tuple(others[:2]))))
    assert "Other carriers of the group: Carrier 0 (Completed), Carrier 1 (Completed)\n" in made
    made = shown(card(related=RelatedRecords(other_carriers=tuple(others))))
    assert f"Carrier {OTHER_CARRIERS_SHOWN - 1} (Completed) and 2 more" in made


def test_earlier_requests_are_told_with_what_became_of_them_and_when() -> None:
    earlier = a_disconnection(status=DisconnectionStatus.REJECTED, decided=BEGAN)
    made = shown(card(related=RelatedRecords(earlier=(earlier,))))
    assert "Earlier requests: Rejected 29 Dec 2025" in made
    made = shown(card(related=RelatedRecords(earlier=(earlier,) * (EARLIER_SHOWN + 2))))
    assert made.count("Rejected 29 Dec 2025") == EARLIER_SHOWN
    assert "and 2 more" in made


def test_what_we_do_not_hold_is_not_said_to_be_not_there() -> None:
    made = shown(card(related=RelatedRecords()))
    for word in ("Other carriers", "Earlier requests", "would end", "Open the group"):
        assert word not in made


def test_the_connection_that_would_end_is_linked_where_its_card_is_known() -> None:
    connection = tracked(a_connection(status=ConnectionStatus.COMPLETED))
    related = RelatedRecords(connection=connection)
    assert "Connection to disconnect: Completed\n" in shown(card(related=related))
    linked = card(related=replace(related, card=CARD))
    made = shown(linked, links=lambda _: "https://local.slack.com/archives/C/p1")
    assert "Completed · Open the card (https://local.slack.com/archives/C/p1)" in made
    assert "The card is in #CCONNECT." in shown(linked)


def test_the_group_is_linked_where_the_settings_say_so_with_its_id_made_harmless() -> None:
    look = replace(DISPLAY, group_link="https://admin.example/groups/{group_id}?tab=coverage")
    assert "Open the group (https://admin.example/groups/g%2F1%20%3Cx%3E?tab=coverage)" in shown(card(), look)
    assert "Open the group" not in shown(RecordCard(tracked(a_disconnection())), look), "no id, no link"


def test_names_from_outside_cannot_ping_from_here() -> None:
    odd = a_connection(carrier_id="<!channel> @here *x*")
    blocks = render(card(related=RelatedRecords(other_carriers=(odd,))), DISPLAY)
    assert "<!channel>" not in blocks.text


def test_who_is_checking_is_told_on_the_card_and_on_alerts() -> None:
    taken = tracked(a_disconnection(), owner="UBEN", owned_since=CHANGED)
    for content in (RecordCard(taken), Alert(taken, VERSION)):
        assert "Claimed by: @UBEN · 29 Dec 2025" in shown(content)
    assert GUARDIAN not in shown(RecordCard(taken))
