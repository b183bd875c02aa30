"""What the listeners touch, and who it is that asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

from bot.domain.audit import AuditEntry, Origin
from bot.domain.business_days import day_of
from bot.domain.entities import EntityRef, person_ref
from bot.domain.people import AccessPolicy, Permission, Right, Verdict, authorize_decision_on
from bot.domain.record_states import RecordState
from bot.slack.views.display_settings import DisplaySettings
from bot.usecases.admin import health_report, pause
from bot.usecases.admin.authorization import authorized
from bot.usecases.notifications.read_model import ReadModel
from bot.usecases.operations import second_approval, submit
from bot.usecases.ports.runtime import Clock, NewId
from bot.usecases.ports.slack import UserDirectory
from bot.usecases.ports.storage import (
    AuditRepository,
    OperationRepository,
    PeopleRepository,
    RecordRepository,
)
from bot.usecases.records import claim

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
    """Everything the receiver works with. It reads the table, places operations and opens modals, nothing else."""

    records: RecordRepository
    operations: OperationRepository
    people: PeopleRepository
    audit: AuditRepository
    submitting: submit.Tools
    claiming: claim.Tools
    pausing: pause.Tools
    health_reporting: health_report.Tools
    web: ViewGateway
    user_directory: UserDirectory
    policy: AccessPolicy
    display: DisplaySettings
    command: str
    app_id: str
    retry_at_action_required: bool
    needs_second: bool
    """Whether a disconnection that somebody asks for waits for a second approver."""
    reject_without_version: bool
    clock: Clock
    new_id: NewId

    @property
    def confirming(self) -> second_approval.Tools:
        return second_approval.Tools(
            self.operations, self.policy, self.clock, self.new_id, self.submitting.sending_guard
        )

    def now(self) -> int:
        return int(self.clock())

    def today(self) -> date:
        return day_of(self.clock(), self.display.timezone)

    def read_model(self) -> ReadModel:
        return ReadModel(self.records, self.operations, self.today)

    def authorized(self, right: Right, user_id: str) -> Permission:
        return authorized(
            right,
            user_id,
            people=self.people,
            slack=self.user_directory,
            policy=self.policy,
            now=self.now(),
        )

    def authorize(self, right: Right, actor: Actor, about: EntityRef | None = None) -> Permission:
        """As `may`; a denial goes into the audit trail of what it was about, else of who was denied."""
        return self._noted(self.authorized(right, actor.user_id), right.value, actor, about)

    def authorize_decision_on(self, asked_by: str | None, actor: Actor, about: EntityRef) -> Permission:
        """Whether they may decide on what this person asked for: nobody does on their own."""
        permission = authorize_decision_on(asked_by, actor.user_id, self.policy)
        return self._noted(permission, OWN_REQUEST, actor, about)

    def _noted(
        self, permission: Permission, wanted: str, actor: Actor, about: EntityRef | None
    ) -> Permission:
        if permission.verdict is Verdict.DENIED:
            self.audit_event(actor, "denied", about, ("wanted", wanted))
        return permission

    @property
    def observes_only(self) -> bool:
        """Whether nothing is taken on that would be sent to Noyo."""
        return self.submitting.sending_guard.observes_only

    def audit_event(
        self, actor: Actor, action: str, about: EntityRef | None, *details: tuple[str, str]
    ) -> None:
        """Into the audit trail of what it was about, else of the person."""
        entity = about or person_ref(actor.user_id)
        entry = AuditEntry(
            self.new_id(), entity, self.now(), actor.user_id, action, details, origin=actor.origin
        )
        self.audit.append(entry)

    def submitting_for(self, actor: Actor) -> submit.Tools:
        return replace(self.submitting, origin=actor.origin)

    def confirming_for(self, actor: Actor) -> second_approval.Tools:
        return replace(self.confirming, origin=actor.origin)

    def claiming_for(self, actor: Actor) -> claim.Tools:
        return replace(self.claiming, origin=actor.origin)

    def retryable(self, record_state: RecordState) -> bool:
        return submit.retryable(record_state, at_action_required=self.retry_at_action_required)


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
