"""The form to hand over all claims of a person, and the messages about what became of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from bot import policies
from bot.domain.content import HandoverNotice
from bot.domain.record_states import RecordState
from bot.errors import UnknownSchema
from bot.slack.views import record_facts
from bot.slack.views.message import DisplaySettings, Message, Paragraph, Part, Quote, SmallPrint, paragraph
from bot.slack.views.modals import form, person_field, text_field
from bot.slack.views.record_cards import claimed_by
from bot.slack.views.rich_text import Json, RichText, Timestamp, UntrustedText, UserMention, plural, rich_text

CALLBACK = "handover"
SCHEMA = 1
MAX_NOTE = 500
LISTED_IN_FORM = 10


@dataclass(frozen=True, slots=True)
class ShownForm:
    """What the form showed: how many claims there were at that time (Unix seconds), and the colleague it proposed."""

    at: int
    number: int
    proposed: str | None = None

    @property
    def person_block(self) -> str:
        """The block id of the field for the colleague, to which its errors belong."""
        return f"person:{self.proposed or ''}"


def encode(shown: ShownForm) -> str:
    fields = {"s": SCHEMA, "at": shown.at, "n": shown.number, "u": shown.proposed}
    return json.dumps({name: value for name, value in fields.items() if value is not None}, separators=(",", ":"))


def decode(text: str) -> ShownForm:
    """The inverse; `UnknownSchema` if another version of Switchboard opened the form."""
    try:
        fields = json.loads(text)
        if fields["s"] == SCHEMA:
            return ShownForm(int(fields["at"]), int(fields["n"]), fields.get("u"))
    except (LookupError, TypeError, ValueError):
        pass
    raise UnknownSchema("This form cannot be read. Nothing was changed. Please close it and start again.")


def handover_form(
    shown: ShownForm, listed: Sequence[RecordState], display: DisplaySettings, *, note: str = "", first: RichText = ()
) -> Json:
    """`listed` are the first claims. `first` says why the form is shown again."""
    opening = rich_text(
        f"Your colleague gets {_claims(shown.number)}, for {policies.CLAIM_HOURS} working hours from now. "
        "What you claim after opening this form stays yours."
    )
    lines = [*([first] if first else []), opening, *_rows(listed, display), *_more(shown.number - len(listed))]
    blocks = [
        paragraph(lines),
        person_field(
            "person",
            "Colleague",
            hint="Anybody who may request connections or decide on disconnections.",
            initial=shown.proposed,
        ),
        text_field(
            "note",
            "Note",
            hint="Your colleague gets it in a direct message, with the list. Do not enter tax numbers or health "
            "information.",
            initial=note,
            max_length=MAX_NOTE,
            optional=True,
            multiline=True,
        ),
    ]
    return form("Hand over my claims", "Hand Over", CALLBACK, blocks, about=encode(shown))


def handover_notice(content: HandoverNotice, display: DisplaySettings) -> Message:
    """Answers, for the colleague: what is mine now, and what do I have to know? For the giver: did all of it arrive?

    A list of hundreds says nothing, and one that is cut looks complete. So both say how many there are, and which
    command shows all of them. It is never updated, so it has a time.
    """
    is_for_receiver = content.reader == content.handover.receiver
    parts = _for_receiver(content) if is_for_receiver else _for_giver(content)
    total = content.handover.moved if is_for_receiver else content.handover.unmoved
    listed = _rows(content.listed, display, with_owner=not is_for_receiver)
    rows = Paragraph([*listed, *_more(len(total) - len(listed))])
    as_of = rich_text("As of ", Timestamp(content.at), f". What is yours now: {display.command} list mine")
    return Message([*parts, rows, SmallPrint([as_of])], rich_text(_title(content)), display.warning())


def _title(content: HandoverNotice) -> str:
    moved, handover = len(content.handover.moved), content.handover
    if content.reader == handover.receiver:
        return f"Handed over to you: {plural(moved, 'record')}"
    return f"{moved} of {handover.shown} handed over"


def _for_receiver(content: HandoverNotice) -> list[Part]:
    handover = content.handover
    who = rich_text(
        UserMention(handover.giver),
        f" handed these over to you. They are yours for {policies.CLAIM_HOURS} working hours, or until you release "
        "them.",
    )
    if not handover.note:
        return [Paragraph([who])]
    return [Paragraph([who, rich_text("Their note:")]), Quote((UntrustedText(handover.note, MAX_NOTE),))]


def _for_giver(content: HandoverNotice) -> list[Part]:
    handover = content.handover
    if handover.problem is not None:
        nothing = "Nothing more could be handed over" if handover.moved else "Nothing could be handed over"
        return [Paragraph([rich_text(f"{nothing} to ", UserMention(handover.receiver), f". {handover.problem}")])]
    lines = []
    if handover.moved:
        message = " They got the list in a direct message" + (", with your note." if handover.note else ".")
        owns = f" now owns {plural(len(handover.moved), 'record')} that you had claimed."
        lines.append(rich_text(UserMention(handover.receiver), owns, message))
    changed = handover.shown - len(handover.moved)
    if changed:
        are = "record has changed" if changed == 1 else "records have changed"
        lines.append(rich_text(f"{changed} {are} since you opened the form, and stay as they are."))
    return [Paragraph(lines)]


def _claims(number: int) -> str:
    return "the record that you have claimed" if number == 1 else f"all {number} records that you have claimed"


def _rows(states: Sequence[RecordState], display: DisplaySettings, *, with_owner: bool = False) -> list[RichText]:
    return [
        rich_text(
            "• ",
            *record_facts.title(state.record, display),
            ": ",
            record_facts.status_name(state.status, bold=True),
            *([span for line in claimed_by(state) for span in (" · ", *line)] if with_owner else []),
        )
        for state in states
    ]


def _more(number: int) -> list[RichText]:
    return [rich_text(f"and {number} more.")] if number > 0 else []
