"""*history*: somebody wants to know what happened to a group or to one of its connections: who did what, and what came
of it.

A customer or an auditor asks, often months later. What can go wrong: an attempt is read as a success, what happened to
one connection is taken for another's, or a history that was cut looks complete.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from bot.domain.content import GroupRecords
from bot.domain.people import AuditEntry, Right
from bot.domain.record_states import RecordState
from bot.domain.records import EntityKind, EntityRef, changed_fields, group_ref
from bot.domain.requests import ConnectionOptions, DecisionReason, DisconnectionReason
from bot.errors import UnknownSchema
from bot.slack.context import OWN_REQUEST, RequestContext
from bot.slack.features import listing, picking, search
from bot.slack.features.listing import pages_of, row, turning, unsearched
from bot.slack.features.search import Found
from bot.slack.views import record_facts, replies
from bot.slack.views.buttons import show_buttons
from bot.slack.views.connection_options import options_text
from bot.slack.views.message import Buttons, DisplaySettings, Paragraph, Part, SmallPrint
from bot.slack.views.operation_text import DISCONNECT_REASONS, REASONS, note
from bot.slack.views.rich_text import (
    MAX_QUOTE_LENGTH,
    Json,
    RichText,
    Timestamp,
    UntrustedText,
    UserMention,
    date_text,
    rich_text,
)
from bot.usecases.notifications.read_model import current_disconnections, group_records
from bot.usecases.notifications.timeline import Moment, Timeline, VersionShown, disconnection_logs, timeline

LISTED = 20
"""Lines on a page."""
GROUP_RECORDS = 12
"""Records whose history is read for that of a group: some fifty queries."""
_WORDS = MAX_QUOTE_LENGTH // 4


def start(context: RequestContext, text: str) -> Json:
    """`/noyo history who`: what happened to a group or to one record, newest first."""
    if not text:
        return picking.question(context, "Whose history?", "history", proposes=True)
    permission = context.authorize(Right.VIEW)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    found = search.find(context, text)
    if not found.records:
        return replies.ephemeral(search.nothing_found(context, text))
    group_id = found.group_id
    if group_id is not None and (len(found.records) > 1 or group_id == text.casefold()):
        return _of_group(context, group_records(group_id, context.deps.records, found.records))
    if len(found.records) > 1 or found.similar:
        return _which(context, found)
    return _of_record(context, found.records[0])


def _which(context: RequestContext, found: Found) -> Json:
    opening = "Similar names were found" if found.similar else "Several match"
    parts: list[Part] = [Paragraph([rich_text(f"{opening}. Type {context.command} history and the id of one:")])]
    pages = pages_of(context, len(found.records))
    shown = found.records[pages.start : pages.end]
    disconnections = current_disconnections(shown, context.deps.records)
    for record_state in shown:
        parts += [
            Paragraph([row(context, record_state.record, disconnections.get(record_state.entity))]),
            SmallPrint([record_facts.id_and_version(record_state.record)]),
        ]
    return replies.ephemeral(*parts, *turning(context, pages), *unsearched(found.records), found.hint)


def _of_record(context: RequestContext, record_state: RecordState) -> Json:
    record = record_state.record
    found = timeline([record_state], disconnection_logs([record_state]), context.deps)
    disconnection = current_disconnections([record_state], context.deps.records).get(record_state.entity)
    opening = rich_text("History of ", *record_facts.title(record, context.display), ":")
    parts = _page(context, found, {})
    now = record_facts.status_line(record, disconnection)
    return replies.ephemeral(Paragraph([opening, now]), *parts, SmallPrint([record_facts.id_and_version(record)]))


def _of_group(context: RequestContext, group: GroupRecords) -> Json:
    shown = latest(group, GROUP_RECORDS)
    found = timeline(shown, [*disconnection_logs(shown), group_ref(group.id)], context.deps)
    opening = rich_text("History of ", listing.group_name(group), ", newest first:")
    left_out = len(group.states) - len(shown)
    parts = _page(context, found, record_labels(shown, context.display), whole=left_out == 0)
    incomplete = f"These are the {len(shown)} of its {len(group.states)} records that changed last. "
    others = f"{incomplete}For another one: {context.command} history and its id."
    back = show_buttons(f"status {group.id}", "Show Group", f"Show {listing.spoken_group_name(group)}")
    return replies.ephemeral(
        Paragraph([opening]),
        *parts,
        *([Paragraph([rich_text(others)])] if left_out > 0 else []),
        Buttons(back, f"{group.id}:back"),
    )


def latest(group: GroupRecords, number: int) -> list[RecordState]:
    """The records of the group to which something happened last, as far as their states tell."""
    newest_first = sorted(group.states, key=lambda state: -max(state.record.modified, state.owned_since or 0))
    return newest_first[:number]


def _page(
    context: RequestContext, found: Timeline, about: Mapping[EntityRef, RichText], *, whole: bool = True
) -> list[Part]:
    """`whole`: whether all records were read that the history is of."""
    pages = pages_of(context, len(found.moments), LISTED)
    shown = lines(context, found.moments[pages.start : pages.end], about)
    is_last_page = pages.end == pages.total
    notes = [
        "Nobody has done anything about it in Switchboard." if whole and not _has_actions(found) else "",
        "Older entries are not shown here." if is_last_page and not found.is_complete else "",
    ]
    return [Paragraph(shown), Paragraph([rich_text(each) for each in notes]), *turning(context, pages)]


def _has_actions(found: Timeline) -> bool:
    return any(isinstance(each.happened, AuditEntry) for each in found.moments)


# ---------------------------------------------------------------- a line for each moment


def record_labels(states: Sequence[RecordState], display: DisplaySettings) -> dict[EntityRef, RichText]:
    """Which of a group's records a line is about."""
    records = [(state.entity, state.record.carrier_id) for state in states]
    logs = [(entity, entity.key.rpartition("#")[2]) for entity in disconnection_logs(states)]
    return {entity: _label(entity, carrier_id, display) for entity, carrier_id in [*records, *logs]}


def _label(entity: EntityRef, carrier_id: str, display: DisplaySettings) -> RichText:
    is_connection = entity.kind is EntityKind.CONNECTION
    return rich_text(display.carrier(carrier_id), "" if is_connection else ", disconnection request", " · ")


def lines(context: RequestContext, moments: Sequence[Moment], about: Mapping[EntityRef, RichText]) -> list[RichText]:
    """`about`: what to name in the lines of an entity, if they are about several."""
    notes = _notes(context, [each.happened for each in moments if isinstance(each.happened, AuditEntry)])
    return [_line(context, each, about.get(each.entity, ()), notes) for each in moments]


def _line(context: RequestContext, moment: Moment, about: RichText, notes: Mapping[str, RichText]) -> RichText:
    what = moment.happened
    happened = _version(what, context.display) if isinstance(what, VersionShown) else _entry(what, notes)
    return rich_text(Timestamp(moment.at), " · ", *about, *happened)


def _version(shown: VersionShown, display: DisplaySettings) -> RichText:
    record, before = shown.record, shown.before
    status = rich_text("Noyo: ", record_facts.status_name(record.status))
    if before is None or before.status != record.status:
        details = record_facts.message_text(record, _WORDS)
        return rich_text(*status, ", ", *details) if details else status
    changes = record_facts.change_lines(changed_fields(before, record), record.status, display)
    return rich_text(*status, *(span for change in changes for span in (", ", *change)))


def _notes(context: RequestContext, entries: Sequence[AuditEntry]) -> dict[str, RichText]:
    """The notes for Noyo by operation, while those are stored: the audit log contains no text that people typed."""
    with_note = [dict(entry.details) for entry in entries if _table_key(dict(entry.details)) in _DECIDED]
    ids = {details["operation"] for details in with_note if "operation" in details}
    try:
        found = context.deps.operations.operations(ids) if ids else {}
    except UnknownSchema:
        return {}  # The history is complete without the notes.
    return {operation_id: note(operation) for operation_id, operation in found.items()}


def _entry(entry: AuditEntry, notes: Mapping[str, RichText]) -> RichText:
    who, details = UserMention(entry.actor) if entry.actor else "Switchboard", dict(entry.details)
    text = notes.get(details.get("operation", "")) if entry.action == "operation_submitted" else ()
    shown = rich_text("; note for Noyo: ", *text) if text else ()
    return rich_text(who, ": ", *_description(entry.action, details), *shown)


def _description(action: str, details: Mapping[str, str]) -> RichText:
    if action == "operation_submitted":
        return rich_text(_submitted(details))
    if "deferred_since" in details:
        again = " again" if "sent_before" in details else ""
        return rich_text(f"{_noun(details)} is deferred, not sent{again} yet")
    if action == "denied":
        own = details.get("wanted") == OWN_REQUEST
        return rich_text("was refused: they had requested it themselves" if own else "was refused: they lack the right")
    if action in ("claimed", "claim_expired"):
        return _checking(action, details.get("owner"))
    if action == "handed_over":
        return rich_text("handed it over to ", UserMention(details.get("new_owner", "")))
    if action == "resolution_chosen":
        return rich_text(_RESOLUTIONS.get(details.get("resolution", ""), "resolved it"))
    if action in _SENTENCES:
        return rich_text(_SENTENCES[action])
    if action == "submission_conflict":
        return _conflict(details)
    return _result(action, details)


def _result(action: str, details: Mapping[str, str]) -> RichText:
    """What became of an operation; an action that this version does not know is shown as it is."""
    state, outcome = action.removeprefix("operation_"), details.get("outcome", "")
    if state == "pending" and "delay_reason" in details:
        return rich_text(f"{_noun(details)} is delayed: ", UntrustedText(details["delay_reason"], _WORDS))
    result = _outcome(details.get("kind", ""), outcome, sent_before="sent_before" in details) or _STATES.get(state)
    if result is None:
        unknown = rich_text(UntrustedText(action, 60))
        return rich_text(*unknown, " ", UntrustedText(outcome, 60)) if outcome else unknown
    found = details.get("kind") == "refresh_record" and outcome == "confirmed"
    has_message = (found or outcome in ("refused", "read_refused")) and "message" in details
    message = rich_text(": ", UntrustedText(details["message"], _WORDS)) if has_message else ()
    return rich_text(f"{_noun(details)} {result}", *message)


def _outcome(kind: str, outcome: str, *, sent_before: bool) -> str | None:
    """None for an outcome that this version does not know."""
    because = _DISCONNECTIONS_NOT_SENT.get((kind, outcome)) or _NOT_SENT.get(outcome)
    if because is not None:
        return f"{'will not be sent again' if sent_before else 'was not sent'}: {because}"
    return _OF_DISCONNECTIONS.get((kind, outcome)) or _OUTCOMES.get(outcome)


def _table_key(details: Mapping[str, str]) -> str:
    """The key of the tables below: the decision, or else the kind of the operation."""
    return details.get("decision") or details.get("kind", "")


def _noun(details: Mapping[str, str]) -> str:
    return _NOUNS.get(_table_key(details), "request")


def _checking(action: str, owner: str | None) -> RichText:
    if action == "claim_expired":
        return rich_text("ended the checking of ", UserMention(owner or ""), ", whose hours were over")
    return rich_text("started checking it", *(rich_text(" instead of ", UserMention(owner)) if owner else ()))


def _conflict(details: Mapping[str, str]) -> RichText:
    """For a person who came second, or who had seen an old version."""
    wanted = _WANTED.get(_table_key(details), "asked for something")
    first = details.get("first_by")
    if details.get("because") == "changed":
        why = rich_text("it had changed in the meantime")
    else:
        why = rich_text(UserMention(first), " was faster") if first else rich_text("someone else acted first")
    return rich_text(f"{wanted}, but ", *why, "; nothing was sent for them")


def _submitted(details: Mapping[str, str]) -> str:
    action = _DECIDED.get(_table_key(details))
    if action is None:
        what = _SUBMITTED.get(details.get("kind", ""), "asked for something")
        of_group = " of a group that Noyo knew already" if "group_id" in details else ""
        return f"{what}{of_group}{_options(details)}"
    particulars = []
    if "effective_end_date" in details:
        particulars.append(f"last managed day {date_text(date.fromisoformat(details['effective_end_date']))}")
    if "reason" in details:
        particulars.append(_reason(details["reason"], decision="decision" in details))
    with_ = f" ({', '.join(part for part in particulars if part)})" if particulars else ""
    how = "" if details.get("unversioned") is None else ", without a version for Noyo to check"
    then = ", to be sent to Noyo" if "decision" in details else ""
    return f"{action}{with_}{then}{how}"


def _options(details: Mapping[str, str]) -> str:
    text = options_text(ConnectionOptions.parse(details))
    return f" ({text})" if text else ""


def _reason(reason: str, *, decision: bool) -> str:
    """In words; empty for a reason that this version does not know."""
    if decision:
        return REASONS[DecisionReason(reason)].lower() if reason in set(DecisionReason) else ""
    return DISCONNECT_REASONS[DisconnectionReason(reason)].lower() if reason in set(DisconnectionReason) else ""


_SUBMITTED = {
    "request_connection": "asked for this connection",
    "retry_connection": "asked to retry",
    "refresh_record": "asked for a refresh from Noyo",
}
_DECIDED = {"approve": "approved", "reject": "rejected", "create_disconnection": "asked to disconnect"}
_SENTENCES = {
    "released": "stopped checking it",
    "disconnection_confirmed": "confirmed the request to disconnect, to be sent to Noyo",
    "disconnection_withdrawn": "withdrew the request to disconnect; nothing was sent",
    "confirmation_conflict": "tried to confirm the disconnection request, but it was no longer waiting",
    "withdrawal_conflict": "tried to withdraw the disconnection request, but it was no longer waiting",
    "resolution_conflict": "tried to resolve it, but someone else acted first",
}
_WANTED = {
    "approve": "tried to approve",
    "reject": "tried to reject",
    "request_connection": "tried to request this connection",
    "retry_connection": "tried to retry",
    "create_disconnection": "tried to request the disconnection",
}
_NOUNS = {
    "approve": "approval",
    "reject": "rejection",
    "retry_connection": "retry",
    "create_disconnection": "request to disconnect",
    "refresh_record": "refresh",
}
_OUTCOMES = {
    "confirmed": "was confirmed by Noyo",
    "reconciled": "was not confirmed at first, but Noyo shows its effect",
    "duplicate": "was not accepted: a connection with this carrier group id exists already",
    "refused": "was refused by Noyo",
    "not_found": "was not found at Noyo",
    "deleted": "ended: Noyo no longer has the record",
    "closed": "was closed; its effect is unknown",
    "reported_arrived": "arrived, as reported by a person",
    "unclear": "was not confirmed by Noyo; someone must check whether it arrived",
    "overdue": "did not succeed within a day",
    "expired": "expired unsent: no second approver confirmed it in time",
}
_OF_DISCONNECTIONS = {("create_disconnection", "confirmed"): "was accepted by Noyo"}
_NOT_SENT = {
    "changed": "it had changed at Noyo",
    "read_refused": "Noyo refused to show its records",
    "not_authorized": "the person had lost the right",
    "end_date_passed": "its last managed day is over",
}
_DISCONNECTIONS_NOT_SENT = {("create_disconnection", "duplicate"): "Noyo already has one"}
_STATES = {
    "reconciling": "was not confirmed by Noyo; checking whether it arrived",
    "pending": "shows no effect at Noyo, and will be sent again",
    "sending": "was picked up to be sent to Noyo",
}
_RESOLUTIONS = {
    "arrived": "reported that it arrived",
    "send_again": "reported that it did not arrive, and sent it again",
    "close": "closed it; its effect is unknown",
}
