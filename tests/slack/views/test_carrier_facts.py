"""What people see of a carrier's details."""

from dataclasses import replace

import pytest

from bot.domain.carriers import CarrierDetails, Carriers
from bot.domain.content import NotMoving, NotMovingRecord, RecordCard
from bot.domain.records import ConnectionStatus
from bot.slack.views.carrier_facts import GROUP_ID_HINT, contact_line, group_id_error, group_id_hint
from bot.slack.views.rich_text import plain
from infra.local.gallery.cards import DETAILED, connection
from infra.local.gallery.samples import CHANGED, DISPLAY, GUARDIAN, a_retry
from tests.slack.rendering import rendered_text


def contact_of(contact: str) -> list[str]:
    carriers = Carriers({GUARDIAN: "Guardian"}, {GUARDIAN: CarrierDetails(contact=contact)})
    return [plain(line, limit=500) for line in contact_line(GUARDIAN, replace(DISPLAY, carriers=carriers))]


@pytest.mark.parametrize("contact", ["setup@guardian.example.com", "Ms. O'Neil, 555-0100", "<!channel> *now*"])
def test_a_contact_is_shown_as_it_was_written(contact: str) -> None:
    assert contact_of(contact) == [f"Carrier's contact: {contact}"]


CONTACT = "Carrier's contact: Group setup, setup@guardian.example.com, 555-0100"


@pytest.mark.parametrize("status", ConnectionStatus)
def test_a_card_names_the_contact_where_somebody_must_contact_the_carrier(status: ConnectionStatus) -> None:
    text = rendered_text(RecordCard(connection(status=status)), DETAILED)
    assert (CONTACT in text) == ("the carrier, then" in text or "Contact the carrier" in text)
    assert CONTACT not in rendered_text(RecordCard(connection(status=status), a_retry()), DETAILED)


def test_the_report_of_what_does_not_move_names_the_contact() -> None:
    waits = NotMovingRecord(connection(status=ConnectionStatus.WAITING_ON_CARRIER), 6)
    assert CONTACT in rendered_text(NotMoving(GUARDIAN, (waits,), 1, 7, CHANGED), DETAILED)


def test_a_carrier_without_a_contact_has_no_line() -> None:
    assert contact_of("") == []


def test_the_hint_is_the_carriers_with_its_example() -> None:
    assert group_id_hint(CarrierDetails()) == GROUP_ID_HINT
    assert group_id_hint(CarrierDetails(hint="On the bill.", example="PR-1")) == "On the bill. Example: PR-1"


def test_only_an_id_in_another_format_is_an_error() -> None:
    details = CarrierDetails(pattern="PR-[0-9]+", example="PR-1")
    assert group_id_error(details, "PR-123") == ""
    assert group_id_error(CarrierDetails(), "anything") == ""
    for other in ("123", "PR-1 ", "xPR-1", "PR-\u0661", "PR-1\n"):
        assert "look like PR-1." in group_id_error(details, other)
