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


def start(context: RequestContext, text: str) -> Json:
    """`/noyo doctor`"""
    del text
    permission = context.authorize(Right.ADMINISTER)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    return replies.ephemeral(*_report(context, health_report(context.deps)))


def _report(context: RequestContext, found: HealthReport) -> list[Part]:
    whole = diagnose(found.health_checks, found.at)
    for more in (_polls(found), _late(found), _parked(found.parked)):
        whole = whole.and_(more)
    parts = [Paragraph([_opening(context, whole), *_pause_line(found)])]
    if whole.wrong:
        parts.append(
            Paragraph([rich_text(PlainText("Problems", bold=True)), *(rich_text("✗ ", *line) for line in whole.wrong)])
        )
    if whole.unknown:
        unknown = [rich_text("? ", *line) for line in whole.unknown]
        parts.append(Paragraph([rich_text(PlainText("No result", bold=True)), *unknown]))
    if whole.fine:
        parts.append(Paragraph([rich_text("✓ Passed: ", ", ".join(dict.fromkeys(whole.fine)), ".")]))
    return [*parts]


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


def _polls(found: HealthReport) -> Diagnosis:
    whole = Diagnosis()
    for kind, finished_at in found.polled_at.items():
        name = _LISTS[kind]
        if finished_at is None:
            whole = whole.and_(
                Diagnosis(
                    unknown=(rich_text(f"Noyo's {name}: not read completely yet. The first time takes a while."),)
                )
            )
        elif found.at - finished_at > policies.POLL_LATE_SECONDS:
            wrong = rich_text(
                f"Noyo's {name} were last read completely ",
                Timestamp(finished_at),
                ". Nothing is lost, but no changes are announced. Check the line on Noyo, then the log of the poll.",
            )
            whole = whole.and_(Diagnosis(wrong=(wrong,)))
        else:
            whole = whole.and_(Diagnosis(fine=(f"polls of {name}",)))
    return whole


def _late(found: HealthReport) -> Diagnosis:
    operations = _due(
        found.oldest_operation,
        found.at - policies.OPERATIONS_LATE_SECONDS,
        "An operation",
        "the worker that writes to Noyo",
        "operations on time",
    )
    event = _due(
        found.oldest_event,
        found.at - policies.EVENTS_LATE_SECONDS,
        "An event",
        "the worker that posts to Slack",
        "events on time",
    )
    return operations.and_(event)


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
        shown += rich_text(
            " ",
            UntrustedText(row.row_id, 60),
            " (",
            UntrustedText(row.reason, 120),
            ", since ",
            Timestamp(row.seen_at),
            ")",
        )
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    count = plural(len(rows), "record")
    return Diagnosis(
        wrong=(
            rich_text(
                f"{count} of Noyo's cannot be read, so their changes are not announced:",
                *shown,
                f"{more}. They are read again at each sweep. Report them to Noyo or to the developers of Switchboard.",
            ),
        )
    )
