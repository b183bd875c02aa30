"""Slack room: *doctor*: an admin wants to know whether Switchboard itself is well, and what to do where it is not.

Something seems off, or it was just set up. What can go wrong: a wall of green in which the one red line drowns, a line
that was true an hour ago, a fault without a word on what to do about it.
"""

from __future__ import annotations

from bot.domain.cursors import Parked
from bot.domain.people import Right
from bot.domain.subjects import Kind
from bot.domain.version import VERSION
from bot.slack import pauses, replies
from bot.slack.diagnoses import Diagnosis, of_checkups
from bot.slack.message import Paragraph, Part
from bot.slack.office import Asker, Office
from bot.slack.phrases import Foreign, Json, Line, Moment, Words, line
from bot.slack.text import counted
from bot.usecases.examine import Examination, examine

POLLED_SECONDS = 900
OPERATIONS_LATE_SECONDS = 300
NEWS_LATE_SECONDS = 600
"""Longer than any of these takes while all is well."""
SHOWN = 5
_LISTS = {Kind.CONNECTION: "connections", Kind.DISCONNECTION: "requests to disconnect"}


def start(office: Office, asker: Asker, text: str) -> Json:
    """`/noyo doctor`"""
    del text
    permission = office.permits(Right.ADMINISTER, asker)
    if not permission.allowed:
        return replies.only_you(replies.refusal(permission))
    return replies.only_you(*_told(office, examine(office.examining)))


def _told(office: Office, found: Examination) -> list[Part]:
    whole = of_checkups(found.checkups, found.at)
    for more in (_polls(found), _late(found), _parked(found.parked)):
        whole = whole.and_(more)
    parts = [Paragraph([_opening(office, whole), *_shut(found)])]
    if whole.wrong:
        parts.append(Paragraph([line(Words("Wrong", bold=True)), *(line("✗ ", *one) for one in whole.wrong)]))
    if whole.unknown:
        told = [line("? ", *one) for one in whole.unknown]
        parts.append(Paragraph([line(Words("Not known", bold=True)), *told]))
    if whole.fine:
        parts.append(Paragraph([line("✓ Fine: ", ", ".join(dict.fromkeys(whole.fine)), ".")]))
    return [*parts]


def _opening(office: Office, whole: Diagnosis) -> Line:
    environment = Foreign(office.look.environment, 60)
    said = "Nothing is wrong, and some is not known." if whole.unknown else "All is well."
    if whole.wrong:
        said = f"{counted(len(whole.wrong), 'fault')} found."
    return line(f"Switchboard {VERSION}, environment ", environment, f". {said}")


def _shut(found: Examination) -> list[Line]:
    if found.shut is None:
        return []
    waits = (
        line(" The first that is kept was asked for ", Moment(found.oldest_kept), ".")
        if found.oldest_kept
        else ()
    )
    return [line(*pauses.paused_since(found.shut), *pauses.because(found.shut), ".", *waits)]


def _polls(found: Examination) -> Diagnosis:
    whole = Diagnosis()
    for kind, finished_at in found.polled.items():
        name = _LISTS[kind]
        if finished_at is None:
            whole = whole.and_(
                Diagnosis(
                    unknown=(line(f"Noyo's {name}: never read to the end yet; at first that takes a while."),)
                )
            )
        elif found.at - finished_at > POLLED_SECONDS:
            wrong = line(
                f"Noyo's {name} were last read to the end ",
                Moment(finished_at),
                ". Nothing is lost, but nobody is told of what changes. Look at the line on Noyo, then at the log of "
                "the poll.",
            )
            whole = whole.and_(Diagnosis(wrong=(wrong,)))
        else:
            whole = whole.and_(Diagnosis(fine=(f"polls of {name}",)))
    return whole


def _late(found: Examination) -> Diagnosis:
    operations = _due(
        found.oldest_operation,
        found.at - OPERATIONS_LATE_SECONDS,
        "Something that people asked for",
        "the worker that writes to Noyo",
        "operations on time",
    )
    news = _due(
        found.oldest_news,
        found.at - NEWS_LATE_SECONDS,
        "News",
        "the worker that posts to Slack",
        "news on time",
    )
    return operations.and_(news)


def _due(since: int | None, late: int, what: str, who: str, fine: str) -> Diagnosis:
    if since is None or since > late:
        return Diagnosis(fine=(fine,))
    told = line(
        f"{what} waits since ", Moment(since), f", which is too long: see the log of {who}. Nothing is lost."
    )
    return Diagnosis(wrong=(told,))


def _parked(parked: dict[Kind, list[Parked]]) -> Diagnosis:
    rows = [row for listed in parked.values() for row in listed]
    if not rows:
        return Diagnosis(fine=("every record readable",))
    shown: Line = ()
    for row in rows[:SHOWN]:
        shown += line(
            " ", Foreign(row.row_id, 60), " (", Foreign(row.why, 120), ", since ", Moment(row.seen_at), ")"
        )
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    count = counted(len(rows), "record")
    return Diagnosis(
        wrong=(
            line(
                f"{count} of Noyo's cannot be read, so nobody is told of them:",
                *shown,
                f"{more}. They are read again at each sweep; show them to Noyo, or to whoever writes Switchboard.",
            ),
        )
    )
