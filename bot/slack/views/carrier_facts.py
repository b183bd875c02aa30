"""What people see of a carrier's details: whom to contact, and how the carrier writes the ids of groups."""

from __future__ import annotations

from bot.domain.carriers import CarrierDetails
from bot.slack.views.message import DisplaySettings
from bot.slack.views.rich_text import RichText, UntrustedText, labelled

GROUP_ID_HINT = "The group, policy or master agreement number at this carrier."


def contact_line(carrier_id: str, display: DisplaySettings) -> list[RichText]:
    """Nothing without a contact. An address or number in it is there to be used, so it is not masked."""
    contact = display.carriers.details_of(carrier_id).contact
    return [labelled("Carrier's contact", UntrustedText(contact, unmasked=contact))] if contact else []


def group_id_hint(details: CarrierDetails) -> str:
    return " ".join([details.hint or GROUP_ID_HINT, *([f"Example: {details.example}"] if details.example else [])])


def group_id_error(details: CarrierDetails, carrier_group_id: str) -> str:
    """Empty if the carrier could have written this id."""
    if details.accepts(carrier_group_id):
        return ""
    return f"This carrier's ids look like {details.example}. Nothing was sent. Check the id with the carrier."
