"""*help*: somebody wants to know what they can do here, and whom to ask for the rest.

A list of everything hides the few commands that a person may use. What can go wrong: the help offers what is refused
afterwards, leaves out what is allowed, or fails because Slack does not answer. So it asks Slack only about a person
whom the table does not know, and shows a command if it cannot tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bot.domain.people import Permission, Right, Verdict, authorize, who_grants
from bot.slack.context import RequestContext
from bot.slack.views import replies
from bot.slack.views.message import Paragraph
from bot.slack.views.rich_text import Json, PlainText, RichText, rich_text, with_mentions
from bot.usecases.admin.authorization import authorized


@dataclass(frozen=True, slots=True)
class Command:
    usage: str
    what: str
    run: Callable[[RequestContext, str], Json]
    right: Right | None = Right.VIEW
    """The right without which it is refused; None if everyone may use it."""
    sends: bool = False
    """Whether it leads to something being sent to Noyo."""


GROUPS: dict[Right, tuple[str, str]] = {
    Right.VIEW: ("Look", "list failed older than 5 days"),
    Right.REQUEST: ("Connect and retry", "connect Harbor Foods"),
    Right.APPROVE: ("Disconnect and decide", "approve Harbor Foods"),
    Right.ADMINISTER: ("Administer", "pause Noyo shows wrong statuses"),
}
"""By the right that its commands need: its heading, and an example."""


def answer(context: RequestContext, opening: RichText, commands: Mapping[str, Command]) -> Json:
    """First what the person may do, then what they may not, with who may and who grants it."""
    permissions = _permissions(context)
    shown = [right for right, permission in permissions.items() if permission.verdict is not Verdict.DENIED]
    missing = [right for right in permissions if right not in shown]
    return replies.ephemeral(
        opening,
        *(_group(context, right, commands.values()) for right in shown),
        Paragraph(_usages(context, None, commands.values())),
        *_not_allowed(context, {right: permissions[right] for right in missing}, commands),
        *_unsure(permissions),
        "Only you can see these answers. Cards are in the channels.",
    )


def _permissions(context: RequestContext) -> dict[Right, Permission]:
    """Without an entry in the audit log: nobody is refused anything here."""
    deps, user = context.deps, context.actor.user_id
    may_view = authorized(Right.VIEW, user, deps)
    person, members = deps.people.person(user), deps.people.members(deps.policy.all_groups)
    others = {right: authorize(right, person, members, deps.policy, deps.now()) for right in GROUPS}
    return others | {Right.VIEW: may_view}


def _group(context: RequestContext, right: Right, commands: Iterable[Command]) -> Paragraph:
    heading, example = GROUPS[right]
    return Paragraph(
        [
            rich_text(PlainText(heading, bold=True)),
            *_usages(context, right, commands),
            rich_text(f"Example: {context.command} {example}"),
        ]
    )


def _usages(context: RequestContext, right: Right | None, commands: Iterable[Command]) -> list[RichText]:
    return [
        rich_text(PlainText(f"{context.command} {command.usage}", bold=True), f": {command.what}")
        for command in commands
        if command.right is right
    ]


def _not_allowed(
    context: RequestContext, missing: Mapping[Right, Permission], commands: Mapping[str, Command]
) -> list[Paragraph]:
    """One line for each reason. Nobody can grant a right to people who may not even look, such as guests."""
    if not missing:
        return []
    by_reason: dict[str, list[str]] = {}
    for right, permission in missing.items():
        names = (name for name, command in commands.items() if command.right is right)
        by_reason.setdefault(permission.reason, []).extend(names)
    lines = [rich_text(f"{', '.join(names)}: ", *with_mentions(reason)) for reason, names in by_reason.items()]
    if Right.VIEW not in missing:
        lines.append(with_mentions(who_grants(context.deps.policy)))
    return [Paragraph([rich_text(PlainText("What you may not do", bold=True)), *lines])]


def _unsure(permissions: Mapping[Right, Permission]) -> list[str]:
    if all(permission.verdict is not Verdict.UNKNOWN for permission in permissions.values()):
        return []
    return ["I could not check all your rights just now, so some of these commands may be refused."]
