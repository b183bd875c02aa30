"""The forms of the gallery with their field errors, and what the bot answers to a click or a submission."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bot.domain.carriers import Carriers
from bot.domain.operations import Operation, OperationState, OutcomeKind, SecondApproval
from bot.domain.pauses import PauseHistory
from bot.domain.record_states import RecordState
from bot.domain.records import ConnectionStatus, DisconnectionStatus, LocalStatus, UnknownValue
from bot.slack.features import connect
from bot.slack.views.buttons import Action, ButtonValue
from infra.local.gallery.cards import BEAM, DISPLAY, OTHER_ENVIRONMENT, connection, request
from infra.local.gallery.entries import Entry, Modal, Section
from infra.local.gallery.interactions import VIEW_ID, chosen, clicked, submitted, typed
from infra.local.gallery.operations import (
    GROUP,
    PAUSE,
    approval,
    connection_request,
    disconnection,
    rejection,
    with_outcome,
)
from infra.local.gallery.ports import GUEST, NOW, POLICY, waits_from
from infra.local.gallery.samples import GROUP_ID, GUARDIAN, a_retry

CONNECT_VALUES = {
    "carrier_id": GUARDIAN,
    "group_name": GROUP,
    "carrier_group_id": "00110011",
    "federal_ein": "12-3456789",
}
PAUSED = PauseHistory((PAUSE,))
SELF_APPROVAL = replace(POLICY, self_approval=True)


def about(record_state: RecordState, version: str | None = None) -> ButtonValue:
    """The value of a button for this record, or for an earlier version of it."""
    return ButtonValue(
        record_state.entity, version or record_state.record.version, owner_revision=record_state.owner_revision
    )


# ---------------------------------------------------------------- connect


def connect_forms() -> Section:
    return Section("Connect: the form and its answers", tuple(_connect_forms()))


def _connect_forms() -> Iterator[Entry]:
    form = typed("The form", f"connect {GROUP}")
    yield form
    unnamed = replace(DISPLAY, carriers=Carriers())
    by_id = typed("The form: no carriers are named", "connect", display=unnamed)
    yield by_id
    yield submitted("Error: no carrier id", by_id, CONNECT_VALUES | {"carrier_id": "Guardian"}, display=unnamed)
    yield chosen("The form: advanced fields", form, "", choose=connect.show_advanced)
    many = Carriers({f"{number:08d}{GUARDIAN[8:]}": f"Carrier {number}" for number in range(101)})
    yield typed("The form: more than a hundred carriers", "connect", display=replace(DISPLAY, carriers=many))
    yield typed("The form: a guest", "connect", actor=GUEST)
    yield submitted("Errors: nothing was entered", form, {})
    wrong = {"federal_ein": "12-34", "broker_tin": "x", "employer_email_address": "nobody", "group_name": "A\u200bB"}
    yield submitted("Errors: wrong values", form, CONNECT_VALUES | wrong)
    yield submitted("Error: a wrong federal EIN", form, CONNECT_VALUES | {"federal_ein": "12-34567"})
    yield submitted("Errors: too long", form, CONNECT_VALUES | {"group_name": "Maple " * 40})
    yield submitted("Error: a guest submits it", form, CONNECT_VALUES, actor=GUEST)
    pending = connection_request()
    yield submitted("Error: it was requested already", form, CONNECT_VALUES, operations=[pending])
    yield submitted("Error: somebody else's request was just completed", form, CONNECT_VALUES, submission_fails=True)
    yield submitted("Sending", form, CONNECT_VALUES)
    yield submitted("Paused, not sent yet", form, CONNECT_VALUES, pauses=PAUSED)
    own = replace(pending, id=VIEW_ID, input=replace(_wanted(pending), encrypted="encrypted"))
    sent = with_outcome(own, OutcomeKind.CONFIRMED)
    yield submitted("Sent before", form, CONNECT_VALUES, operations=[sent])


def existing_group_forms() -> Section:
    return Section("Connect: a group that Noyo knows", tuple(_existing_group_forms()))


def _existing_group_forms() -> Iterator[Entry]:
    known = connection(status=ConnectionStatus.COMPLETED, carrier_id=BEAM)
    empty = typed("", "connect")
    form = chosen("The form for a chosen group", empty, GROUP_ID, records=[known])
    yield form
    yield typed("The form: the command names the group", f"connect {GROUP}", records=[known])
    yield clicked("The form: from Add a Carrier", Action.ADD_CARRIER, about(known), records=[known])
    yield clicked("Add a Carrier: a guest", Action.ADD_CARRIER, about(known), records=[known], actor=GUEST)
    unnamed = connection(group_id=None)
    yield clicked("Add a Carrier: Noyo names no group", Action.ADD_CARRIER, about(unnamed), records=[unnamed])
    several = [connection(id=f"connection {number}", carrier_group_id=f"{number}") for number in range(6)]
    yield chosen("The form: more connections than are shown", empty, GROUP_ID, records=several)
    yield chosen("The form: the group is not known any more", empty, GROUP_ID)
    values = {"group": GROUP_ID, "carrier_id": GUARDIAN, "carrier_group_id": "00110011"}
    yield submitted("Errors: nothing else was entered", form, {"group": GROUP_ID}, records=[known])
    yield submitted("Sending", form, values, records=[known])
    similar = CONNECT_VALUES | {"group_name": f"{GROUP} Inc"}
    yield submitted("A new group with a similar name", empty, similar, records=[known])
    alike = [connection(id=f"connection {number}", group_id=f"group {number}") for number in range(6)]
    yield submitted("A new group with many similar names", empty, similar, records=alike)


def _wanted(operation: Operation) -> Any:
    return operation.input


# ---------------------------------------------------------------- retry


def retry_forms() -> Section:
    return Section("Retry: the form and its answers", tuple(_retry_forms()))


def _retry_forms() -> Iterator[Entry]:
    failed, completed = connection(), connection(status=ConnectionStatus.COMPLETED, version="next")
    form = clicked("The form", Action.RETRY, about(failed), records=[failed])
    yield form
    earlier = about(failed, "earlier")
    yield clicked("The form: the connection has changed", Action.RETRY, earlier, records=[failed])
    yield clicked("A retry is open", Action.RETRY, about(failed), records=[failed], operations=[a_retry()])
    yield clicked("It is connected now", Action.RETRY, about(failed), records=[completed])
    yield clicked("The connection is not stored", Action.RETRY, about(failed))
    yield submitted(
        "Errors: wrong values", form, {"federal_ein": "12", "carrier_group_id": "a\u202eb"}, records=[failed]
    )
    values = {"carrier_group_id": "00110022"}
    yield submitted("Error: a retry is open", form, values, records=[failed], operations=[a_retry()])
    yield submitted("The connection has changed", form, values, records=[completed])
    moved = replace(failed, record=replace(failed.record, version="next"))
    yield submitted("The connection failed again meanwhile", form, values, records=[moved])
    yield submitted("Somebody else's retry was just completed", form, values, records=[failed], submission_fails=True)
    yield submitted("Sending", form, values, records=[failed])
    yield submitted("Paused, not sent yet", form, values, records=[failed], pauses=PAUSED)
    own = replace(a_retry(), id=VIEW_ID)
    yield submitted("Sent before, still open", form, values, records=[moved], operations=[own])
    deferred = replace(own, deferred_by=PAUSE)
    yield submitted("Sent before, deferred", form, values, records=[moved], operations=[deferred])
    confirmed = with_outcome(own, OutcomeKind.CONFIRMED)
    yield submitted("Sent before, confirmed", form, values, records=[moved], operations=[confirmed])
    for title, metadata in (("A form that cannot be read", "unreadable"), ("A form of another version", '{"s":2}')):
        yield submitted(title, Modal("", {**_view(form), "private_metadata": metadata}), values)


def _view(form: Entry) -> Any:
    return form.view if isinstance(form, Modal) else {}


# ---------------------------------------------------------------- approve and reject


def decision_forms() -> Section:
    return Section("Approve and reject: the forms and their answers", tuple(_decision_forms()))


def _decision_forms() -> Iterator[Entry]:
    waits = request()
    asked: dict[str, Any] = {"records": [waits], "actor": "UBEN"}
    for action in (Action.APPROVE, Action.REJECT):
        yield clicked(f"{action.value.capitalize()}: the form", action, about(waits), **asked)
    undated = request(effective_end_date=None)
    yield clicked("Approve: no last managed day", Action.APPROVE, about(undated), records=[undated], actor="UBEN")
    outside = {"display": OTHER_ENVIRONMENT, **asked}
    yield clicked("Reject: outside production", Action.REJECT, about(waits), **outside)
    form, reject = (clicked("", action, about(waits), **asked) for action in (Action.APPROVE, Action.REJECT))
    past = {f"end_date.{waits.record.version}": "2025-12-01"}
    yield submitted("Approve: the day is in the past", form, past, **asked)
    yield submitted("Approve: no day, and a long note", form, {"context": "x" * 501}, records=[undated], actor="UBEN")
    yield submitted("Reject: no reason", reject, {"context": "hidden\u202e"}, **asked)
    yield submitted("Reject: any other reason", reject, {"reason": "other"}, **asked)
    yield submitted("Approve: sending", form, {}, **asked)
    yield submitted("Reject: sending", reject, {"reason": "payment_reinstated"}, **asked)
    yield submitted("Approve: not an approver", form, {}, records=[waits])
    yield submitted("Approve: another decision is open", form, {}, operations=[rejection(actor="UCARA")], **asked)
    yield submitted("Approve: somebody else's decision was just settled", form, {}, submission_fails=True, **asked)
    yield from _changed_requests(waits)


def _changed_requests(waits: RecordState) -> Iterator[Entry]:
    """The request is no longer what the person saw, or not theirs to decide on."""

    def shown(title: str, *records: RecordState, actor: str = "UBEN", **stored: Any) -> Entry:
        return clicked(title, Action.APPROVE, about(waits, "earlier"), records=records, actor=actor, **stored)

    before = replace(waits.record, version="earlier", status=UnknownValue("draft"), group_name="Maple Bakery")
    yield shown("It has changed, but not what is shown", waits, versions=[replace(waits.record, version="earlier")])
    yield shown("It has changed, with what changed", waits, versions=[before])
    yield shown("It has changed, the earlier version is not stored", waits)
    yield shown("It is not stored")
    yield shown("A decision is open", waits, operations=[approval(actor="UCARA")])
    decided = request(status=DisconnectionStatus.PROCESSING, decided=NOW)
    yield shown("It was decided elsewhere", decided)
    confirmed = with_outcome(approval(), OutcomeKind.CONFIRMED)
    yield shown("It was decided with Switchboard", decided, operations=[confirmed])
    yield shown("It was deleted at Noyo", request(status=LocalStatus.DELETED))
    own = replace(waits, requester="UBEN")
    yield shown("They requested it themselves", own)
    only_ben = replace(POLICY, approvers=frozenset({"UBEN"}))
    yield shown("They requested it themselves, and nobody else may decide", own, policy=only_ben)
    of_group = replace(POLICY, approvers=frozenset({"SOPS"}))
    yield shown("The members of the approvers' group are not known", waits, policy=of_group)
    yield shown("They are no approver", waits, actor="UANA")
    nobody = replace(POLICY, approvers=frozenset())
    yield shown("Nobody may decide", waits, policy=nobody)


# ---------------------------------------------------------------- disconnect


def disconnect_forms() -> Section:
    return Section("Disconnect: the form and its answers", tuple(_disconnect_forms()))


def _disconnect_forms() -> Iterator[Entry]:
    connected = connection(status=ConnectionStatus.COMPLETED)
    rejected = request(status=DisconnectionStatus.REJECTED, decided=NOW - 900)
    asked: dict[str, Any] = {"records": [connected], "actor": "UBEN"}
    form = clicked("The form", Action.DISCONNECT, about(connected), records=[connected, rejected], actor="UBEN")
    yield form
    yield clicked("The form: no second approver", Action.DISCONNECT, about(connected), needs_second=False, **asked)
    yield clicked("The form: the connection has changed", Action.DISCONNECT, about(connected, "earlier"), **asked)
    unnamed = connection(status=ConnectionStatus.COMPLETED, group_name=None)
    no_name: dict[str, Any] = {"records": [unnamed], "actor": "UBEN"}
    nameless = clicked("The form: a group without a name", Action.DISCONNECT, about(unnamed), **no_name)
    yield nameless
    wrong = {"end_date": "2025-12-01", "typed_name": "Maple Brewery", "context": "x" * 501}
    yield submitted("Errors: wrong values", form, wrong, **asked)
    yield submitted("Errors: nothing was entered", form, {}, **asked)
    far = {"end_date": "2041-01-01", "reason": "other", "typed_name": GROUP}
    yield submitted("Errors: a day too far ahead, and no reason in words", form, far, **asked)
    values = {"end_date": "2026-01-09", "reason": "terminated", "typed_name": GROUP}
    yield submitted("Waiting for a second approver", form, values, **asked)
    yield submitted("Waiting for an approver", form, values, policy=SELF_APPROVAL, **asked)
    yield submitted("Sending", form, values, needs_second=False, **asked)
    yield submitted("Somebody else's request was just settled", form, values, submission_fails=True, **asked)
    ending = request(status=DisconnectionStatus.PROCESSING)
    both: dict[str, Any] = {"records": [connected, ending], "actor": "UBEN"}
    yield submitted("It is being disconnected by now", form, values, **both)
    yield submitted("It is no longer stored", form, values, actor="UBEN")
    open_request = waits_from(disconnection(confirmed=False), 86400)
    yield submitted("Ben requested it before", form, values, operations=[open_request], **asked)
    yield submitted(
        "Ben requested it before; Cara may confirm it", form, values, operations=[open_request], **asked | _CARA
    )
    yield from _not_to_disconnect(connected)


_CARA = {"actor": "UCARA"}


def _not_to_disconnect(connected: RecordState) -> Iterator[Entry]:
    def shown(title: str, *records: RecordState, **stored: Any) -> Entry:
        return clicked(title, Action.DISCONNECT, about(connected), records=records, actor="UBEN", **stored)

    for status in (DisconnectionStatus.COMPLETED, UnknownValue("on_hold")):
        yield shown(f"Its disconnection request: {status.value.replace('_', ' ')}", connected, request(status=status))
    yield shown("It is not connected", connection())
    yield shown("Noyo does not name its group", connection(status=ConnectionStatus.COMPLETED, group_id=None))
    yield shown("It is not stored")
    yield shown("Its request is being sent", connected, operations=[disconnection()])


# ---------------------------------------------------------------- the second approver


def confirmation_forms() -> Section:
    return Section("Confirm and withdraw: the form and its answers", tuple(_confirmation_forms()))


def _confirmation_forms() -> Iterator[Entry]:
    waits = waits_from(disconnection(confirmed=False), 86400)
    value = ButtonValue(operation_id=waits.id)
    connected = connection(status=ConnectionStatus.COMPLETED)
    stored: dict[str, Any] = {"operations": [waits], "records": [connected], "actor": "UCARA"}
    form = clicked("The form", Action.CONFIRM, value, **stored)
    yield form
    renamed = connection(status=ConnectionStatus.COMPLETED, group_name="Maple Bakery LLC")
    yield clicked("The form: the group was renamed", Action.CONFIRM, value, **stored | {"records": [renamed]})
    yield clicked("The form: the connection is not stored", Action.CONFIRM, value, **stored | {"records": []})
    other_group = connection(status=ConnectionStatus.COMPLETED, group_id="5b1c7c5e-0000-4000-8000-000000000006")
    yield clicked(
        "The connection belongs to another group", Action.CONFIRM, value, **stored | {"records": [other_group]}
    )
    yield clicked("The connection is not connected", Action.CONFIRM, value, **stored | {"records": [connection()]})
    only_cara = replace(POLICY, approvers=frozenset({"UCARA"}))
    yield clicked("Ben is no longer an approver", Action.CONFIRM, value, policy=only_cara, **stored)
    yield clicked("Ben cannot confirm his own request", Action.CONFIRM, value, **stored | {"actor": "UBEN"})
    yield clicked("Ana is no approver", Action.CONFIRM, value, **stored | {"actor": "UANA"})
    yield clicked("It was settled long ago", Action.CONFIRM, value, actor="UCARA")
    for title, operation in _no_longer_waiting(waits):
        yield clicked(title, Action.CONFIRM, value, **stored | {"operations": [operation]})
    yield submitted("Sending", form, {}, **stored)
    yield submitted("Paused, not sent yet", form, {}, pauses=PAUSED, **stored)
    yield submitted("Ben submits it himself", form, {}, **stored | {"actor": "UBEN"})
    yield submitted("Somebody else confirmed it first", form, {}, **stored | {"operations": [disconnection()]})
    yield submitted("It was settled long ago when submitted", form, {}, actor="UCARA")
    withdraw = Action.WITHDRAW
    yield clicked("Withdrawn", withdraw, value, **stored)
    yield clicked("Withdraw: Ana is no approver", withdraw, value, **stored | {"actor": "UANA"})
    yield clicked("Withdraw: it was settled long ago", withdraw, value, actor="UCARA")
    yield clicked("Withdraw: it is being sent", withdraw, value, **stored | {"operations": [disconnection()]})
    yield clicked("Withdraw: it was sent", withdraw, value, **stored | {"operations": [_confirmed()]})


def _confirmed() -> Operation:
    return with_outcome(disconnection(), OutcomeKind.CONFIRMED)


def _no_longer_waiting(waits: Operation) -> Iterator[tuple[str, Operation]]:
    yield "The time has passed", waits_from(waits, -60)
    yield "Cara confirmed it before", disconnection()
    yield "Somebody else confirmed it", disconnection(second_approval=SecondApproval("UDAN", NOW - 60))
    yield "It was withdrawn", with_outcome(waits, OutcomeKind.WITHDRAWN)
    yield "It was sent", _confirmed()


# ---------------------------------------------------------------- claims and manual resolutions


def claims() -> Section:
    return Section("Claim and release", tuple(_claims()))


def _claims() -> Iterator[Entry]:
    free = request()
    own = replace(free, owner="UBEN", owned_since=NOW - 60, owned_until=NOW + 3600, owner_revision=3)
    of_cara = replace(own, owner="UCARA")
    earlier = replace(about(own), owner_revision=2)
    claim, release = Action.CLAIM, Action.RELEASE
    yield clicked("Claimed", claim, about(free), records=[free], actor="UBEN")
    yield clicked("Claim: a guest", claim, about(free), records=[free], actor=GUEST)
    yield clicked("Claim: a guest, without a modal", claim, about(free), records=[free], actor=GUEST, in_modal=False)
    yield clicked("Claim: not stored", claim, about(free), actor="UBEN")
    decided = request(status=DisconnectionStatus.REJECTED)
    yield clicked("Claim: already decided", claim, about(free), records=[decided], actor="UBEN")
    released = replace(free, owner_revision=4)
    yield clicked("Claim: released meanwhile", claim, earlier, records=[released], actor="UBEN")
    yield clicked("Claim: claimed by somebody else meanwhile", claim, earlier, records=[of_cara], actor="UBEN")
    yield clicked("Released", release, about(own), records=[own], actor="UBEN")
    yield clicked("Release: nobody claimed it", release, about(own), records=[free], actor="UBEN")
    yield clicked("Release: somebody else claimed it", release, about(own), records=[of_cara], actor="UBEN")
    yield clicked("Release: claimed again meanwhile", release, earlier, records=[own], actor="UBEN")


def resolutions() -> Section:
    return Section("Answers to questions", tuple(_resolutions()))


def _resolutions() -> Iterator[Entry]:
    unclear = a_retry(state=OperationState.NEEDS_RESOLUTION, attempts=1, sends=1, first_sent_at=NOW - 900)
    value = ButtonValue(operation_id=unclear.id, version="1", record_version=connection().record.version)
    stored: dict[str, Any] = {"operations": [unclear], "records": [connection()]}
    for action in (Action.ARRIVED, Action.SEND_AGAIN, Action.CLOSE):
        yield clicked(f"Recorded: {action.value.removeprefix('resolve_')}", action, value, **stored)
    send_again, of_now = Action.SEND_AGAIN, {"pauses": PAUSED, **stored}
    yield clicked("Recorded while sending is paused", send_again, value, **of_now)
    yield clicked("A guest", send_again, value, actor=GUEST, **stored)
    yield clicked("About an earlier attempt", send_again, replace(value, version="0"), **stored)
    yield clicked("About an earlier version", send_again, replace(value, record_version="earlier"), **stored)
    yield clicked("Somebody else was faster", send_again, value, save_fails=True, **stored)
    closed = with_outcome(unclear, OutcomeKind.CLOSED)
    yield clicked("Already resolved", send_again, value, operations=[closed], records=[connection()])
    yield clicked("Settled long ago", send_again, value)
