"""A refused connection request: what the person who asked sees, and the form that corrects it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bot.domain.content import Reply
from bot.domain.corrections import correction_id
from bot.domain.operations import Operation, OperationState, Outcome, OutcomeKind
from bot.domain.requests import ConnectionRequest
from bot.slack.views.buttons import Action, ButtonValue
from infra.local.gallery.cards import posted
from infra.local.gallery.entries import Entry, Section
from infra.local.gallery.interactions import clicked, submitted
from infra.local.gallery.operations import GROUP, OPTIONS, connection_request, with_outcome
from infra.local.gallery.ports import GUEST, NOW
from infra.local.gallery.samples import GROUP_ID, GUARDIAN

WORDS = "carrier_group_id: not in this carrier's format; federal_ein: not known to the carrier; Contact Noyo for help"
WANTED = ConnectionRequest(GUARDIAN, "0011", GROUP, encrypted="encrypted", typed=("federal_ein", "broker_tin"))


def corrections() -> Section:
    return Section("Connect: correct and send again", tuple(_corrections()))


def refused(wanted: ConnectionRequest = WANTED, *, due: int | None = NOW + 600, **changes: Any) -> Operation:
    outcome = Outcome(OutcomeKind.REFUSED, WORDS, status=422)
    settled = connection_request(input=wanted).settle(OperationState.REFUSED, outcome, NOW - 300)
    return replace(settled, **{"due": due, "sends": 1, **changes})


def _corrections() -> Iterator[Entry]:
    operation = refused()
    plain = refused(ConnectionRequest(GUARDIAN, "0011", GROUP, group_id=GROUP_ID), due=None)
    advanced = replace(WANTED.without_sensitive(), options=OPTIONS)
    yield posted("The answer: a value is not accepted", Reply(operation))
    yield posted("The answer: nothing sensitive was entered", Reply(plain))
    ineligible = with_eligibility(plain)
    yield posted("The answer: what Noyo says about the eligibility", Reply(ineligible))
    yield _clicked("The form: what Noyo says about the eligibility", ineligible)
    form = _clicked("The form", operation)
    yield form
    yield _clicked("The form: the values were deleted", refused(WANTED.without_sensitive(), due=None))
    duplicate = replace(with_outcome(operation, OutcomeKind.DUPLICATE), sends=1, due=NOW + 600)
    yield _clicked("The form: a duplicate", duplicate)
    yield _clicked("The form: the group is not known any more", plain)
    yield _clicked("The form: with advanced options", refused(advanced, due=None))
    yield _clicked("A guest", operation, actor=GUEST)
    yield _clicked("Another person", operation, actor="UBEN")
    yield clicked("The request is no longer stored", Action.CORRECT, ButtonValue(operation_id=operation.id))
    yield _clicked("The request was not refused", connection_request())
    corrected = connection_request(id=correction_id(operation.id))
    yield _clicked("It was corrected before", operation, corrected)
    yield _clicked("The same was requested meanwhile", operation, connection_request(id="V0OTHER", actor="UBEN"))
    values = {"carrier_group_id": "00110011", "group_name": GROUP, "carrier_id": GUARDIAN}
    yield submitted("Sending", form, values, operations=[operation])
    too_late = refused(due=NOW)
    yield submitted("The values were deleted while the form was open", form, values, operations=[too_late])
    without = values | {"discard_kept": "yes"}
    yield submitted("Error: the values were discarded", form, without, operations=[operation])
    yield submitted("Sent before, from another window", form, values, operations=[operation, corrected])


def with_eligibility(operation: Operation) -> Operation:
    words = ("not_eligible", "failed: The carrier takes groups from ten lives")
    outcome = Outcome(OutcomeKind.REFUSED, "The group is not eligible", status=422, eligibility=words)
    return replace(operation, outcome=outcome)


def _clicked(title: str, *operations: Operation, **stored: Any) -> Entry:
    value = ButtonValue(operation_id=operations[0].id)
    return clicked(title, Action.CORRECT, value, operations=operations, **stored)
