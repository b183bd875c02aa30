"""*away* and *back*: somebody is away until a day, and a colleague looks after what they own.

They say it once, before they leave. What can go wrong: the day is understood differently than it was meant; the cover
may not act, has left or is away too; it is forgotten. So an unclear day is refused with an example, the form shows the
day that was understood, a cover who cannot act is refused, and an absence ends by itself.
"""

from __future__ import annotations

from datetime import date, timedelta

from bot.domain.absences import Absence, Absences, is_possible, parse_last_day
from bot.domain.people import Right
from bot.slack.context import RequestContext
from bot.slack.features.forms import chosen_day
from bot.slack.views import replies
from bot.slack.views.modals import FieldErrors, date_field, form, notice, person_field, replace_modal, values_of
from bot.slack.views.rich_text import Json, RichText, UserMention, day_text, plural, rich_text
from bot.usecases.admin.absence import come_back, go_away
from bot.usecases.admin.authorization import why_not_owner

CALLBACK = "away"


def start(context: RequestContext, text: str) -> Json:
    """`/noyo away [until friday]`: opens the form for this day; without a day, shows the absence."""
    permission = context.authorize(Right.VIEW)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    if not text:
        return replies.ephemeral(*_status(context, context.deps.absences.absences()))
    last_day = parse_last_day(text, context.deps.today())
    if last_day is None:
        unclear = "I am not sure which day you mean, so nothing was changed."
        return replies.ephemeral(f"{unclear} {_examples(context)}")
    context.open_view(_form(last_day))
    return {}


def start_back(context: RequestContext, _: str) -> Json:
    """`/noyo back`"""
    permission = context.authorize(Right.VIEW)
    if not permission.allowed:
        return replies.ephemeral(replies.denial(permission))
    person = context.actor.user_id
    result = come_back(person, context.deps, change_id=context.actor.trigger_id or context.deps.new_id())
    if result.changed:
        return replies.ephemeral("You are back: you are mentioned again, and cards show it soon.")
    return replies.ephemeral(*_status(context, result.absences))


def submission(context: RequestContext, view: Json) -> Json:
    values = values_of(view)
    permission = context.authorize(Right.VIEW)
    if not permission.allowed:
        return replies.push_modal(notice("Not possible", replies.denial(permission)))
    last_day, cover = chosen_day(values, "last_day"), values.get("cover") or None
    errors = _errors(context, last_day, cover)
    if errors or last_day is None:
        return replies.show_field_errors(errors)
    result = go_away(context.actor.user_id, last_day, cover, context.deps, change_id=view["id"])
    return replace_modal(notice("Your absence", *_status(context, result.absences)))


def _form(last_day: date) -> Json:
    day = date_field(
        "last_day", "Last day", hint="You are away until the end of this day. Then it ends by itself.", initial=last_day
    )
    cover = person_field(
        "cover",
        "Cover",
        hint="Mentioned instead of you where you own something. Anybody who may request connections or decide on "
        "disconnections.",
        optional=True,
    )
    return form("I am away", "Save", CALLBACK, [day, cover])


def _errors(context: RequestContext, last_day: date | None, cover: str | None) -> FieldErrors:
    errors: FieldErrors = {}
    if last_day is None or not is_possible(last_day, context.deps.today()):
        errors["last_day"] = "Choose today or a later day, within a year."
    if cover == context.actor.user_id:
        errors["cover:"] = "Choose a colleague, or nobody."
    elif cover is not None and (obstacle := why_not_owner(cover, context.deps)) is not None:
        errors["cover:"] = obstacle.reason
    return errors


def _status(context: RequestContext, absences: Absences) -> list[RichText]:
    """The person's absence, what they own, and for whom they cover."""
    person, now = context.actor.user_id, context.deps.now()
    absence, covered = absences.of(person, now), absences.covered_by(person, now)
    lines = [rich_text(f"You are not away. {_examples(context)}")]
    if absence is not None:
        lines = [*_own(context, absence, absences), *_owned(context)]
    return [*lines, *(_covered(each, is_away=absence is not None) for each in covered)]


def _own(context: RequestContext, absence: Absence, absences: Absences) -> list[RichText]:
    lines = [rich_text(f"You are away until the end of {day_text(absence.last_day)}. {context.command} back ends it.")]
    other = absences.of(absence.cover, context.deps.now())
    if absence.cover is None:
        return [*lines, rich_text("Nobody covers, so you are still mentioned where you own something.")]
    cover = UserMention(absence.cover)
    if other is None:
        return [*lines, rich_text(cover, " is mentioned instead of you.")]
    until = day_text(other.last_day)
    return [*lines, rich_text(cover, f" is away until {until}, too. Until then you are mentioned yourself.")]


def _owned(context: RequestContext) -> list[RichText]:
    number = len(context.deps.records.owned_by(context.actor.user_id))
    if not number:
        return []
    claimed = f"You have claimed {plural(number, 'record')}."
    return [rich_text(f"{claimed} To give everything to a colleague: {context.command} handover")]


def _covered(absence: Absence, *, is_away: bool) -> RichText:
    until = f" until {day_text(absence.last_day)}"
    if is_away:
        return rich_text("You cover ", UserMention(absence.person), f"{until}: while you are away, they are mentioned.")
    return rich_text("You cover ", UserMention(absence.person), f"{until}: you are mentioned instead of them.")


def _examples(context: RequestContext) -> str:
    day, command = (context.deps.today() + timedelta(days=14)).isoformat(), f"{context.command} away"
    return f"Examples: {command} until friday, {command} until {day}. Then a form asks who covers."
