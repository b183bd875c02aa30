"""*Claim*: somebody is about to call the carrier or the group, and wants nobody else to do the same.

Everybody who may request or decide may claim. What can go wrong: a claim is mistaken for a lock, the person who claimed
it goes home, or a colleague decides or retries meanwhile.
"""

from __future__ import annotations

from bot import policies
from bot.domain.people import Permission, Right
from bot.domain.records import EntityKind, EntityRef, needs_our_action
from bot.slack.context import RequestContext, give_feedback
from bot.slack.views import record_facts, replies
from bot.slack.views.buttons import ButtonValue
from bot.slack.views.record_facts import status_name
from bot.slack.views.rich_text import RichText, Timestamp, UserMention, rich_text
from bot.usecases.admin.authorization import authorized
from bot.usecases.records.claim import claim_record, release_claim

_UNCHANGED = "Nothing was changed. Please use the newest message."


def click(context: RequestContext, value: ButtonValue) -> None:
    """Claims the record. The person gets an ephemeral reply; everybody else sees it on the card."""
    permission = _permission(context, value.record)
    if not permission.allowed:
        context.give_feedback("Not possible", replies.denial(permission))
        return
    _reply(context, _claim(context, value))


def click_release(context: RequestContext, value: ButtonValue) -> None:
    released = release_claim(value.record, context.actor.user_id, context.deps, shown=value.owner_revision)
    if released is None or released.owner is None:
        words = rich_text("Nobody is checking this. Nothing was changed.")
    elif released.owner != context.actor.user_id:
        words = rich_text(
            UserMention(released.owner), " is checking this, and only they can release it. You can take it over."
        )
    elif released.owner_revision != value.owner_revision:
        words = rich_text("You claimed this again after this message was shown. ", _UNCHANGED)
    else:
        words = rich_text("You are no longer checking this.")
    _reply(context, words)


def _claim(context: RequestContext, value: ButtonValue) -> RichText:
    now = claim_record(value.record, context.actor.user_id, context.deps, shown=value.owner_revision)
    if now is None:
        return rich_text("Switchboard no longer has this record.")
    if not needs_our_action(now.status):
        name = record_facts.group_name(now.record)
        return rich_text("There is nothing left to check: ", name, " is now ", status_name(now.status), ".")
    if now.owner is None:
        return rich_text("The claim has changed since this message was shown. ", _UNCHANGED)
    if now.owner != context.actor.user_id:
        return rich_text(UserMention(now.owner), " claimed this after this message was shown. ", _UNCHANGED)
    until = Timestamp(now.owned_until or context.deps.now())
    return rich_text(
        "You are checking this until ",
        until,
        f" ({policies.CLAIM_HOURS} working hours), or until you release it. Others can still act.",
    )


def _permission(context: RequestContext, entity: EntityRef) -> Permission:
    """People who may request or decide may claim. A denial names the right to do what the message is about."""
    about, other = Right.REQUEST, Right.APPROVE
    if entity.kind is EntityKind.DISCONNECTION:
        about, other = other, about
    other_permission = authorized(other, context.actor.user_id, context.deps)
    return other_permission if other_permission.allowed else context.authorize(about, entity)


def _reply(context: RequestContext, words: RichText) -> None:
    """Prefers an ephemeral reply: a modal would have to be closed again."""
    actor = context.actor
    trigger_id = None if actor.response_url else actor.trigger_id
    give_feedback(context.web, trigger_id, actor.response_url, "Checking", words)
