"""Slack room: *status*: somebody wants to know how a group's connection stands, or everything there is about it.

They have a name, a number or an id, often only part of it, and a customer on the phone. What can go wrong: two groups
with nearly the same name, a connection that we have not seen yet, an answer that is older than it looks.
"""

from __future__ import annotations

from bot.domain import subjects
from bot.domain.operations import AnswerTo
from bot.domain.people import Right
from bot.domain.records import Connection, Disconnection, Record
from bot.domain.tracking import Tracked
from bot.slack import facts, replies, switch
from bot.slack.answers import view
from bot.slack.buttons import ButtonValue
from bot.slack.cards import message
from bot.slack.disconnection_card import disconnection_facts, end_date
from bot.slack.fields import UUID
from bot.slack.message import Buttons, Message, Paragraph, Part
from bot.slack.modals import said
from bot.slack.office import Asker, Office
from bot.slack.phrases import SAID, Foreign, Json, Line, Moment, labelled, line
from bot.slack.statuses import next_step, status_name
from bot.usecases import place
from bot.usecases.scene import record_card
from bot.usecases.summarise import waiting_for_us

LISTED = 8
VERSIONS = 15


def start(office: Office, asker: Asker, text: str) -> Json:
    """`/noyo status [who]`: one match as its card, several as a list, none with what to do next."""
    permission = office.permits(Right.VIEW, asker)
    if not permission.allowed:
        return replies.only_you(replies.refusal(permission))
    return replies.headed(switch.standing(office), _found(office, asker, text))


def _found(office: Office, asker: Asker, text: str) -> Json:
    if not text:
        return _waiting(office)
    found = office.records.find(text, limit=LISTED + 1)
    if not found:
        return _nothing(office, asker, text)
    if len(found) == 1:
        return _one(office, found[0])
    return listing(
        office, f"Several match. Which one? ({office.command} status with its id shows one alone.)", found
    )


def click_details(office: Office, asker: Asker, value: ButtonValue) -> None:
    """The *Details* button: everything we know of a record, and its versions."""
    office.web.open_view(asker.trigger_id, _details(office, asker, value))


def listing(office: Office, opening: str, found: list[Tracked]) -> Json:
    """Several records, each with its buttons; more than fit are named as more."""
    parts: list[Part] = [Paragraph([line(opening)])]
    for tracked in found[:LISTED]:
        parts += [Paragraph([row(office, tracked.record)]), _buttons(office, tracked)]
    if len(found) > LISTED:
        parts.append(Paragraph([line("There are more: add a word, or use an id.")]))
    return replies.only_you(*parts)


def nothing_found(office: Office, text: str) -> Line:
    return line(
        "Nothing here matches “",
        Foreign(text, 100),
        "”. Try the group's name, its id at the carrier, or the beginning ",
        f"of a Noyo id. A connection nobody asked for yet: {office.command} connect.",
    )


def _details(office: Office, asker: Asker, value: ButtonValue) -> Json:
    permission = office.permits(Right.VIEW, asker, value.record)
    if not permission.allowed:
        return said("Not possible", replies.refusal(permission))
    card = record_card(value.record, office.library())
    if card is None:
        return said("Details", "This is not known here any more.")
    parts = [*_everything(office, card.tracked), *_versions(office, card.tracked)]
    return view("Details", Message(parts, warning=office.look.warning()))


def _one(office: Office, tracked: Tracked) -> Json:
    card = record_card(tracked.subject, office.library())
    if card is None:
        return replies.only_you(nothing_found(office, tracked.subject.key))
    return replies.from_message(message(card, office.look))


def _nothing(office: Office, asker: Asker, text: str) -> Json:
    if not UUID.fullmatch(text.lower()):
        return replies.only_you(nothing_found(office, text))
    place.look(
        asker.trigger_id,
        asker.user_id,
        subjects.connection(text.lower()),
        because="person",
        answer_to=AnswerTo(channel_id=asker.channel_id),
        tools=office.placing_for(asker),
    )
    return replies.only_you(
        "I do not know this id yet, so I am asking Noyo. I will write to you what it says."
    )


def _waiting(office: Office) -> Json:
    """What needs us, the first thing to see for somebody who asks without naming anything."""
    waiting, total = waiting_for_us(office.records)
    if not waiting:
        return replies.only_you(
            "Nothing that I know of waits for us.", f"{office.command} status and a name shows one."
        )
    return listing(office, f"Waiting for us: {total}. The first are shown.", list(waiting))


def row(office: Office, record: Record) -> Line:
    """A record in one line, for where several are listed."""
    number = facts.carrier_group_id(record) if isinstance(record, Connection) else end_date(record)
    return line(
        *facts.group_and_carrier(record, office.look),
        ": ",
        status_name(record.status, bold=True),
        ". ",
        *number,
    )


def _buttons(office: Office, tracked: Tracked) -> Buttons:
    offered = facts.offered(tracked, office.look, primary=False)
    return Buttons(offered, f"{tracked.subject}:{tracked.record.version}")


def _everything(office: Office, tracked: Tracked) -> list[Part]:
    record = tracked.record
    lines = [
        line(*facts.group_and_carrier(record, office.look)),
        facts.status(record),
        labelled("Next", *next_step(record, office.look)),
        labelled("Created", Moment(record.created)),
        *_asker(tracked),
        labelled("Noyo id", Foreign(record.id, 60)),
        labelled("Version", Foreign(record.version, 60)),
        labelled("Carrier id", Foreign(record.carrier_id, 60)),
    ]
    if record.group_id:
        lines.append(labelled("Group id", Foreign(record.group_id, 60)))
    if isinstance(record, Connection):
        lines += [facts.carrier_group_id(record), facts.tries(tracked)]
    else:
        lines += disconnection_facts(record)[1:]
    if isinstance(record, Disconnection) and record.decided is not None:
        lines.append(labelled("Decided", Moment(record.decided)))
    if record.completed is not None:
        lines.append(labelled("Completed", Moment(record.completed)))
    words = facts.carrier_said(record)
    return [Paragraph(lines), *([Paragraph([labelled("The carrier said", *words)])] if words else [])]


def _asker(tracked: Tracked) -> list[Line]:
    """Of a request to disconnect, Noyo itself says where it comes from."""
    return [facts.asker(tracked)] if isinstance(tracked.record, Connection) else []


def _versions(office: Office, tracked: Tracked) -> list[Part]:
    history = office.records.history(tracked.subject, since=0)
    lines: list[Line] = [line("Versions that we were shown, the newest first:")]
    for record in reversed(history[-VERSIONS:]):
        lines.append(line(Moment(record.modified), " · ", status_name(record.status), *_told_then(record)))
    if len(history) > VERSIONS:
        lines.append(line(f"and {len(history) - VERSIONS} earlier ones."))
    return [Paragraph(lines)]


def _told_then(record: Record) -> Line:
    if isinstance(record, Disconnection):
        return (*line(" · "), *end_date(record))
    words = facts.error(record)
    return (*line(" · "), Foreign(words, SAID // 7, keep=facts.own_id(record))) if words else ()
