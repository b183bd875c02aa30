"""Slack room: *history*: somebody wants to know who did what to a group's connection, and what came of it.

A customer or an auditor asks, often months later. What can go wrong: an entry is read as a success that was only an
attempt, or one that this version does not know is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bot.domain.decisions import DecisionReason, DisconnectReason
from bot.domain.people import Right
from bot.domain.records import Connection
from bot.domain.subjects import parting
from bot.domain.tracking import Tracked
from bot.ports import AuditEntry
from bot.slack import facts, replies, status
from bot.slack.deeds import DISCONNECT_REASONS, REASONS
from bot.slack.message import Paragraph, Part, SmallPrint
from bot.slack.office import OWN, Asker, Office
from bot.slack.phrases import SAID, Foreign, Json, Line, Moment, Person, line
from bot.slack.text import day

LISTED = 20
_WORDS = SAID // 4


def start(office: Office, asker: Asker, text: str) -> Json:
    """`/noyo history who`: the newest entries of the audit trail about one record."""
    if not text:
        return replies.only_you(f"Whose? Type {office.command} history and the group's name or an id.")
    permission = office.permits(Right.VIEW, asker)
    if not permission.allowed:
        return replies.only_you(replies.refusal(permission))
    found = office.records.find(text, limit=status.LISTED + 1)
    if not found:
        return replies.only_you(status.nothing_found(office, text))
    if len(found) > 1:
        return _which(office, found)
    return _of(office, found[0])


def _which(office: Office, found: list[Tracked]) -> Json:
    opening = line(f"Several match. Type {office.command} history and the id of one:")
    parts: list[Part] = [Paragraph([opening])]
    for tracked in found[: status.LISTED]:
        parts += [Paragraph([status.row(office, tracked.record)]), SmallPrint([facts.ids(tracked.record)])]
    if len(found) > status.LISTED:
        parts.append(Paragraph([line("There are more: add a word.")]))
    return replies.only_you(*parts)


def _of(office: Office, tracked: Tracked) -> Json:
    entries = _entries(office, tracked)
    opening = line("What was done about ", *facts.group_and_carrier(tracked.record, office.look), ":")
    lines = [_told(entry) for entry in entries[:LISTED]] or [line("Nothing, through Switchboard.")]
    if len(entries) > LISTED:
        lines.append(line("There is more, longer ago."))
    return replies.only_you(Paragraph([opening, *lines]), SmallPrint([facts.ids(tracked.record)]))


def _entries(office: Office, tracked: Tracked) -> list[AuditEntry]:
    """With those of the request that it came from, which had no Noyo id yet; of a connection, with what was asked to
    end it."""
    found = office.audit.entries(tracked.subject, limit=LISTED + 1)
    asking = office.operations.operation(tracked.asked_by) if tracked.asked_by else None
    if asking is not None and asking.subject != tracked.subject:
        earlier = office.audit.entries(asking.subject, limit=LISTED + 1)
        found += [entry for entry in earlier if ("operation", asking.id) in entry.details]
    record = tracked.record
    if isinstance(record, Connection) and record.group_id:
        found += office.audit.entries(parting(record.group_id, record.carrier_id), limit=LISTED + 1)
    return sorted(found, key=lambda entry: entry.at, reverse=True)[: LISTED + 1]


def _told(entry: AuditEntry) -> Line:
    held = dict(entry.details)
    who = Person(entry.actor) if entry.actor else "Switchboard"
    return line(Moment(entry.at), " · ", who, ": ", *_deed(entry.deed, held))


def _deed(deed: str, held: Mapping[str, str]) -> Line:
    if deed == "operation_placed":
        return line(_asked(held))
    if "kept_since" in held:
        return line(
            f"{_NOUNS.get(held.get('decision') or held.get('kind', ''), 'request')} is kept, not sent yet"
        )
    if deed == "denied":
        own = held.get("wanted") == OWN
        return line(
            "was refused: they had asked for it themselves" if own else "was refused for lack of rights"
        )
    if deed in _CHECKING:
        return _checking(deed, held)
    if deed == "way_out_taken":
        return line(_WAYS.get(held.get("way", ""), "said what became of it"))
    if deed in _HELD:
        return line(_HELD[deed])
    if deed == "not_placed":
        return _turned_away(held)
    state = deed.removeprefix("operation_")
    outcome = held.get("outcome", "")
    told = (
        _OF_DISCONNECTIONS.get((held.get("kind", ""), outcome))
        or _OUTCOMES.get(outcome)
        or _STATES.get(state)
    )
    if told is None:
        return line(Foreign(deed, 60), " ", Foreign(outcome, 60)) if outcome else line(Foreign(deed, 60))
    words = line(": ", Foreign(held["words"], _WORDS)) if outcome == "refused" and "words" in held else ()
    return line(f"{_NOUNS.get(held.get('decision') or held.get('kind', ''), 'request')} {told}", *words)


def _checking(deed: str, held: Mapping[str, str]) -> Line:
    owner = held.get("owner")
    if deed == "let_go":
        return line("said that they are no longer checking it")
    if deed == "take_lapsed":
        return line("ended the checking of ", Person(owner or ""), ", whose hours were over")
    instead = line(" instead of ", Person(owner)) if owner else ()
    return line("said that they are checking it", *instead)


def _turned_away(held: Mapping[str, str]) -> Line:
    """Whoever came second, or had an old version before them."""
    wanted = _WANTED.get(held.get("decision") or held.get("kind", ""), "asked for something")
    first = held.get("first_by")
    if held.get("because") == "changed":
        why = line("it had changed since they looked")
    else:
        why = line(Person(first), " was first") if first else line("somebody was first")
    return line(f"{wanted}, but ", *why, "; nothing was sent for them")


def _asked(held: Mapping[str, str]) -> str:
    deed = _DECIDED.get(held.get("decision") or held.get("kind", ""))
    if deed is None:
        return _PLACED.get(held.get("kind", ""), "asked for something")
    particulars = []
    if "effective_end_date" in held:
        particulars.append(f"last managed day {day(date.fromisoformat(held['effective_end_date']))}")
    if "reason" in held:
        particulars.append(_reason(held["reason"], decision="decision" in held))
    with_ = f" ({', '.join(one for one in particulars if one)})" if particulars else ""
    how = "" if held.get("unversioned") is None else ", without a version for Noyo to check"
    then = ", to be sent to Noyo" if "decision" in held else ""
    return f"{deed}{with_}{then}{how}"


def _reason(reason: str, *, decision: bool) -> str:
    """In words; one that this version does not know is not made up."""
    if decision:
        return REASONS[DecisionReason(reason)].lower() if reason in set(DecisionReason) else ""
    return DISCONNECT_REASONS[DisconnectReason(reason)].lower() if reason in set(DisconnectReason) else ""


_CHECKING = ("taken", "let_go", "take_lapsed")
_PLACED = {
    "request_connection": "asked for this connection",
    "retry_connection": "asked to retry",
    "look": "asked to look at it again",
}
_DECIDED = {"approve": "approved", "reject": "rejected", "create_disconnection": "asked to disconnect"}
_HELD = {
    "confirmed": "confirmed the request to disconnect, to be sent to Noyo",
    "withdrawn": "withdrew the request to disconnect; nothing was sent",
    "not_confirmed": "wanted to confirm the request to disconnect, but it was held no longer",
    "not_withdrawn": "wanted to withdraw the request to disconnect, but it was held no longer",
    "way_out_not_taken": "wanted to say what became of it, but somebody was first",
}
_WANTED = {
    "approve": "wanted to approve",
    "reject": "wanted to reject",
    "request_connection": "wanted to ask for this connection",
    "retry_connection": "wanted to retry",
    "create_disconnection": "wanted to ask to disconnect",
}
_NOUNS = {
    "approve": "approval",
    "reject": "rejection",
    "retry_connection": "retry",
    "create_disconnection": "request to disconnect",
    "look": "look",
}
_OUTCOMES = {
    "confirmed": "was confirmed by Noyo",
    "found": "got no answer, but Noyo shows its effect",
    "duplicate": "was not taken: there is another connection with this carrier group id",
    "refused": "was refused by Noyo",
    "changed": "was not sent: it had changed at Noyo",
    "no_rights": "was not sent: the right was gone",
    "not_found": "was about what Noyo does not know",
    "closed": "was closed without anybody knowing whether it took effect",
    "arrived": "arrived, as a person says",
    "unclear": "got no answer; a person has to say whether it arrived",
    "overdue": "was not through after a day",
    "too_late": "was not sent any more: its last managed day had gone by",
    "expired": "expired unsent: no second approver confirmed it in time",
}
_OF_DISCONNECTIONS = {
    ("create_disconnection", "confirmed"): "was taken by Noyo",
    ("create_disconnection", "duplicate"): "was not sent: one is open at Noyo already",
}
_STATES = {
    "checking": "got no answer; checking whether it arrived",
    "pending": "did not get through to Noyo, and is to be sent again",
    "sending": "went out to Noyo",
}
_WAYS = {
    "arrived": "said that it arrived",
    "send_again": "said that it did not arrive, and had it sent again",
    "close": "closed it without anybody knowing whether it took effect",
}
