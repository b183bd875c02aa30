"""*history*: somebody wants to know who did what about a group's connection, and what came of it.

A customer or an auditor asks, often months later. What can go wrong: an attempt is read as a success, or an entry that
this version does not know is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bot.domain.people import AuditEntry, Right
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, pending_disconnection_ref
from bot.domain.requests import DecisionReason, DisconnectionReason
from bot.errors import UnknownSchema
from bot.slack.context import OWN_REQUEST, RequestContext
from bot.slack.features import picking, search
from bot.slack.features.listing import pages_of, row, turning, unsearched
from bot.slack.features.search import Found
from bot.slack.views import record_facts, replies
from bot.slack.views.message import Paragraph, Part, SmallPrint
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
from bot.usecases.notifications.read_model import current_disconnections

LISTED = 20
_WORDS = MAX_QUOTE_LENGTH // 4


def start(context: RequestContext, text: str) -> Json:
    """`/noyo history who`: the newest entries of the audit log about one record."""
    if not text:
        return picking.question(context, "Whose history?", "history", proposes=True)
    permission = context.authorize(Right.VIEW)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    found = search.find(context, text)
    if not found.records:
        return replies.ephemeral(search.nothing_found(context, text))
    if len(found.records) > 1 or found.similar:
        return _which(context, found)
    return _history(context, found.records[0])


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


def _history(context: RequestContext, record_state: RecordState) -> Json:
    entries = _entries(context, record_state)
    record = record_state.record
    disconnection = current_disconnections([record_state], context.deps.records).get(record_state.entity)
    opening = rich_text("History of ", *record_facts.title(record, context.display), ":")
    now = record_facts.status_line(record, disconnection)
    notes = _notes(context, entries[:LISTED])
    lines = [_line(entry, notes) for entry in entries[:LISTED]] or [rich_text("No actions in Switchboard.")]
    if len(entries) > LISTED:
        lines.append(rich_text("There are older entries."))
    return replies.ephemeral(
        Paragraph([opening, now]), Paragraph(lines), SmallPrint([record_facts.id_and_version(record)])
    )


def _entries(context: RequestContext, record_state: RecordState) -> list[AuditEntry]:
    """The newest entries, with those of the request for this record and of requests to disconnect it.

    Those requests have entities of their own, since they had no Noyo id yet.
    """
    found = context.deps.audit.entries(record_state.entity, limit=LISTED + 1)
    requested_by = record_state.requested_by_operation
    request = context.deps.operations.operation(requested_by) if requested_by else None
    if request is not None and request.entity != record_state.entity:
        earlier = context.deps.audit.entries(request.entity, limit=LISTED + 1)
        found += [entry for entry in earlier if ("operation", request.id) in entry.details]
    record = record_state.record
    if isinstance(record, Connection) and record.group_id:
        disconnection = pending_disconnection_ref(record.group_id, record.carrier_id)
        found += context.deps.audit.entries(disconnection, limit=LISTED + 1)
    return sorted(found, key=lambda entry: (entry.at, entry.id), reverse=True)[: LISTED + 1]


def _notes(context: RequestContext, entries: list[AuditEntry]) -> dict[str, RichText]:
    """The notes for Noyo by operation, while those are stored: the audit log contains no text that people typed."""
    with_note = [dict(entry.details) for entry in entries if _table_key(dict(entry.details)) in _DECIDED]
    ids = {details["operation"] for details in with_note if "operation" in details}
    try:
        found = context.deps.operations.operations(ids) if ids else {}
    except UnknownSchema:
        return {}  # The history is complete without the notes.
    return {operation_id: note(operation) for operation_id, operation in found.items()}


def _line(entry: AuditEntry, notes: Mapping[str, RichText]) -> RichText:
    who, details = UserMention(entry.actor) if entry.actor else "Switchboard", dict(entry.details)
    text = notes.get(details.get("operation", "")) if entry.action == "operation_submitted" else ()
    shown = rich_text("; note for Noyo: ", *text) if text else ()
    return rich_text(Timestamp(entry.at), " · ", who, ": ", *_description(entry.action, details), *shown)


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
    refused = outcome in ("refused", "read_refused") and "message" in details
    message = rich_text(": ", UntrustedText(details["message"], _WORDS)) if refused else ()
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
        return f"{what} of a group that Noyo knew already" if "group_id" in details else what
    particulars = []
    if "effective_end_date" in details:
        particulars.append(f"last managed day {date_text(date.fromisoformat(details['effective_end_date']))}")
    if "reason" in details:
        particulars.append(_reason(details["reason"], decision="decision" in details))
    with_ = f" ({', '.join(part for part in particulars if part)})" if particulars else ""
    how = "" if details.get("unversioned") is None else ", without a version for Noyo to check"
    then = ", to be sent to Noyo" if "decision" in details else ""
    return f"{action}{with_}{then}{how}"


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
