"""A rule-based state machine of decisions in Slack: after any sequence of events, messages show the current state.

People click and submit, records move at Noyo, answers of Noyo and of Slack get lost, workers die and are woken again.
At rest every card, call and direct message is made anew from the table and held against what Slack shows. The system is
made by `make_system`, so that another one with the same face can be put under the same rules.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from bot.domain.content import Content, ManualResolution, MessageKey, Reply
from bot.domain.operations import OperationState
from bot.domain.records import disconnection_ref
from bot.usecases.notifications.publish import publish
from bot.usecases.notifications.read_model import record_card, record_of
from bot.usecases.operations.execute import execute
from infra.local.noyo import Fault, Rules
from infra.local.slack import Message, NotPossible
from infra.local.slack.faults import Fault as SlackFault
from infra.local.slack.faults import Kind as SlackKind
from tests.system import ALERTS, ANA, BEN, DECISIONS, GUARDIAN, System
from tests.usecases.execution_bench import PortHook, ProcessStopped, stop_process, write_fault

NAMES = ("Alpha Inc", "Beta Inc")
PEOPLE = (ANA, BEN)
FAR, FURTHER = "2026-12-31", "2027-01-31"
ACTS = st.sampled_from(["approve", "reject"])
STATUS = {"approve": "processing", "reject": "rejected"}
LOST = ["reset_before", "reset_after", "truncated", "error_before", "error_after", "too_many"]
SLACK_TROUBLE = [SlackKind.RESET_BEFORE, SlackKind.RESET_AFTER, SlackKind.TRUNCATED, SlackKind.SERVER_ERROR]
WRITES = st.sampled_from(["chat.postMessage", "chat.update", "views.update"])
DEATHS = [
    ("operations", "claim", True),
    ("noyo", "decide_disconnection", False),
    ("noyo", "decide_disconnection", True),
    ("operations", "save", False),
    ("operations", "save", True),
]
REST_SECONDS = 6 * 3600


@dataclass(frozen=True)
class Form:
    """A decision's form that somebody has open, for the version that it shows."""

    person: str
    view_id: str
    record_id: str
    version: str
    act: str

    @property
    def sends(self) -> tuple[str, str, str]:
        """Record, version and status, as a request to Noyo for it has to have them."""
        return self.record_id, self.version, STATUS[self.act]


@dataclass
class Seen:
    """What Slack and Noyo saw, recorded independently of the bot."""

    submitted: list[Form] = field(default_factory=list)
    replies: list[tuple[str, Any]] = field(default_factory=list)
    cards: list[Message] = field(default_factory=list)


def approving() -> AbstractContextManager[System]:
    return System(
        rules=Rules(settle_script=None), APPROVERS=",".join(PEOPLE), POLL_SECONDS="60", NOYO_TIMEOUT_SECONDS="20"
    )


class CardsStateMachine(RuleBasedStateMachine):
    make_system: ClassVar[Callable[[], AbstractContextManager[System]]] = staticmethod(approving)

    @initialize(first=ACTS, second=ACTS)
    def begins(self, first: str, second: str) -> None:
        """Two requests wait, and have their cards; both people decide on the first."""
        self.holding = self.make_system()
        self.system = self.holding.__enter__()
        self.seen = Seen()
        self.system.settle(10)
        self.record_ids = [self._asked(name) for name in NAMES]
        self.system.settle(10)
        self._keep_cards()
        for person, act in ((ANA, first), (BEN, second)):
            self.opens(person, act, 0)
        for person in PEOPLE:
            self.submits(person)

    def _asked(self, name: str) -> str:
        disconnection = self.system.noyo.carrier_requests_disconnection(
            carrier_id=GUARDIAN,
            group_id=str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),
            group_name=name,
            effective_end_date=FAR,
        )
        return str(disconnection["id"])

    # ---------------------------------------------------------------- people

    @rule(person=st.sampled_from(PEOPLE), act=ACTS, which=st.integers(0, 30))
    def opens(self, person: str, act: str, which: int) -> None:
        """From a card as it was at some time: a screen need not have refreshed."""
        card = self.seen.cards[which % len(self.seen.cards)]
        try:
            self.system.slack.click_stale(person, card, act)
        except NotPossible:
            return  # That card offered no decision.

    @rule(person=st.sampled_from(PEOPLE))
    def submits(self, person: str) -> None:
        form = self._form(person)
        if form is None:
            return
        self.seen.submitted.append(form)
        values = {"reason": "payment_reinstated"} if form.act == "reject" else {}
        self.seen.replies.append((person, self.system.slack.submit(person, form.view_id, values)))

    @rule(which=st.integers(0, 30))
    def a_submission_is_delivered_again(self, which: int) -> None:
        if self.seen.replies:
            person, reply = self.seen.replies[which % len(self.seen.replies)]
            self.system.slack.resend(person, reply)

    @rule(person=st.sampled_from(PEOPLE))
    def closes(self, person: str) -> None:
        view = self.system.slack.view_of(person)
        if view is not None:
            self.system.slack.close_view(person, view.id)

    def _form(self, person: str) -> Form | None:
        """What lies before them, where it can be submitted."""
        view = self.system.slack.view_of(person)
        if view is None or view.submit_button is None:
            return None
        shown = json.loads(view.private_metadata)
        act = view.callback_id.partition("_")[0]
        return Form(person, view.id, shown["r"].partition(":")[2], shown["v"], act)

    # ---------------------------------------------------------------- Noyo, and others who use it

    @rule(which=st.sampled_from([0, 1]), what=st.sampled_from(["another day", "completed", *STATUS]))
    def it_moves_at_noyo(self, which: int, what: str) -> None:
        now = self.system.noyo.disconnection(self.record_ids[which])
        self.system.wait(1)
        if what == "completed" and now["status"] == "processing":
            self.system.noyo.move_disconnection(now["id"], "completed")
        elif what in STATUS and now["status"] == "needs_review":
            self.system.noyo.move_disconnection(now["id"], STATUS[what])
        elif what == "another day" and now["status"] == "needs_review":
            day = FAR if now["effective_end_date"] == FURTHER else FURTHER
            self.system.noyo.move_disconnection(now["id"], "needs_review", effective_end_date=day)

    # ---------------------------------------------------------------- trouble

    @rule(kind=st.sampled_from(LOST), times=st.integers(1, 2))
    def answers_of_noyos_get_lost(self, kind: str, times: int) -> None:
        self.system.noyo.faults.add(write_fault(kind, times, method="PUT"))

    @rule(times=st.integers(1, 3))
    def noyo_cannot_be_read(self, times: int) -> None:
        self.system.noyo.faults.add(Fault("too_many", method="GET", times=times))

    @rule(method=WRITES, kind=st.sampled_from(SLACK_TROUBLE), times=st.integers(1, 2))
    def answers_of_slacks_get_lost(self, method: str, kind: SlackKind, times: int) -> None:
        self.system.slack.faults.add(SlackFault(kind, method, times))

    @rule(method=WRITES)
    def slack_wants_to_be_left_alone(self, method: str) -> None:
        self.system.slack.faults.rate_limited(30, method)

    @rule()
    def the_process_starts_anew(self) -> None:
        self.system.restart()

    @rule(seconds=st.sampled_from([1, 31, 61, 331]))
    def time_passes(self, seconds: int) -> None:
        self.system.wait(seconds)

    # ---------------------------------------------------------------- what runs by itself

    @rule()
    def a_poll_comes_by(self) -> None:
        if not self.system.noyo.faults.pending():
            self.system.poll()

    @rule()
    def due_operations_are_executed(self) -> None:
        self.system.execute_due()

    @rule()
    def due_events_are_published(self) -> None:
        self.system.notify()
        self._keep_cards()

    @rule(which=st.integers(0, 50))
    def a_worker_is_woken_again(self, which: int) -> None:
        """The stream gives the same record again, whatever came of it."""
        event = self._keys("OUTBOX#")
        if event:
            publish(event[which % len(event)], self.system.bot.slack_dependencies)
        for operation_id in self._keys("OPERATION#")[-1:]:
            execute(operation_id, self.system.bot.noyo_dependencies)

    @rule(death=st.sampled_from(DEATHS))
    def a_worker_dies_sending(self, death: tuple[str, str, bool]) -> None:
        port, method, after = death
        deps = self.system.bot.noyo_dependencies
        dying = replace(deps, **{port: PortHook(getattr(deps, port), method, stop_process, after=after)})
        for operation_id in deps.operations.due(deps.now(), limit=1):
            self._dies(lambda name=operation_id: execute(name, dying))

    @rule(method=st.sampled_from(["post", "update"]), after=st.booleans())
    def a_worker_dies_publishing(self, method: str, after: bool) -> None:
        deps = self.system.bot.slack_dependencies
        dying = replace(deps, slack=PortHook(deps.slack, method, stop_process, after=after))
        for event_id in deps.outbox.due(deps.now(), limit=1):
            self._dies(lambda name=event_id: publish(name, dying))

    def _dies(self, work: Callable[[], object]) -> None:
        try:
            work()
        except ProcessStopped:
            self.system.restart()

    def _keys(self, prefix: str) -> list[str]:
        keys = sorted(item["pk"]["S"] for item in self.system.items())
        return [key.removeprefix(prefix) for key in keys if key.startswith(prefix)]

    def _keep_cards(self) -> None:
        """As they look now, to be clicked on later."""
        known = {(card.ts, json.dumps(card.blocks)) for card in self.seen.cards}
        for card in self.system.slack.channel(DECISIONS):
            if (card.ts, json.dumps(card.blocks)) not in known:
                self.seen.cards.append(card)

    # ---------------------------------------------------------------- what must hold

    @property
    def sent(self) -> list[tuple[tuple[str, str, str], bool]]:
        """What Noyo was asked, and whether it did it."""
        asked = []
        for seen in self.system.writes():
            record_id, version = seen.path.split("/")[-2:]
            asked.append(((record_id, version, seen.body["status"]), seen.took_effect))
        return asked

    @invariant()
    def at_most_one_decision_of_ours_on_each_request_has_effect(self) -> None:
        if hasattr(self, "record_ids"):
            decided = [sends[0] for sends, took_effect in self.sent if took_effect]
            assert len(decided) == len(set(decided))

    @invariant()
    def nothing_is_sent_but_what_somebody_decided_on_the_version_before_them(self) -> None:
        if hasattr(self, "record_ids"):
            assert {sends for sends, _ in self.sent} <= {form.sends for form in self.seen.submitted}

    def teardown(self) -> None:
        if not hasattr(self, "system"):
            return
        try:
            if hasattr(self, "record_ids"):
                self._comes_to_rest()
        finally:
            self.holding.__exit__(None, None, None)

    def _comes_to_rest(self) -> None:
        """Trouble is over and time passes: messages show what the table says, and no outbox event is due."""
        self.system.noyo.faults.clear()
        self.system.slack.faults.clear()
        for pause in (60, 400, 1000, 5, REST_SECONDS, 61, 61, 61):
            self.system.wait(pause)
            self.system.execute_due()
            self.system.poll()
            self.system.notify()
        deps = self.system.bot.slack_dependencies
        assert deps.outbox.due(deps.now(), limit=10) == []
        self._every_operation_ended()
        self._stored_records_match_noyo()
        self._what_people_see_is_what_the_table_says()
        self._every_action_is_in_the_audit_log()

    def _every_operation_ended(self) -> None:
        for operation_id in self._keys("OPERATION#"):
            operation = self.system.operation(operation_id)
            if operation.state is not OperationState.NEEDS_RESOLUTION:
                assert operation.state.settled, operation

    def _stored_records_match_noyo(self) -> None:
        for record_id in self.record_ids:
            record_state = self.system.bot.repositories.records.record_state(disconnection_ref(record_id))
            true = self.system.noyo.disconnection(record_id)
            assert record_state is not None
            assert (record_state.record.version, record_state.status.value) == (true["version"], true["status"])

    # ---------------------------------------------------------------- what people see

    def _what_people_see_is_what_the_table_says(self) -> None:
        for record_id in self.record_ids:
            key = MessageKey(DECISIONS, str(disconnection_ref(record_id)))
            self._shows(key, record_card(disconnection_ref(record_id), self.system.bot.slack_dependencies))
        for operation_id in self._keys("OPERATION#"):
            self._alerts_and_replies_are_current(operation_id)
        self._no_card_is_there_twice()

    def _alerts_and_replies_are_current(self, operation_id: str) -> None:
        """Direct replies and alerts for manual resolutions show the current state."""
        deps = self.system.bot.slack_dependencies
        operation = self.system.operation(operation_id)
        record_state = record_of(operation, deps)
        link = deps.card_link(record_state) if record_state else None
        direct = MessageKey(operation.actor or "", f"direct:{operation_id}")
        if deps.messages.link(direct) is not None:
            self._shows(direct, Reply(operation, record_state, link, operation.actor))
        for key in deps.messages.live(ALERTS, f"resolution:{operation_id}:"):
            self._shows(key, ManualResolution(operation, record_state, link))
        if operation.state is OperationState.NEEDS_RESOLUTION:
            assert deps.messages.live(ALERTS, f"resolution:{operation_id}:"), "nobody was called"

    def _shows(self, key: MessageKey, content: Content | None) -> None:
        publisher = self.system.bot.slack_dependencies
        link = publisher.messages.link(key)
        assert content is not None
        assert link is not None, f"nothing was posted for {key}"
        message = self.system.slack.workspace.channels[link.channel].find(link.ts)
        assert message is not None
        assert _said(message.blocks) == _said(json.loads(publisher.slack.render(content).blocks)), key

    def _no_card_is_there_twice(self) -> None:
        keys = [_idempotency_key(message) for message in self.system.slack.channel(DECISIONS)]
        assert len(keys) == len(set(keys))
        for name in NAMES:
            shown = [self.system.slack.render(message) for message in self.system.slack.channel(DECISIONS)]
            assert sum(f"# Disconnect {name}" in text for text in shown) == 1

    # ---------------------------------------------------------------- the audit log

    def _every_action_is_in_the_audit_log(self) -> None:
        audit_log = self.system.bot.repositories.audit
        audit_entries = [
            entry for record in self.record_ids for entry in audit_log.entries(disconnection_ref(record), limit=1000)
        ]
        actions = [(entry.action, dict(entry.details).get("operation"), entry.actor) for entry in audit_entries]
        for form in self.seen.submitted:
            assert {
                ("operation_submitted", form.view_id, form.person),
                ("submission_conflict", form.view_id, form.person),
            } & set(actions), form
        for operation_id in self._keys("OPERATION#"):
            operation = self.system.operation(operation_id)
            assert (f"operation_{operation.state.value}", operation_id, operation.actor) in actions
        assert sum(action == "operation_sending" for action, *_ in actions) >= len(self.sent)


def _said(blocks: list[dict[str, Any]]) -> list[str]:
    """Block by block, without the ids that Slack gives to those that come with none."""
    bare = ({name: value for name, value in block.items() if name != "block_id"} for block in blocks)
    return [json.dumps(block, sort_keys=True, ensure_ascii=False) for block in bare]


def _idempotency_key(message: Message) -> str:
    metadata = message.metadata or {}
    return str(metadata.get("event_payload", {}).get("idempotency_key", message.ts))
