"""What the listeners touch, and who it is that asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from bot.domain.audit import AuditEntry, Origin
from bot.domain.entities import EntityRef, person_ref
from bot.domain.people import Permission, Right, Verdict, authorize_decision_on
from bot.domain.record_states import RecordState
from bot.slack.views.message import DisplaySettings
from bot.usecases.admin.authorization import authorized
from bot.usecases.dependencies import Dependencies

Json = dict[str, Any]


OWN_REQUEST = "decide on what they asked for"
"""What was denied in the trail, where it was no right that was missing."""


class ViewGateway(Protocol):
    def open_view(self, trigger_id: str, view: Json) -> None:
        """views.open; the trigger lives three seconds and serves once."""
        ...

    def respond(self, response_url: str, answer: Json) -> None:
        """The way back that an interaction with a message gave us; it lives half an hour and serves five times."""
        ...


@dataclass(frozen=True, slots=True)
class RequestContext:
    """What the listeners work with. The receiver reads the table, submits operations and opens modals, nothing else."""

    deps: Dependencies
    web: ViewGateway
    display: DisplaySettings
    app_id: str
    needs_second: bool
    """Whether a disconnection that somebody requests needs a second approver."""
    reject_without_version: bool

    @property
    def command(self) -> str:
        return self.display.command

    def authorize(self, right: Right, actor: Actor, about: EntityRef | None = None) -> Permission:
        """Whether the actor holds the right. A denial is audited under `about`, or else under the person."""
        return self._audited(authorized(right, actor.user_id, self.deps), right.value, actor, about)

    def authorize_decision_on(self, requester: str | None, actor: Actor, about: EntityRef) -> Permission:
        """Whether the actor may decide on what this person requested: nobody decides on their own request."""
        permission = authorize_decision_on(requester, actor.user_id, self.deps.policy)
        return self._audited(permission, OWN_REQUEST, actor, about)

    def _audited(
        self, permission: Permission, wanted: str, actor: Actor, about: EntityRef | None
    ) -> Permission:
        if permission.verdict is Verdict.DENIED:
            self.audit_event(actor, "denied", about, ("wanted", wanted))
        return permission

    @property
    def observes_only(self) -> bool:
        """Whether Switchboard refuses whatever would be sent to Noyo."""
        return self.deps.sending_guard.observes_only

    def audit_event(
        self, actor: Actor, action: str, about: EntityRef | None, *details: tuple[str, str]
    ) -> None:
        """Append an entry to the audit log of `about`, or else of the person."""
        deps, entity = self.deps, about or person_ref(actor.user_id)
        deps.audit.append(
            AuditEntry(deps.new_id(), entity, deps.now(), actor.user_id, action, details, actor.origin)
        )

    def deps_for(self, actor: Actor) -> Dependencies:
        """The dependencies with the actor's request as the origin that the audit log names."""
        return replace(self.deps, origin=actor.origin)

    def retryable(self, record_state: RecordState) -> bool:
        return self.display.retryable(record_state)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who typed or clicked, where, and the trigger that it gave us."""

    user_id: str
    channel_id: str | None
    trigger_id: str
    response_url: str | None = None
    source: str = "command"

    @property
    def origin(self) -> Origin:
        """For the audit trail. Of a form Slack does not say in which channel it was opened."""
        return Origin(self.source, self.channel_id)

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Actor:
        """From any interaction's body: a command's is flat, the others nest the user and the channel."""
        ways_back = body.get("trigger_id", ""), body.get("response_url")
        if "user_id" in body:
            return cls(body["user_id"], body.get("channel_id"), *ways_back)
        channel = body.get("channel") or {}
        way = _WAYS.get(body.get("type", ""), "button")
        return cls(body["user"]["id"], channel.get("id"), *ways_back, way)


_WAYS = {"view_submission": "form", "shortcut": "shortcut", "message_action": "shortcut"}
