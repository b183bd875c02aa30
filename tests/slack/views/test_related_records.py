"""The related records on a decision card."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.domain.content import Alert, RecordCard, RelatedRecords
from bot.domain.records import ConnectionStatus, DisconnectionStatus
from bot.slack.views.cards import render
from bot.slack.views.record_cards import EARLIER_SHOWN, OTHER_CARRIERS_SHOWN
from infra.local.gallery.samples import (
    CARD,
    CHANGED,
    CREATED,
    DISPLAY,
    GUARDIAN,
    VERSION,
    a_connection,
    a_disconnection,
    a_record_state,
)
from tests.slack.rendering import rendered_text

END = date(2026, 12, 31)


def card(**fields: object) -> RecordCard:
    return RecordCard(a_record_state(a_disconnection(group_id="g/1 <x>")), **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("left", "expected"),
    [(4, "ends in 4 days"), (1, "ends tomorrow"), (0, "ends today"), (-1, "ended yesterday"), (-2, "ended 2 days ago")],
)
def test_the_last_managed_day_shows_how_far_away_it_is(left: int, expected: str) -> None:
    assert f"Last managed day: 31 Dec 2026 · {expected}\n" in rendered_text(card(today=END - timedelta(days=left)))


def test_an_alert_shows_the_days_left_only_while_the_request_waits() -> None:
    waiting, rejected = (
        a_record_state(a_disconnection()),
        a_record_state(a_disconnection(status=DisconnectionStatus.REJECTED)),
    )
    assert "31 Dec 2026 · ends today" in rendered_text(Alert(waiting, VERSION, today=END))
    assert "ends today" not in rendered_text(Alert(rejected, VERSION, today=END))


def test_without_an_end_date_no_days_left_are_shown() -> None:
    record_state = a_record_state(a_disconnection(effective_end_date=None))
    assert "Last managed day: not set yet\n" in rendered_text(RecordCard(record_state, today=END))


def test_other_carriers_are_listed_with_their_status_up_to_a_limit() -> None:
    others = [a_connection(carrier_id=f"Carrier {n}", status=ConnectionStatus.COMPLETED) for n in range(8)]
    text = rendered_text(card(related=RelatedRecords(other_carriers=tuple(others[:2]))))
    assert "Other carriers of the group: Carrier 0 (Completed), Carrier 1 (Completed)\n" in text
    text = rendered_text(card(related=RelatedRecords(other_carriers=tuple(others))))
    assert f"Carrier {OTHER_CARRIERS_SHOWN - 1} (Completed) and 2 more" in text


def test_earlier_requests_are_listed_with_their_outcome_and_date() -> None:
    earlier = a_disconnection(status=DisconnectionStatus.REJECTED, decided=CREATED)
    text = rendered_text(card(related=RelatedRecords(earlier=(earlier,))))
    assert "Earlier requests: Rejected 29 Dec 2025" in text
    text = rendered_text(card(related=RelatedRecords(earlier=(earlier,) * (EARLIER_SHOWN + 2))))
    assert text.count("Rejected 29 Dec 2025") == EARLIER_SHOWN
    assert "and 2 more" in text


def test_records_that_are_not_stored_are_not_mentioned() -> None:
    text = rendered_text(card(related=RelatedRecords()))
    for word in ("Other carriers", "Earlier requests", "would end", "Open the group"):
        assert word not in text


def test_the_connection_that_would_end_is_linked_if_its_card_is_known() -> None:
    connection = a_record_state(a_connection(status=ConnectionStatus.COMPLETED))
    related = RelatedRecords(connection=connection)
    assert "Connection to disconnect: Completed\n" in rendered_text(card(related=related))
    linked = card(related=replace(related, card=CARD))
    text = rendered_text(linked, links=lambda _: "https://local.slack.com/archives/C/p1")
    assert "Completed · Open the card (https://local.slack.com/archives/C/p1)" in text
    assert "The card is in #CCONNECT." in rendered_text(linked)


def test_the_group_is_linked_by_setting_with_an_escaped_id() -> None:
    display = replace(DISPLAY, group_link="https://admin.example/groups/{group_id}?tab=coverage")
    assert "Open the group (https://admin.example/groups/g%2F1%20%3Cx%3E?tab=coverage)" in rendered_text(
        card(), display
    )
    assert "Open the group" not in rendered_text(RecordCard(a_record_state(a_disconnection())), display), (
        "no id, no link"
    )


def test_untrusted_carrier_names_mention_nobody() -> None:
    connection = a_connection(carrier_id="<!channel> @here *x*")
    blocks = render(card(related=RelatedRecords(other_carriers=(connection,))), DISPLAY)
    assert "<!channel>" not in blocks.text


def test_the_owner_is_shown_on_the_card_and_on_alerts() -> None:
    claimed = a_record_state(a_disconnection(), owner="UBEN", owned_since=CHANGED)
    for content in (RecordCard(claimed), Alert(claimed, VERSION)):
        assert "Claimed by: @UBEN · 29 Dec 2025" in rendered_text(content)
    assert GUARDIAN not in rendered_text(RecordCard(claimed))
