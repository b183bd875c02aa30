"""*list*: somebody goes through what is open, or through the part of it that is theirs, failed, or does not move.

They type the words that come to mind. What can go wrong: a word is misunderstood, and the list leaves out what they
look for; there is too much to search in time, and the list looks complete; two rows look the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.people import Right
from bot.domain.record_filter import OpenRecord, RecordFilter, by_urgency, listed, order_in_index, parse_filter
from bot.domain.record_states import RecordState
from bot.domain.records import EntityKind, is_open
from bot.slack.context import RequestContext
from bot.slack.features import listing
from bot.slack.features.listing import Pages
from bot.slack.views import replies
from bot.slack.views.buttons import hand_over_button
from bot.slack.views.message import Buttons, Part, SmallPrint
from bot.slack.views.record_rows import note_line
from bot.slack.views.rich_text import Json, RichText, Timestamp, UntrustedText, rich_text

MOST_READ = 1000
"""Records that are read where the index does not decide: ten calls."""
_KINDS = (EntityKind.DISCONNECTION, EntityKind.CONNECTION)


def start(context: RequestContext, text: str) -> Json:
    """`/noyo list [which]`: the open records that fit the words, most urgent first."""
    permission = context.authorize(Right.VIEW)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    wanted = parse_filter(text, context.display.carriers.called())
    if wanted.unknown:
        return replies.ephemeral(*_not_understood(context, wanted.unknown))
    if wanted.mine:
        searched = _read_mine(context, wanted)
        owns = any(state.owner == context.actor.user_id for state in searched.found)
        return _searched_answer(context, searched, owns=owns)
    candidates = _candidates(context, wanted)
    if not all(wanted.is_decided(record) for record in candidates):
        return _searched_answer(context, _search(context, wanted, candidates))
    pages = listing.pages_of(context, len(candidates))
    shown = _read(context, candidates[pages.start : pages.end])
    return _answer(context, shown, pages, hidden=pages.end - pages.start - len(shown), unsearched=0)


@dataclass(frozen=True, slots=True)
class Searched:
    """The open records that fit; how many were not readable, and how many were not searched."""

    found: list[RecordState]
    hidden: int
    unsearched: int


def _searched_answer(context: RequestContext, searched: Searched, *, owns: bool = False) -> Json:
    pages = listing.pages_of(context, len(searched.found))
    shown = searched.found[pages.start : pages.end]
    return _answer(context, shown, pages, hidden=searched.hidden, unsearched=searched.unsearched, owns=owns)


def read_open(context: RequestContext, wanted: RecordFilter, *, limit: int) -> list[RecordState]:
    """The most urgent records that fit, of those that can be searched in time."""
    if wanted.mine:
        return _read_mine(context, wanted).found[:limit]
    candidates = _candidates(context, wanted)
    if all(wanted.is_decided(record) for record in candidates):
        return _read(context, candidates[:limit])
    return _search(context, wanted, candidates).found[:limit]


def _search(context: RequestContext, wanted: RecordFilter, candidates: Sequence[OpenRecord]) -> Searched:
    """Reads the most urgent records that may fit."""
    read = _read(context, candidates[:MOST_READ])
    found = [state for state in read if wanted.lists(state, context.actor.user_id)]
    number = min(len(candidates), MOST_READ)
    return Searched(found, number - len(read), len(candidates) - number)


def _read_mine(context: RequestContext, wanted: RecordFilter) -> Searched:
    records, person = context.deps.records, context.actor.user_id
    entities = records.of_person(person)
    states = records.record_states(entities[:MOST_READ], skip_unreadable=True)
    fitting = {
        state.entity: state
        for state in states.values()
        if is_open(state.status) and wanted.fits(state, person, context.deps.now())
    }
    ordered = by_urgency(sorted(map(listed, fitting.values()), key=order_in_index))
    number = min(len(entities), MOST_READ)
    return Searched([fitting[each.entity] for each in ordered], number - len(states), len(entities) - number)


def _candidates(context: RequestContext, wanted: RecordFilter) -> list[OpenRecord]:
    """If statuses are wanted, only these are read: of very many open records, all would take too long."""
    records, now = context.deps.records, context.deps.now()
    parts: Sequence[tuple[EntityKind, str | None]] = sorted(wanted.statuses) or [(kind, None) for kind in _KINDS]
    every = [record for kind, status in parts for record in records.open_records(kind, status)]
    return by_urgency(record for record in every if wanted.may_list(record, now))


def _read(context: RequestContext, records: Sequence[OpenRecord]) -> list[RecordState]:
    states = context.deps.records.record_states((record.entity for record in records), skip_unreadable=True)
    return [states[record.entity] for record in records if record.entity in states]


def _answer(
    context: RequestContext,
    shown: Sequence[RecordState],
    pages: Pages,
    *,
    hidden: int,
    unsearched: int,
    owns: bool = False,
) -> Json:
    """`owns`: whether some of all that fits is claimed by the reader, who may hand it over."""
    incomplete = [line for line in (listing.unreadable(hidden).strip(), _unsearched(unsearched)) if line]
    if pages.total == 0:
        nothing = "None of those searched fits." if incomplete else "Nothing open fits."
        search = f"To find a group by its name: {context.command} status and the name."
        return replies.ephemeral(*incomplete, nothing, search)
    number = f"{pages.total} open {'record fits' if pages.total == 1 else 'records fit'}, most urgent first."
    notes = {state.entity: note_line(state, context.deps.now()) for state in shown}
    parts: list[Part] = listing.rows(context, shown, notes)
    hand_over = [Buttons([hand_over_button(context.page)], f"mine:{context.page.text}")] if owns else []
    as_of = SmallPrint([rich_text("As of ", Timestamp(context.deps.now()), ".")])
    return replies.ephemeral(number, *incomplete, *parts, *listing.turning(context, pages), *hand_over, as_of)


def _unsearched(number: int) -> str:
    if number <= 0:
        return ""
    return f"Only the {MOST_READ:,} most urgent were searched, {number:,} were not. Add a status, such as failed."


def _not_understood(context: RequestContext, unknown: Sequence[str]) -> list[RichText | str]:
    words = UntrustedText(", ".join(unknown), 100)
    return [
        rich_text("I do not understand: “", words, "”. Nothing is listed, because the list could leave something out."),
        f"You can combine a status (failed, action required, authorization, waiting, review, processing, created, "
        f"decisions), a carrier, mine, connections or disconnections, and an age: {context.command} list failed "
        f"older than 5 days.",
        f"To find a group by its name: {context.command} status and the name.",
    ]
