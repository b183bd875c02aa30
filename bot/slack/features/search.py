"""What a person names after a command: a group by part of its name or an id, with a status or a carrier in words.

They know it from a customer's call or from a letter. What can go wrong: a carrier's name is part of a group's name, the
number is written differently at the carrier, or there is a typing error; and another group is taken for the one meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.record_filter import ALL_PHRASES, RecordFilter, parse_filter
from bot.domain.record_states import RecordState
from bot.domain.records import Connection
from bot.domain.search_text import compact
from bot.slack.context import RequestContext
from bot.slack.features import list_open, listing
from bot.slack.views import replies
from bot.slack.views.message import Paragraph
from bot.slack.views.rich_text import Json, RichText, UntrustedText, rich_text


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
