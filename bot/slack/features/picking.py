"""The field in which a person finds a record by typing, for a command that was given without a name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain, islice

from bot.domain.people import Right
from bot.domain.record_filter import KindAndStatus
from bot.domain.record_states import RecordState
from bot.domain.records import Disconnection, EntityRef
from bot.slack.context import RequestContext
from bot.slack.views import record_facts, replies
from bot.slack.views.message import Buttons, DisplaySettings, Paragraph
from bot.slack.views.modals import MAX_OPTION, MAX_STATIC_OPTIONS, choices, search_element
from bot.slack.views.rich_text import Json, plain, rich_text

NAME_LENGTH = 32
CARRIER_LENGTH = 20
Fits = Callable[[RecordState], bool]


def action_id(command: str) -> str:
    """Of the field for this command. It is stored in messages, so it must not change."""
    return f"pick_{command}"


def picker(command: str, *, proposes: bool) -> Buttons:
    """`proposes`: whether there are options before anything is typed."""
    element = search_element(action_id(command), "Find a group by name or id", least=0 if proposes else 1)
    return Buttons([element], action_id(command))


def question(context: RequestContext, which: str, command: str, *, proposes: bool) -> Json:
    hint = f"{which} Find it here, or type {context.command} {command} and the group's name or an id."
    return replies.ephemeral(Paragraph([rich_text(hint)]), picker(command, proposes=proposes))


def options(context: RequestContext, query: str, fits: Fits, proposed: Sequence[KindAndStatus]) -> Json:
    """The records that fit the command and what is typed; before that, those with a proposed status."""
    if not context.authorize(Right.VIEW).allowed:
        return {"options": []}
    records = context.deps.records
    if query.strip():
        found = records.find(query, limit=MAX_STATIC_OPTIONS)
    else:
        waiting = (records.in_status(kind, status, limit=MAX_STATIC_OPTIONS) for kind, status in proposed)
        entities = islice(chain.from_iterable(waiting), MAX_STATIC_OPTIONS)
        found = list(records.record_states(entities, skip_unreadable=True).values())
    fitting = [_option(state, context.display) for state in found if fits(state)]
    return {"options": choices(fitting[:MAX_STATIC_OPTIONS])}


def chosen(value: str) -> str:
    """The id of the record in an option; ValueError if the option is not ours."""
    return EntityRef.parse(value).key


def _option(state: RecordState, display: DisplaySettings) -> tuple[str, str]:
    """Its name and carrier may be cut, so that the status remains."""
    record = state.record
    name = plain(rich_text(record_facts.group_name(record)), limit=NAME_LENGTH)
    carrier = plain(rich_text(display.carrier(record.carrier_id)), limit=CARRIER_LENGTH)
    status = plain(rich_text(record_facts.status_name(record.status)), limit=MAX_OPTION)
    request = "to disconnect, " if isinstance(record, Disconnection) else ""
    return str(record.entity), f"{name} · {carrier} · {request}{status}"
