"""What a person names after a command: a group by part of its name or an id, with a status or a carrier in words.

They know it from a customer's call or from a letter. What can go wrong: a carrier's name is part of a group's name, the
number is written differently at the carrier, or there is a typing error; and another group is taken for the one meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.domain.record_filter import ALL_PHRASES, RecordFilter, parse_filter
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, EntityRef
from bot.domain.search_text import compact
from bot.slack.context import RequestContext
from bot.slack.features import list_open, listing
from bot.slack.views import record_facts, replies
from bot.slack.views.buttons import show_buttons
from bot.slack.views.message import Buttons, Paragraph, Part
from bot.slack.views.rich_text import Json, PlainText, RichText, UntrustedText, labelled, rich_text
from bot.usecases.notifications.read_model import current_disconnections

NAMED = 3
"""Records that a row names of a group, where one of several groups is to be chosen."""


@dataclass(frozen=True, slots=True)
class Found:
    """What fits the text, best first."""

    records: list[RecordState]
    text: str
    similar: bool = False
    """Whether only names that differ by a typing error were found. Nothing opens for these without a click."""
    hint: RichText = ()
    is_filtered: bool = False
    """Whether the text also named a status or a carrier, so that other records of the same group do not fit."""

    @property
    def group_id(self) -> str | None:
        """The group, if all that was found certainly belongs to one and nothing else was asked for."""
        groups = {state.record.group_id for state in self.records}
        return groups.pop() if len(groups) == 1 and not self.similar and not self.is_filtered else None


def find(context: RequestContext, text: str) -> Found:
    """First by the whole text as a name or an id; words that name a status or a carrier may also be a condition."""
    found = context.deps.records.find(text, limit=listing.MOST_FOUND)
    wanted = parse_filter(text, context.display.carriers.called(), ALL_PHRASES)
    if wanted.is_empty:
        more: Sequence[RecordState] = ()
    elif wanted.unknown:
        more = _named(context, " ".join(wanted.unknown), wanted)
    elif found:
        return Found(found, text, hint=rich_text(f"By status or carrier: {context.command} list and the same words."))
    else:
        more = list_open.read_open(context, replace(wanted, unknown=()), limit=listing.MOST_FOUND)
    records = list({state.entity: state for state in [*found, *more]}.values())
    if records:
        return Found(records, text, hint=_spelling_hint(records, text), is_filtered=len(records) > len(found))
    return Found(context.deps.records.find_misspelled(text), text, similar=True)


def _named(context: RequestContext, name: str, wanted: RecordFilter) -> list[RecordState]:
    person, now = context.actor.user_id, context.deps.now()
    found = context.deps.records.find(name, limit=listing.MOST_FOUND)
    return [state for state in found if wanted.fits(state, person, now)]


def _spelling_hint(found: Sequence[RecordState], text: str) -> RichText:
    """If the best match has a carrier group id with other punctuation, or with other zeros before it."""
    record, typed = found[0].record, text.strip().casefold()
    number = record.carrier_group_id if isinstance(record, Connection) else None
    if number is None or typed in number.casefold() or not compact(number).startswith(compact(typed) or typed):
        return ()
    return rich_text("Leading zeros, spaces and hyphens of ids are ignored.")


def answer(context: RequestContext, opening: str, found: Found, fitting: Sequence[RecordState]) -> Json:
    """Those that fit the command, with their buttons, or that nothing matches."""
    if not found.records:
        return replies.ephemeral(nothing_found(context, found.text))
    hint = [Paragraph([found.hint])] if found.hint else []
    return listing.found_records(context, opening_of(found, opening), fitting, last=hint)


def opening_of(found: Found, opening: str) -> RichText:
    """Above what was found; `opening` is for what fits the text."""
    if found.similar:
        return rich_text("Nothing matches “", UntrustedText(found.text, 100), "”. Did you mean:")
    return rich_text(opening)


def nothing_found(context: RequestContext, text: str) -> RichText:
    return rich_text(
        "Nothing here matches “",
        UntrustedText(text, 100),
        "”. Try a word of the group's name, its id at the carrier, or the beginning ",
        f"of a Noyo id. To request a new connection: {context.command} connect.",
    )


# ---------------------------------------------------------------- one of several groups


def choices(context: RequestContext, found: Found) -> Json:
    """What a search found in several groups: a row for each group, so that none is taken for another.

    A group of which one record was found is shown by that record.
    """
    several = f"Several match. Which one? ({context.command} status with an id shows one.)"
    groups = _by_group(found.records)
    if len(groups) == 1:  # Some of its records: a status or a carrier was named, too.
        return answer(context, several, found, found.records)
    pages = listing.pages_of(context, len(groups))
    on_page = list(groups.values())[pages.start : pages.end]
    names = Counter(_name(states[0]) for states in groups.values())
    named = [state for states in on_page for state in states[:NAMED]]
    ends = current_disconnections(named, context.deps.records)
    parts = [part for states in on_page for part in _choice(context, states, ends, twice=names[_name(states[0])] > 1)]
    last: list[Part] = [*listing.turning(context, pages), *listing.unsearched(found.records), Paragraph([found.hint])]
    return replies.ephemeral(opening_of(found, several), *parts, *last)


def _by_group(states: Iterable[RecordState]) -> Mapping[object, list[RecordState]]:
    """The records of each group, in order; one without a group is alone."""
    groups: dict[object, list[RecordState]] = {}
    for state in states:
        groups.setdefault(state.record.group_id or state.entity, []).append(state)
    return groups


def _name(state: RecordState) -> str:
    return (state.record.group_name or "").casefold()


def _choice(
    context: RequestContext, states: Sequence[RecordState], ends: Mapping[EntityRef, RecordState], *, twice: bool
) -> list[Part]:
    """`ends`: the disconnection that counts for a connection. `twice`: whether another group has the same name, so that
    its id has to tell them apart."""
    group_id = states[0].record.group_id
    which = labelled("Group id", UntrustedText(group_id, 60)) if group_id is not None and twice else ()
    if len(states) == 1 or group_id is None:
        return listing.rows(context, states, {states[0].entity: which})
    rest = len(states) - NAMED
    lines = [
        rich_text(PlainText("Group", bold=True), " · ", record_facts.group_name(states[0].record)),
        which,
        *(_record_line(context, state, ends.get(state.entity)) for state in states[:NAMED]),
        rich_text(f"• and {rest} more") if rest > 0 else (),
    ]
    shown = show_buttons(f"status {group_id}", "Show Group", f"Show {record_facts.spoken_name(states[0].record)}")
    return [Paragraph(lines), Buttons(shown, f"group:{group_id}:{len(states)}")]


def _record_line(context: RequestContext, state: RecordState, disconnection: RecordState | None) -> RichText:
    record = state.record
    carrier = context.display.carrier(record.carrier_id)
    status = record_facts.current_status(record, disconnection)
    return rich_text(f"• {record_facts.kind_name(record)} · ", carrier, ": ", *status)
