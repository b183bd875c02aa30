"""Slack room: *decide*: a carrier or somebody else asks to disconnect a group, and one of us says yes or no.

They have asked the group, and end somebody's coverage or keep it. What can go wrong: two people decide at once, the
request is another by the time the form is submitted, it was decided at Noyo, a day that is long past.
"""

from __future__ import annotations

from typing import Any

from bot.domain.decisions import Decision
from bot.domain.operations import AnswerTo, DecisionRequest, Operation, OperationKind
from bot.domain.people import Right
from bot.domain.records import Disconnection
from bot.domain.tracking import Tracked
from bot.slack import facts, replies
from bot.slack.buttons import ButtonValue
from bot.slack.decide_form import changes, decision_faults, decision_form, decision_wanted
from bot.slack.deeds import DECISION_NOUNS, under_way
from bot.slack.disconnection_card import decided_elsewhere
from bot.slack.modals import said, values_of
from bot.slack.office import Asker, Office
from bot.slack.phrases import Json, Line, Moment, labelled, line
from bot.slack.record_card import last_outcome
from bot.slack.statuses import status_name
from bot.slack.submitted import about, repeated, sending
from bot.usecases.place import Changed, InTheWay, NotAllowed, Placed, decidable, decide, outdated

_UNKNOWN = "This request is not known here any more. Nothing was sent to Noyo."


def click(office: Office, asker: Asker, decision: Decision, value: ButtonValue) -> None:
    """*Approve…* or *Reject…*: opens the form, or says why it cannot be."""
    office.web.open_view(asker.trigger_id, _opened(office, asker, decision, value))


def open_for(office: Office, asker: Asker, decision: Decision, tracked: Tracked) -> None:
    """`/noyo approve` and `/noyo reject`: the same for a request that was found by name."""
    click(office, asker, decision, ButtonValue(tracked.subject, tracked.record.version))


def submit(office: Office, asker: Asker, decision: Decision, view: dict[str, Any]) -> Json:
    """Places the decision for the version that was shown; else shows what changed, or who was first."""
    shown = about(view)
    permission = office.permits(Right.APPROVE, asker, shown.record)
    if not permission.allowed:
        return replies.over_it(said("Not sent", replies.refusal(permission)))
    tracked = office.records.tracked(shown.record)
    record = tracked.record if tracked else None
    if tracked is None or not isinstance(record, Disconnection) or record.version != shown.version:
        return replies.shows(_moved(office, asker, decision, tracked, shown, view["id"]))
    permission = office.permits_on(tracked.asker, asker, shown.record)
    if not permission.allowed:
        return replies.over_it(said("Not sent", replies.refusal(permission)))
    values = values_of(view)
    found = decision_faults(decision, values, record, office.today())
    if found:
        return replies.errors(found)
    wanted = decision_wanted(decision, values, record, unversioned=office.reject_without_version)
    return replies.shows(_placed(office, asker, wanted, tracked, view["id"]))


def _opened(office: Office, asker: Asker, decision: Decision, value: ButtonValue) -> Json:
    permission = office.permits(Right.APPROVE, asker, value.record)
    if not permission.allowed:
        return said("Not possible", replies.refusal(permission))
    tracked = office.records.tracked(value.record)
    permission = office.permits_on(tracked.asker if tracked else None, asker, value.record)
    if not permission.allowed:
        return said("Not possible", replies.refusal(permission))
    return _first(office, tracked) or _asked(office, decision, tracked, value)


def _first(office: Office, tracked: Tracked | None) -> Json | None:
    """Somebody is deciding already."""
    operation = office.operations.open_on(tracked.subject) if tracked is not None else None
    return _somebody_else(operation) if operation is not None else None


def _asked(office: Office, decision: Decision, tracked: Tracked | None, shown: ButtonValue) -> Json:
    """The form for the request as it is now, with what changed since it was shown."""
    if tracked is None or not isinstance(tracked.record, Disconnection):
        return said("Not possible", _UNKNOWN)
    if not decidable(tracked):
        return _not_now(office, tracked, tracked.record)
    moved = tracked.record.version != shown.version
    changed = changes(_seen(office, shown), tracked.record) if moved else []
    return decision_form(decision, tracked.record, office.look, changed)


def _placed(office: Office, asker: Asker, wanted: DecisionRequest, tracked: Tracked, view_id: str) -> Json:
    placing = decide(
        view_id,
        asker.user_id,
        shown=tracked,
        wanted=wanted,
        answer_to=AnswerTo(view_id=view_id),
        tools=office.placing_for(asker),
    )
    match placing:
        case Placed(operation) if operation.state.settled:
            return said("Sent already", repeated(operation))
        case Placed(operation):
            return sending(_what(office, wanted, tracked), office.look.decisions_channel, operation)
        case InTheWay(operation):
            return _somebody_else(operation)
        case NotAllowed(permission):
            return said("Not sent", replies.refusal(permission))
        case Changed(now):
            shown = ButtonValue(tracked.subject, tracked.record.version)
            return _asked(office, wanted.decision, now, shown)


def _moved(
    office: Office, asker: Asker, decision: Decision, now: Tracked | None, shown: ButtonValue, view_id: str
) -> Json:
    """Another version than the one shown. A repeat of what was placed from this very window is no change."""
    placed = office.operations.operation(view_id)
    if placed is not None:
        return said("Sent already", repeated(placed))
    outdated(
        view_id,
        asker.user_id,
        shown.record,
        OperationKind.DECIDE_DISCONNECTION,
        DecisionRequest(decision),
        shown_version=shown.version,
        tools=office.placing_for(asker),
    )
    return _first(office, now) or _asked(office, decision, now, shown)


def _seen(office: Office, shown: ButtonValue) -> Disconnection | None:
    known = office.records.history(shown.record, since=0)
    return next(
        (one for one in known if isinstance(one, Disconnection) and one.version == shown.version), None
    )


def _somebody_else(operation: Operation) -> Json:
    """A window, since Slack shows nobody's name under a field."""
    now = under_way(operation) if operation.open else last_outcome(operation)
    return said(
        "Somebody was first",
        now,
        labelled("Asked for", Moment(operation.placed_at)),
        "Nothing was sent for you; its card tells how it goes.",
    )


def _not_now(office: Office, tracked: Tracked, record: Disconnection) -> Json:
    last = office.operations.last_on(tracked.subject)
    lines: list[Line] = [
        line(facts.group(record), " is now: ", status_name(record.status, bold=True), "."),
        *([last_outcome(last)] if last is not None else []),
        *decided_elsewhere(record, last),
        line("There is nothing left to decide, and nothing was sent to Noyo."),
    ]
    return said("Decided already", *lines)


def _what(office: Office, wanted: DecisionRequest, tracked: Tracked) -> Line:
    noun = DECISION_NOUNS[wanted.decision]
    return line(f"your {noun} for ", *facts.group_and_carrier(tracked.record, office.look))
