"""Slack room: *history*: somebody wants to know who did what to a group's connection, and what came of it.

A customer or an auditor asks, often months later. What can go wrong: an entry is read as a success that was only an
attempt, or one that this version does not know is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bot.domain.decisions import DecisionReason
from bot.domain.people import Right
from bot.domain.tracking import Tracked
from bot.ports import AuditEntry
from bot.slack import facts, replies, status
from bot.slack.deeds import REASONS
from bot.slack.message import Paragraph, Part, SmallPrint
from bot.slack.office import Asker, Office
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
    """With those of the request that it came from, which had no Noyo id yet."""
    found = office.audit.entries(tracked.subject, limit=LISTED + 1)
    asking = office.operations.operation(tracked.asked_by) if tracked.asked_by else None
    if asking is not None and asking.subject != tracked.subject:
        earlier = office.audit.entries(asking.subject, limit=LISTED + 1)
        found += [entry for entry in earlier if ("operation", asking.id) in entry.details]
    return sorted(found, key=lambda entry: entry.at, reverse=True)[: LISTED + 1]


def _told(entry: AuditEntry) -> Line:
    held = dict(entry.details)
    who = Person(entry.actor) if entry.actor else "Switchboard"
    return line(Moment(entry.at), " · ", who, ": ", *_deed(entry.deed, held))


def _deed(deed: str, held: Mapping[str, str]) -> Line:
    if deed == "operation_placed":
        return line(_asked(held))
    if deed == "denied":
        return line("was refused for lack of rights")
    if deed in _CHECKING:
        return _checking(deed, held)
    if deed == "way_out_taken":
        return line(_WAYS.get(held.get("way", ""), "said what became of it"))
    state = deed.removeprefix("operation_")
    outcome = held.get("outcome", "")
    told = _OUTCOMES.get(outcome) or _STATES.get(state)
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


def _asked(held: Mapping[str, str]) -> str:
    if "decision" not in held:
        return _PLACED.get(held.get("kind", ""), "asked for something")
    particulars = []
    if "effective_end_date" in held:
        particulars.append(f"last managed day {day(date.fromisoformat(held['effective_end_date']))}")
    if held.get("reason") in set(DecisionReason):
        particulars.append(REASONS[DecisionReason(held["reason"])].lower())
    with_ = f" ({', '.join(particulars)})" if particulars else ""
    return f"{_DECIDED.get(held['decision'], 'decided')}{with_}, to be sent to Noyo"


_CHECKING = ("taken", "let_go", "take_lapsed")
_PLACED = {
    "request_connection": "asked for this connection",
    "retry_connection": "asked to retry",
    "look": "asked to look at it again",
}
_DECIDED = {"approve": "approved", "reject": "rejected"}
_NOUNS = {
    "approve": "approval",
    "reject": "rejection",
    "retry_connection": "retry",
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
}
_STATES = {
    "checking": "got no answer; checking whether it arrived",
    "pending": "is to be sent again",
    "sending": "is being sent",
}
_WAYS = {
    "arrived": "said that it arrived",
    "send_again": "said that it did not arrive, and had it sent again",
    "close": "closed it without anybody knowing whether it took effect",
}
