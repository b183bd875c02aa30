"""*status*: somebody wants to know the state of a group's connection, or everything there is about it.

The person has a name, a number or an id, often only part of it, and a customer on the phone. What can go wrong: two
groups with nearly the same name, a connection that we have not seen yet, or an answer that is older than it looks.
"""

from __future__ import annotations

from bot.domain.operations import ReplyTo
from bot.domain.people import Right
from bot.domain.record_states import RecordState
from bot.domain.records import Connection, Disconnection, Record, connection_ref
from bot.slack.context import RequestContext
from bot.slack.features import pause
from bot.slack.views import record_facts, replies
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.cards import message
from bot.slack.views.message import Buttons, Message, Paragraph, Part
from bot.slack.views.modals import UUID, notice, notice_view
from bot.slack.views.record_cards import disconnection_facts, end_date
from bot.slack.views.record_facts import next_step, status_name
from bot.slack.views.rich_text import MAX_QUOTE_LENGTH, Json, RichText, Timestamp, UntrustedText, labelled, rich_text
from bot.usecases.notifications.read_model import record_card
from bot.usecases.notifications.summary import waiting_for_us
from bot.usecases.operations import submit

LISTED = 8
VERSIONS = 15


def start(context: RequestContext, text: str) -> Json:
    """`/noyo status [who]`: one match as its card, several as a list, none with what to do next."""
    permission = context.authorize(Right.VIEW)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    return replies.prepend_lines(pause.pause_lines(context), _found(context, text))


def _found(context: RequestContext, text: str) -> Json:
    if not text:
        return _waiting(context)
    found = context.deps.records.find(text, limit=LISTED + 1)
    if not found:
        return _nothing(context, text)
    if len(found) == 1:
        return _card(context, found[0])
    return listing(context, f"Several match. Which one? ({context.command} status with its id shows one alone.)", found)


def click_details(context: RequestContext, value: ButtonValue) -> None:
    """The *Details* button: everything we know of a record, and its versions."""
    context.open_view(_details(context, value))


def listing(context: RequestContext, opening: str, found: list[RecordState]) -> Json:
    """Several records, each with its buttons; more than fit are named as more."""
    parts: list[Part] = [Paragraph([rich_text(opening)])]
    for record_state in found[:LISTED]:
        parts += [Paragraph([row(context, record_state.record)]), _buttons(context, record_state)]
    if len(found) > LISTED:
        parts.append(Paragraph([rich_text("There are more: add a word, or use an id.")]))
    return replies.ephemeral(*parts)


def nothing_found(context: RequestContext, text: str) -> RichText:
    return rich_text(
        "Nothing here matches “",
        UntrustedText(text, 100),
        "”. Try the group's name, its id at the carrier, or the beginning ",
        f"of a Noyo id. A connection nobody asked for yet: {context.command} connect.",
    )


def _details(context: RequestContext, value: ButtonValue) -> Json:
    permission = context.authorize(Right.VIEW, value.record)
    if not permission.allowed:
        return notice("Not possible", replies.denial(permission))
    card = record_card(value.record, context.deps)
    if card is None:
        return notice("Details", "This is not known here any more.")
    parts = [*_everything(context, card.record_state), *_versions(context, card.record_state)]
    return notice_view("Details", Message(parts, warning=context.display.warning()))


def _card(context: RequestContext, record_state: RecordState) -> Json:
    card = record_card(record_state.entity, context.deps)
    if card is None:
        return replies.ephemeral(nothing_found(context, record_state.entity.key))
    return replies.from_message(message(card, context.display))


def _nothing(context: RequestContext, text: str) -> Json:
    if not UUID.fullmatch(text.lower()):
        return replies.ephemeral(nothing_found(context, text))
    submit.refresh(
        context.actor.trigger_id,
        context.actor.user_id,
        connection_ref(text.lower()),
        because="person",
        reply_to=ReplyTo(channel_id=context.actor.channel_id),
        deps=context.deps,
    )
    return replies.ephemeral("I do not know this id yet, so I am asking Noyo. I will send you the answer.")


def _waiting(context: RequestContext) -> Json:
    """What needs our team, for somebody who does not name a group."""
    waiting, total = waiting_for_us(context.deps.records)
    if not waiting:
        return replies.ephemeral("Nothing waits for us.", f"{context.command} status and a name shows one.")
    return listing(context, f"Waiting for us: {total}. The first are shown.", list(waiting))


def row(context: RequestContext, record: Record) -> RichText:
    """A record in one line, for where several are listed."""
    number = record_facts.carrier_group_id_line(record) if isinstance(record, Connection) else end_date(record)
    return rich_text(
        *record_facts.group_and_carrier(record, context.display),
        ": ",
        status_name(record.status, bold=True),
        ". ",
        *number,
    )


def _buttons(context: RequestContext, record_state: RecordState) -> Buttons:
    offered = record_facts.action_buttons(record_state, context.display, primary=False)
    return Buttons(offered, f"{record_state.entity}:{record_state.record.version}")


def _everything(context: RequestContext, record_state: RecordState) -> list[Part]:
    record = record_state.record
    lines = [
        rich_text(*record_facts.group_and_carrier(record, context.display)),
        record_facts.status_line(record),
        labelled("Next", *next_step(record, context.display)),
        labelled("Created", Timestamp(record.created)),
        *_requester(record_state),
        labelled("Noyo id", UntrustedText(record.id, 60)),
        labelled("Version", UntrustedText(record.version, 60)),
        labelled("Carrier id", UntrustedText(record.carrier_id, 60)),
    ]
    if record.group_id:
        lines.append(labelled("Group id", UntrustedText(record.group_id, 60)))
    if isinstance(record, Connection):
        lines += [record_facts.carrier_group_id_line(record), record_facts.attempts(record_state)]
    else:
        lines += disconnection_facts(record)[1:]
    if isinstance(record, Disconnection) and record.decided is not None:
        lines.append(labelled("Decided", Timestamp(record.decided)))
    if record.completed is not None:
        lines.append(labelled("Completed", Timestamp(record.completed)))
    words = record_facts.carrier_message(record)
    return [Paragraph(lines), *([Paragraph([labelled("Message from the carrier", *words)])] if words else [])]


def _requester(record_state: RecordState) -> list[RichText]:
    """For connections only: Noyo itself names the source of a request to disconnect."""
    return [record_facts.requester(record_state)] if isinstance(record_state.record, Connection) else []


def _versions(context: RequestContext, record_state: RecordState) -> list[Part]:
    history = context.deps.records.history(record_state.entity, since=0)
    lines: list[RichText] = [rich_text("Versions that we have seen, newest first:")]
    for record in reversed(history[-VERSIONS:]):
        lines.append(
            rich_text(Timestamp(record.modified), " · ", status_name(record.status), *_version_details(record))
        )
    if len(history) > VERSIONS:
        lines.append(rich_text(f"and {len(history) - VERSIONS} earlier ones."))
    return [Paragraph(lines)]


def _version_details(record: Record) -> RichText:
    if isinstance(record, Disconnection):
        return (*rich_text(" · "), *end_date(record))
    words = record_facts.carrier_error(record)
    return (
        (
            *rich_text(" · "),
            UntrustedText(words, MAX_QUOTE_LENGTH // 7, unmasked=record_facts.own_carrier_group_id(record)),
        )
        if words
        else ()
    )
