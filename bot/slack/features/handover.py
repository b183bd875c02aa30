"""*handover*: somebody goes home, or leaves for two weeks, and a colleague takes over all that they have claimed.

They choose the colleague and write what is worth knowing. What can go wrong: the colleague may not act, has left or
does not notice; a record changes hands meanwhile; the click comes twice. So the colleague is checked before anything is
accepted, a worker moves only the claims that the form showed, and both people get a message about what became of it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from bot.domain import outbox
from bot.domain.absences import AwayOwner
from bot.domain.handover import Handover
from bot.domain.people import AuditEntry, Right
from bot.domain.record_states import Claim, RecordState
from bot.domain.records import person_ref
from bot.slack.context import RequestContext
from bot.slack.views import replies
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.handover import CALLBACK as CALLBACK
from bot.slack.views.handover import LISTED_IN_FORM, MAX_NOTE, ShownForm, decode, handover_form
from bot.slack.views.modals import FieldErrors, notice, replace_modal, values_of
from bot.slack.views.rich_text import Json, UserMention, day_text, plural, rich_text
from bot.usecases.admin.authorization import why_not_owner

_NOTHING = "You have not claimed anything, so there is nothing to hand over."
_LEADING_NAME = re.compile(r"@\S+\s*")
"""Slack passes a mention in a command as the text that was typed, from which the person cannot be told for sure."""


def start(context: RequestContext, text: str) -> Json:
    """`/noyo handover [note]`"""
    permission = context.authorize(Right.VIEW)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    claims = context.deps.records.owned_by(context.actor.user_id)
    if not claims:
        return replies.ephemeral(_NOTHING)
    context.open_view(_form(context, claims, note=_LEADING_NAME.sub("", text, count=1) if text[:1] == "@" else text))
    return {}


def click(context: RequestContext, _: ButtonValue) -> None:
    """*Hand Over My Claims…* below the list of what is mine."""
    permission = context.authorize(Right.VIEW)
    claims = context.deps.records.owned_by(context.actor.user_id) if permission.allowed else []
    if claims:
        context.open_view(_form(context, claims))
        return
    words = rich_text(_NOTHING) if permission.allowed else replies.denial(permission)
    context.open_view(notice("Not possible", words))


def submission(context: RequestContext, view: Json) -> Json:
    """Submits the handover of the claims that the form showed and that still hold."""
    shown, values = decode(view.get("private_metadata", "")), values_of(view)
    permission = context.authorize(Right.VIEW)
    if not permission.allowed:
        return replies.push_modal(notice("Not possible", replies.denial(permission)))
    receiver, note = values.get("person") or shown.proposed or "", values.get("note", "")
    errors = _errors(context, shown, receiver, note)
    if errors:
        return replies.show_field_errors(errors)
    claims = [each for each in context.deps.records.owned_by(context.actor.user_id) if each.owned_since <= shown.at]
    away = context.deps.absences.absences().away_owner(receiver, context.deps.now())
    if claims and away is not None:
        return _away(context, shown, claims, away, note)
    if not claims:
        words = "None of what this form showed is claimed by you any more. Nothing was handed over now."
        return replace_modal(notice("Nothing to hand over", words))
    handover = Handover(context.actor.user_id, receiver, tuple(claims), shown.number, note)
    return replace_modal(_submit(context, view["id"], handover))


def _submit(context: RequestContext, view_id: str, handover: Handover) -> Json:
    deps, giver = context.deps, handover.giver
    details = (("receiver", handover.receiver), ("number", str(len(handover.claims))))
    audit = AuditEntry(deps.new_id(), person_ref(giver), deps.now(), giver, "handover_submitted", details, deps.origin)
    receiver = UserMention(handover.receiver)
    if not deps.outbox.put(outbox.handover_submitted(view_id, handover, deps.now()), audit):
        return notice("Already submitted", "You submitted this form before. You get a direct message with the result.")
    number = plural(len(handover.claims), "record")
    return notice(
        "Handing over",
        rich_text(f"Handing over {number} to ", receiver, ". Cards and alerts show the new owner soon."),
        "You both get a direct message: your colleague with the list, you with the result.",
    )


def _away(context: RequestContext, shown: ShownForm, claims: list[Claim], away: AwayOwner, note: str) -> Json:
    """Nothing is handed over to somebody who is away. If somebody covers for them, the form proposes that person."""
    until = f" is away until {day_text(away.absence.last_day)}"
    if away.cover in (None, context.actor.user_id):
        return replies.show_field_errors({shown.person_block: f"This person{until}. Choose another colleague."})
    first = rich_text(
        UserMention(away.absence.person),
        f"{until}, and ",
        UserMention(away.cover or ""),
        " covers. The cover is chosen now: submit again to hand over to them.",
    )
    proposing = replace(shown, proposed=away.cover)
    return replace_modal(handover_form(proposing, _listed(context, claims), context.display, note=note, first=first))


def _errors(context: RequestContext, shown: ShownForm, receiver: str, note: str) -> FieldErrors:
    errors: FieldErrors = {}
    if not receiver:
        errors[shown.person_block] = "Choose a colleague."
    elif receiver == context.actor.user_id:
        errors[shown.person_block] = "These are yours already. Choose a colleague."
    elif (obstacle := why_not_owner(receiver, context.deps)) is not None:
        errors[shown.person_block] = obstacle.reason
    if len(note) > MAX_NOTE:
        errors["note"] = f"Use at most {MAX_NOTE} characters; you entered {len(note)}."
    return errors


def _form(context: RequestContext, claims: list[Claim], *, note: str = "") -> Json:
    shown = ShownForm(context.deps.now(), len(claims))
    return handover_form(shown, _listed(context, claims), context.display, note=note[:MAX_NOTE])


def _listed(context: RequestContext, claims: list[Claim]) -> list[RecordState]:
    entities = [claim.entity for claim in claims[:LISTED_IN_FORM]]
    states = context.deps.records.record_states(entities, skip_unreadable=True)
    return [states[entity] for entity in entities if entity in states]
