"""The context of a request: what listeners work with, who makes the request, and how to answer that person."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from bot.domain.people import AuditEntry, Origin, Permission, Right, Verdict, authorize_decision_on
from bot.domain.records import EntityRef, person_ref
from bot.errors import DeadlineExceeded, SlackError
from bot.slack.views import replies
from bot.slack.views.buttons import Page
from bot.slack.views.message import DisplaySettings
from bot.slack.views.modals import notice
from bot.slack.views.rich_text import Json, RichText
from bot.usecases.admin.authorization import authorized
from bot.usecases.dependencies import Dependencies

logger = logging.getLogger("switchboard")

OWN_REQUEST = "decide on what they asked for"
"""The audit log's text for a denial that is not about a missing right."""


class ViewGateway(Protocol):
    def open_view(self, trigger_id: str, view: Json) -> None:
        """views.open. A trigger is valid for three seconds and can be used once."""
        ...

    def update_view(self, view_id: str, view: Json, shown_hash: str | None = None) -> bool:
        """views.update: replaces an open modal. False if it is closed, or no longer as in `shown_hash`."""
        ...

    def respond(self, response_url: str, answer: Json) -> None:
        """Post to the response URL of an interaction. It is valid for 30 minutes and can be used five times."""
        ...


@dataclass(frozen=True, slots=True)
class ShownView:
    """An open modal, as the person saw it."""

    id: str
    hash: str


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who typed or clicked, where they did, and the addresses that Slack gives for an answer."""

    user_id: str
    channel_id: str | None
    """Slack does not say in which channel a form was opened."""
    trigger_id: str
    response_url: str | None = None
    source: str = "command"
    view: ShownView | None = None
    """The modal in which the person clicked."""
    home: str | None = None
    """If the person clicked in their App Home: the metadata of what it shows."""
    clicked_at: str = ""
    """Slack's time of a click."""
    in_own_answer: bool = False
    """Whether the person clicked in a message that only they see, which may be replaced."""

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Actor:
        """From the body of any interaction: commands are flat, the others nest the user and the channel."""
        addresses = body.get("trigger_id", ""), body.get("response_url")
        if "user_id" in body:
            return cls(body["user_id"], body.get("channel_id"), *addresses)
        channel = body.get("channel") or {}
        source = SOURCES.get(body.get("type", ""), "button")
        view = (body.get("view") if source == "button" else None) or {}
        is_home = view.get("type") == "home"
        return cls(
            body["user"]["id"],
            channel.get("id"),
            *addresses,
            source,
            view=ShownView(view["id"], view["hash"]) if view and not is_home else None,
            home=view.get("private_metadata", "") if is_home else None,
            clicked_at=next((action.get("action_ts", "") for action in body.get("actions", ())), ""),
            in_own_answer=(body.get("container") or {}).get("is_ephemeral") is True,
        )


SOURCES = {"view_submission": "form", "shortcut": "shortcut", "message_action": "shortcut"}
"""What the audit log calls an interaction, by Slack's type of it; all others are buttons."""
NOBODY = Actor("", None, "")
FIRST_PAGE = Page("")


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What a listener works with. The receiver reads the table, submits operations and opens modals, nothing else.

    The app is built with a context without an actor; `for_actor` makes the context of one request from it.
    """

    deps: Dependencies
    web: ViewGateway
    display: DisplaySettings
    app_id: str
    needs_second: bool
    """Whether a disconnection that somebody requests needs a second approver."""
    reject_without_version: bool
    actor: Actor = NOBODY
    page: Page = FIRST_PAGE
    """Of the answer to the command, and what the person typed after it."""
    is_turned: bool = False
    """Whether the person turns a page of an answer, so that no form may open."""

    def for_actor(self, actor: Actor) -> RequestContext:
        """The context of a request of this person. The audit log names where the request comes from."""
        return replace(self, actor=actor, deps=replace(self.deps, origin=Origin(actor.source, actor.channel_id)))

    def for_page(self, page: Page, *, is_turned: bool) -> RequestContext:
        return replace(self, page=page, is_turned=is_turned)

    @property
    def command(self) -> str:
        return self.display.command

    @property
    def observes_only(self) -> bool:
        """Whether Switchboard refuses whatever would be sent to Noyo."""
        return self.deps.sending_guard.observes_only

    def authorize(self, right: Right, about: EntityRef | None = None) -> Permission:
        """Whether the actor holds the right. A denial is audited under `about`, or else under the person."""
        return self._audited(authorized(right, self.actor.user_id, self.deps), right.value, about)

    def authorize_decision_on(self, requester: str | None, about: EntityRef) -> Permission:
        """Whether the actor may decide on what this person requested: nobody decides on their own request."""
        permission = authorize_decision_on(requester, self.actor.user_id, self.deps.policy)
        return self._audited(permission, OWN_REQUEST, about)

    def _audited(self, permission: Permission, wanted: str, about: EntityRef | None) -> Permission:
        if permission.verdict is Verdict.DENIED:
            self.audit_event("denied", about, ("wanted", wanted))
        return permission

    def audit_event(self, action: str, about: EntityRef | None, *details: tuple[str, str]) -> None:
        """Append an entry to the audit log of `about`, or else of the person."""
        deps, person = self.deps, self.actor.user_id
        entity = about or person_ref(person)
        deps.audit.append(AuditEntry(deps.new_id(), entity, deps.now(), person, action, details, deps.origin))

    def open_view(self, view: Json) -> None:
        self.web.open_view(self.actor.trigger_id, view)

    def show_view(self, view: Json) -> None:
        """In place of the modal in which the person clicked, unless it has changed since; otherwise in a new one."""
        if self.actor.view is None:
            self.open_view(view)
        else:
            self.web.update_view(self.actor.view.id, view, self.actor.view.hash)

    def give_feedback(self, title: str, words: RichText) -> None:
        give_feedback(self.web, self.actor.trigger_id, self.actor.response_url, title, words)


def give_feedback(
    web: ViewGateway, trigger_id: str | None, response_url: str | None, title: str, words: RichText
) -> None:
    """Tell the person who clicked, and nobody else, what came of it.

    In a modal; if Slack opens none, as an ephemeral reply to the message; if that fails too, in the log.
    """
    if trigger_id and _succeeds(lambda: web.open_view(trigger_id, notice(title, words)), "modal"):
        return
    ephemeral = replies.ephemeral(words) | {"replace_original": False}
    if response_url and _succeeds(lambda: web.respond(response_url, ephemeral), "reply"):
        return
    logger.warning("could not give feedback for a click")


def _succeeds(send: Callable[[], None], kind: str) -> bool:
    try:
        send()
    except (SlackError, DeadlineExceeded) as error:
        logger.warning("feedback as a %s failed", kind, exc_info=error)
        return False
    return True
