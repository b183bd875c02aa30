"""Slack room: what the listeners touch, and who it is that asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Protocol

from bot.domain.business_days import day_of
from bot.domain.people import Permission, Policy, Right, Verdict, may_decide_on_what
from bot.domain.subjects import Subject, person
from bot.domain.tracking import Tracked
from bot.ports import (
    AuditEntry,
    Clock,
    KeepsAudit,
    KeepsOperations,
    KeepsPeople,
    KeepsRecords,
    NewId,
    Origin,
    ReadsPeople,
)
from bot.slack.look import Look
from bot.usecases import confirm, examine, pause, place, take
from bot.usecases.permit import permitted_now
from bot.usecases.scene import Library

Json = dict[str, Any]


OWN = "decide on what they asked for"
"""What was denied in the trail, where it was no right that was missing."""


class OpensViews(Protocol):
    def open_view(self, trigger_id: str, view: Json) -> None:
        """views.open; the trigger lives three seconds and serves once."""
        ...

    def respond(self, response_url: str, answer: Json) -> None:
        """The way back that an interaction with a message gave us; it lives half an hour and serves five times."""
        ...


@dataclass(frozen=True, slots=True)
class Office:
    """Everything the receiver works with. It reads the table, places operations and opens modals, nothing else."""

    records: KeepsRecords
    operations: KeepsOperations
    people: KeepsPeople
    audit: KeepsAudit
    placing: place.Tools
    taking: take.Tools
    switching: pause.Tools
    examining: examine.Tools
    web: OpensViews
    reads_people: ReadsPeople
    policy: Policy
    look: Look
    command: str
    app_id: str
    retry_at_action_required: bool
    needs_second: bool
    """Whether a disconnection that somebody asks for waits for a second approver."""
    reject_without_version: bool
    clock: Clock
    new_id: NewId

    @property
    def confirming(self) -> confirm.Tools:
        return confirm.Tools(self.operations, self.policy, self.clock, self.new_id, self.placing.gate)

    def now(self) -> int:
        return int(self.clock())

    def today(self) -> date:
        return day_of(self.clock(), self.look.timezone)

    def library(self) -> Library:
        return Library(self.records, self.operations, self.today)

    def may(self, right: Right, user_id: str) -> Permission:
        return permitted_now(
            right,
            user_id,
            people=self.people,
            slack=self.reads_people,
            policy=self.policy,
            now=self.now(),
        )

    def permits(self, right: Right, asker: Asker, about: Subject | None = None) -> Permission:
        """As `may`; a denial goes into the audit trail of what it was about, else of who was denied."""
        return self._noted(self.may(right, asker.user_id), right.value, asker, about)

    def permits_on(self, asked_by: str | None, asker: Asker, about: Subject) -> Permission:
        """Whether they may decide on what this person asked for: nobody does on their own."""
        permission = may_decide_on_what(asked_by, asker.user_id, self.policy)
        return self._noted(permission, OWN, asker, about)

    def _noted(self, permission: Permission, wanted: str, asker: Asker, about: Subject | None) -> Permission:
        if permission.verdict is Verdict.DENIED:
            self.note(asker, "denied", about, ("wanted", wanted))
        return permission

    @property
    def watches(self) -> bool:
        """Whether nothing is taken on that would be sent to Noyo."""
        return self.placing.gate.watches

    def note(self, asker: Asker, deed: str, about: Subject | None, *details: tuple[str, str]) -> None:
        """Into the audit trail of what it was about, else of the person."""
        subject = about or person(asker.user_id)
        entry = AuditEntry(
            self.new_id(), subject, self.now(), asker.user_id, deed, details, origin=asker.origin
        )
        self.audit.audit(entry)

    def placing_for(self, asker: Asker) -> place.Tools:
        return replace(self.placing, origin=asker.origin)

    def confirming_for(self, asker: Asker) -> confirm.Tools:
        return replace(self.confirming, origin=asker.origin)

    def taking_for(self, asker: Asker) -> take.Tools:
        return replace(self.taking, origin=asker.origin)

    def retryable(self, tracked: Tracked) -> bool:
        return place.retryable(tracked, at_action_required=self.retry_at_action_required)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who typed or clicked, where, and the trigger that it gave us."""

    user_id: str
    channel_id: str | None
    trigger_id: str
    response_url: str | None = None
    way: str = "command"

    @property
    def origin(self) -> Origin:
        """For the audit trail. Of a form Slack does not say in which channel it was opened."""
        return Origin(self.way, self.channel_id)

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Asker:
        """From any interaction's body: a command's is flat, the others nest the user and the channel."""
        ways_back = body.get("trigger_id", ""), body.get("response_url")
        if "user_id" in body:
            return cls(body["user_id"], body.get("channel_id"), *ways_back)
        channel = body.get("channel") or {}
        way = _WAYS.get(body.get("type", ""), "button")
        return cls(body["user"]["id"], channel.get("id"), *ways_back, way)


_WAYS = {"view_submission": "form", "shortcut": "shortcut", "message_action": "shortcut"}
