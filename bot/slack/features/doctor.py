"""*doctor*: an admin wants to know whether Switchboard itself is healthy, and what to do if it is not.

Something seems wrong, or it was just set up. What can go wrong: the one failure is lost among many good lines, a line
was true an hour ago, or a failure comes without advice.
"""

from __future__ import annotations

from bot import __version__, policies
from bot.domain.people import Right
from bot.domain.polling import ParkedRow
from bot.domain.records import EntityKind
from bot.slack.context import RequestContext
from bot.slack.views import health, replies
from bot.slack.views.health import Diagnosis, diagnose
from bot.slack.views.message import Paragraph, Part
from bot.slack.views.rich_text import Json, PlainText, RichText, Timestamp, UntrustedText, plural, rich_text
from bot.usecases.admin.health_report import HealthReport, health_report

SHOWN = 5
_LISTS = {EntityKind.CONNECTION: "connections", EntityKind.DISCONNECTION: "requests to disconnect"}


def start(context: RequestContext, _: str) -> Json:
    """`/noyo doctor`"""
    permission = context.authorize(Right.ADMINISTER)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    return replies.ephemeral(*_report(context, health_report(context.deps)))


def _report(context: RequestContext, found: HealthReport) -> list[Part]:
    polls = [_poll(kind, finished_at, found.at) for kind, finished_at in found.polled_at.items()]
    whole = diagnose(found.health_checks, found.at)
    carriers = health.carriers_file(found.carriers_file)
    for more in (*polls, *_late(found), _parked(found.parked), _unreadable(found.unreadable), carriers):
        whole = whole.and_(more)
    parts: list[Part] = [Paragraph([_opening(context, whole), *_pause_line(found)])]
    for title, sign, lines in (("Problems", "✗ ", whole.wrong), ("No result", "? ", whole.unknown)):
        if lines:
            listed = [rich_text(sign, *line) for line in lines]
            parts.append(Paragraph([rich_text(PlainText(title, bold=True)), *listed]))
    if whole.fine:
        parts.append(Paragraph([rich_text("✓ Passed: ", ", ".join(dict.fromkeys(whole.fine)), ".")]))
    return parts


def _opening(context: RequestContext, whole: Diagnosis) -> RichText:
    environment = UntrustedText(context.display.environment, 60)
    summary = "Nothing is wrong, but some checks have no result." if whole.unknown else "All checks passed."
    if whole.wrong:
        summary = f"{plural(len(whole.wrong), 'problem')} found."
    return rich_text(f"Switchboard {__version__}, environment ", environment, f". {summary}")


def _pause_line(found: HealthReport) -> list[RichText]:
    if found.active_pause is None:
        return []
    waits = (
        rich_text(" The oldest deferred request was submitted ", Timestamp(found.oldest_deferred), ".")
        if found.oldest_deferred
        else ()
    )
    return [rich_text(*health.paused_since(found.active_pause), *health.reason_suffix(found.active_pause), ".", *waits)]


def _poll(kind: EntityKind, finished_at: int | None, now: int) -> Diagnosis:
    name = _LISTS[kind]
    if finished_at is None:
        unread = rich_text(f"Noyo's {name}: not read completely yet. The first time takes a while.")
        return Diagnosis(unknown=(unread,))
    if now - finished_at <= policies.POLL_LATE_SECONDS:
        return Diagnosis(fine=(f"polls of {name}",))
    late = rich_text(
        f"Noyo's {name} were last read completely ",
        Timestamp(finished_at),
        ". Nothing is lost, but no changes are announced. Check the line on Noyo, then the log of the poll.",
    )
    return Diagnosis(wrong=(late,))


def _late(found: HealthReport) -> list[Diagnosis]:
    operations_due, events_due = found.at - policies.OPERATIONS_LATE_SECONDS, found.at - policies.EVENTS_LATE_SECONDS
    writer, publisher = "the worker that writes to Noyo", "the worker that posts to Slack"
    return [
        _due(found.oldest_operation, operations_due, "An operation", writer, "operations on time"),
        _due(found.oldest_event, events_due, "An event", publisher, "events on time"),
    ]


def _due(since: int | None, late: int, what: str, who: str, fine: str) -> Diagnosis:
    if since is None or since > late:
        return Diagnosis(fine=(fine,))
    problem = rich_text(
        f"{what} has been waiting since ",
        Timestamp(since),
        f", which is too long. Check the log of {who}. Nothing is lost.",
    )
    return Diagnosis(wrong=(problem,))


def _parked(parked: dict[EntityKind, list[ParkedRow]]) -> Diagnosis:
    rows = [row for listed in parked.values() for row in listed]
    if not rows:
        return Diagnosis(fine=("every record readable",))
    shown: RichText = ()
    for row in rows[:SHOWN]:
        reason, since = UntrustedText(row.reason, 120), Timestamp(row.seen_at)
        shown += rich_text(" ", UntrustedText(row.row_id, 60), " (", reason, ", since ", since, ")")
    more = f" and {len(rows) - SHOWN} more, named once these are solved" if len(rows) > SHOWN else ""
    problem = rich_text(
        f"{plural(len(rows), 'problem')} with reading Noyo's lists. Changes of what cannot be read are not announced:",
        *shown,
        f"{more}. Each sweep reads everything again. Report what remains to Noyo or to the developers of Switchboard.",
    )
    return Diagnosis(wrong=(problem,))


def _unreadable(count: int) -> Diagnosis:
    if not count:
        return Diagnosis(fine=("every entry readable",))
    entries = "1 waiting entry" if count == 1 else f"{count} waiting entries"
    advice = (
        "After a rollback, upgrade again: what the newer release wrote is processed then. Otherwise, see the runbook."
    )
    return Diagnosis(wrong=(rich_text(f"This release cannot read {entries}. Nothing is lost. {advice}"),))
