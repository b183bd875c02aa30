"""A rule-based state machine of decisions and retries: after any sequence of events, messages show the current state.

People click, submit and type, on current and old messages, and what they did is delivered again. Records change at
Noyo, answers of Noyo and Slack get lost or are false, workers crash and run again, and the queues hold items that this
release cannot read. Once everything has settled, every card, alert and direct message is rendered again from the table
and compared with what Slack shows. `make_system` creates the system, so that the same rules can test another one with
the same interface.
"""

from __future__ import annotations

import itertools
import json
import re
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.domain.content import Content, ManualResolution, MessageKey, Reply
from bot.domain.operations import Operation, OperationKind, OperationState, OutcomeKind
from bot.domain.records import LocalStatus, connection_ref, disconnection_ref, is_open
from bot.dynamodb.expressions import typed_item
from bot.dynamodb.schema import SCHEMA
from bot.usecases.notifications.publish import publish
from bot.usecases.notifications.read_model import record_card, record_of
from bot.usecases.operations.execute import execute
from bot.usecases.workers import execute_operations, notify
from infra.local.noyo import Fault, Rules
from infra.local.slack import Message
from infra.local.slack.faults import Fault as SlackFault
from infra.local.slack.faults import Kind as SlackKind
from tests.aws import worker_client
from tests.system import ALERTS, ANA, BEN, CONNECTIONS, DECISIONS, GUARDIAN, System
from tests.usecases.execution_bench import PortHook, ProcessStopped, stop_process, write_fault

NAMES = ("Alpha Inc", "Beta Inc")
FAILED_NAME, FAILED_ID = "Failed Inc", "AB-1"
PEOPLE = (ANA, BEN)
END_DATE, LATER_END_DATE = "2026-12-31", "2027-01-31"
CARD_ACTIONS = st.sampled_from(["claim", "release", "details"])
RESOLUTIONS = st.sampled_from(["resolve_arrived", "resolve_send_again", "resolve_close"])
FALSE_KINDS = st.sampled_from(["false_answer", "false_answer_after"])
FALSE_CONTENTS = st.sampled_from(["unchanged", "status", "earlier", "other"])
UNREADABLE = "newer-"
"""How the ids of items begin that this release cannot read."""
QUEUES = {"OPERATION": "STATE", "REFRESH": "STATE", "OUTBOX": "EVENT"}
NEWER = [{"schema": 99}, {"schema": SCHEMA, "kind": "merge_groups"}]
"""What makes an item unreadable: the schema of a newer release, or a kind that only a newer one knows."""
HOUR, TEN_MINUTES = 3600, 600
APPROVE_OR_REJECT = st.sampled_from(["approve", "reject"])
STATUS = {"approve": "processing", "reject": "rejected"}
CONFIRMED = re.compile(r"Noyo confirmed @(Ana|Ben)'s (approval|rejection)")
RETRY_CONFIRMED = re.compile(r"Noyo confirmed @(?:Ana|Ben)'s retry")
RETRY_ARRIVED = re.compile(r"Noyo shows that @(?:Ana|Ben)'s retry arrived")
RECORD_VERSION = re.compile(r'"n\\*":\\*"([\w-]+)')
"""The version of the record in the value of a button that answers a question."""
CONNECTION_STATUSES = st.sampled_from(["processing", "unable_to_connect", "action_required", "completed"])
TYPED_IDS = st.sampled_from([None, "ab-1", "CD-2"])
NOYO_FAULTS = ["reset_before", "reset_after", "truncated", "error_before", "error_after", "too_many"]
SLACK_FAULTS = [SlackKind.RESET_BEFORE, SlackKind.RESET_AFTER, SlackKind.TRUNCATED, SlackKind.SERVER_ERROR]
WRITES = st.sampled_from(["chat.postMessage", "chat.update", "views.update"])
CRASH_POINTS = [
    ("operations", "claim", True),
    ("noyo", "decide_disconnection", False),
    ("noyo", "decide_disconnection", True),
    ("operations", "save", False),
    ("operations", "save", True),
]
SETTLE_SECONDS = 6 * 3600


@dataclass(frozen=True)
class Form:
    """The open form of a decision, and the version of the record that it shows."""

    person: str
    view_id: str
    record_id: str
    version: str
    decision: str

    @property
    def expected_request(self) -> tuple[str, str, str]:
        """The record, version and status that the request to Noyo must have; a retry has no status."""
        return self.record_id, self.version, STATUS.get(self.decision, "")


@dataclass
class Seen:
    """What Slack and Noyo saw, recorded independently of the bot."""

    submitted: list[Form] = field(default_factory=list)
    interactions: list[tuple[str, Any]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    at_noyo: set[tuple[str, str, str]] = field(default_factory=set)
    """Every record, version and status that Noyo has held."""
    deleted: set[str] = field(default_factory=set)
    """The records that Noyo has deleted at some time."""
    shown: set[str] = field(default_factory=set)
    """The versions beside which people asked for a retry, or to send one again."""
    retries: int = 0
    """How many retries have taken effect."""
    retried_elsewhere: bool = False
    """Whether Noyo has shown what a retry causes without one of ours. It does not say who did it."""
    connection_version: str = ""
    """The version of the connection at Noyo after the last step."""


def system_with_approvers() -> AbstractContextManager[System]:
    return System(
        rules=Rules(settle_script=None),
        APPROVERS=",".join(PEOPLE),
        ADMINS=ANA,
        POLL_SECONDS="60",
        SWEEP_HOURS="1",
        NOYO_TIMEOUT_SECONDS="20",
    )


class CardsStateMachine(RuleBasedStateMachine):
    make_system: ClassVar[Callable[[], AbstractContextManager[System]]] = staticmethod(system_with_approvers)

    @initialize(first=APPROVE_OR_REJECT, second=APPROVE_OR_REJECT, retried=st.booleans())
    def start(self, first: str, second: str, retried: bool) -> None:
        """Two requests and a failed connection have cards, and both people have submitted a decision on the first."""
        self.context = self.make_system()
        self.system = self.context.__enter__()
        self.seen = Seen()
        self.slack_has_failed = False
        self.system.settle(5)
        self.record_ids = [self._request_disconnection(name) for name in NAMES]
        self.first_versions = [self.system.noyo.disconnection(record_id) for record_id in self.record_ids]
        self.seen.at_noyo = {(each["id"], each["version"], each["status"]) for each in self.first_versions}
        failed = self.system.noyo.add_connection(
            group_name=FAILED_NAME, carrier_group_id=FAILED_ID, carrier_id=GUARDIAN, status="unable_to_connect"
        )
        self.connection_id, self.seen.connection_version = str(failed["id"]), str(failed["version"])
        self.first_connection = failed
        self.system.settle(5)
        self._keep_messages()
        for person, decision in ((ANA, first), (BEN, second)):
            self.open_form(person, decision, 0)
        for person in PEOPLE:
            self.submit_form(person)
        if retried:
            self.retry(ANA, 0, None)

    def _request_disconnection(self, name: str) -> str:
        disconnection = self.system.noyo.carrier_requests_disconnection(
            carrier_id=GUARDIAN,
            group_id=str(uuid.uuid5(uuid.NAMESPACE_DNS, name)),
            group_name=name,
            effective_end_date=END_DATE,
        )
        return str(disconnection["id"])

    # ---------------------------------------------------------------- people

    @rule(person=st.sampled_from(PEOPLE), decision=APPROVE_OR_REJECT, which=st.integers(0, 30))
    def open_form(self, person: str, decision: str, which: int) -> None:
        """Clicks on an earlier version of a card, which a client may still show."""
        self._click(person, which, decision)

    @rule(person=st.sampled_from(PEOPLE), which=st.integers(0, 30), typed_id=TYPED_IDS)
    def retry(self, person: str, which: int, typed_id: str | None) -> None:
        self._click(person, which, "retry")
        self.submit_form(person, typed_id)

    @rule(person=st.sampled_from(PEOPLE), action=st.one_of(CARD_ACTIONS, RESOLUTIONS), which=st.integers(0, 30))
    def click_other_button(self, person: str, action: str, which: int) -> None:
        self._click(person, which, action)

    def _click(self, person: str, which: int, action: str) -> None:
        """Clicks on one of the messages that had such a button when they were seen, if there is one."""
        with_button = [message for message in self.seen.messages if f'"{action}"' in json.dumps(message.blocks)]
        if with_button:
            message = with_button[which % len(with_button)]
            if action == "resolve_send_again":
                self.seen.shown.update(RECORD_VERSION.findall(json.dumps(message.blocks)))
            self._did(person, self.system.slack.click_stale(person, message, action))

    @rule(word=st.sampled_from(["pause", "resume", "status", "decisions"]))
    def type_command(self, word: str) -> None:
        self._did(ANA, self.system.slack.command(ANA, DECISIONS, "/noyo", word))

    def _did(self, person: str, reply: Any) -> None:
        self.seen.interactions.append((person, reply))

    @rule(person=st.sampled_from(PEOPLE), typed_id=TYPED_IDS)
    def submit_form(self, person: str, typed_id: str | None = None) -> None:
        form = self._form(person)
        if form is None:
            return
        self.seen.submitted.append(form)
        values = {"reason": "payment_reinstated"} if form.decision == "reject" else {}
        if form.decision == "retry":
            self.seen.shown.add(form.version)
            values = {"carrier_group_id": typed_id} if typed_id else {}
        self._did(person, self.system.slack.submit(person, form.view_id, values))

    @rule(which=st.integers(0, 30))
    def replay_interaction(self, which: int) -> None:
        """A click, submission or command is delivered again, however much later."""
        if self.seen.interactions:
            person, reply = self.seen.interactions[which % len(self.seen.interactions)]
            self.system.slack.resend(person, reply)

    @rule(person=st.sampled_from(PEOPLE))
    def close_form(self, person: str) -> None:
        view = self.system.slack.view_of(person)
        if view is not None:
            self.system.slack.close_view(person, view.id)

    def _form(self, person: str) -> Form | None:
        """The form that this person has open, if it can be submitted."""
        view = self.system.slack.view_of(person)
        if view is None or view.submit_button is None:
            return None
        shown = json.loads(view.private_metadata)
        decision = view.callback_id.partition("_")[0]
        return Form(person, view.id, shown["r"].partition(":")[2], shown["v"], decision)

    # ---------------------------------------------------------------- changes at Noyo

    @rule(which=st.sampled_from([0, 1]), change=st.sampled_from(["another day", "completed", *STATUS]))
    def change_at_noyo(self, which: int, change: str) -> None:
        current = self._at_noyo(self.record_ids[which])
        if current is None:
            return
        self.system.wait(1)
        if change == "completed" and current["status"] == "processing":
            self.system.noyo.move_disconnection(current["id"], "completed")
        elif change in STATUS and current["status"] == "needs_review":
            self.system.noyo.move_disconnection(current["id"], STATUS[change])
        elif change == "another day" and current["status"] == "needs_review":
            day = END_DATE if current["effective_end_date"] == LATER_END_DATE else LATER_END_DATE
            self.system.noyo.move_disconnection(current["id"], "needs_review", effective_end_date=day)

    @rule(status=CONNECTION_STATUSES, carrier_group_id=st.sampled_from([FAILED_ID, "RIGHT-1"]))
    def change_connection_at_noyo(self, status: str, carrier_group_id: str) -> None:
        self.system.wait(1)
        error = "The carrier could not find it." if status == "unable_to_connect" else None
        self.system.noyo.move_connection(self.connection_id, status, error=error, carrier_group_id=carrier_group_id)
        self.seen.connection_version = self.system.noyo.connection(self.connection_id)["version"]
        self.seen.retried_elsewhere |= status == "processing" or carrier_group_id != FAILED_ID

    @rule(which=st.sampled_from([0, 1]))
    def delete_or_restore_at_noyo(self, which: int) -> None:
        record_id = self.record_ids[which]
        if self._at_noyo(record_id) is None:
            self.system.noyo.restore(record_id)
        else:
            self.system.noyo.remove(record_id)
            self.seen.deleted.add(record_id)

    def _at_noyo(self, record_id: str) -> dict[str, Any] | None:
        """The record at Noyo; None if it is deleted."""
        return next((known for known in self.system.noyo.disconnections() if known["id"] == record_id), None)

    # ---------------------------------------------------------------- faults

    @rule(kind=st.sampled_from(NOYO_FAULTS), times=st.integers(1, 2))
    def lose_noyo_answers(self, kind: str, times: int) -> None:
        self.system.noyo.faults.add(write_fault(kind, times, method="PUT"))

    @rule(which=st.sampled_from([0, 1]), kind=FALSE_KINDS, shows=FALSE_CONTENTS, decision=APPROVE_OR_REJECT)
    def answer_decision_falsely(self, which: int, kind: str, shows: str, decision: str) -> None:
        """The next decision on a request is answered with success and a record that contradicts it."""
        record_id, other_id = self.record_ids[which], self.record_ids[1 - which]
        current, other = self._at_noyo(record_id), self._at_noyo(other_id)
        if current is None or other is None:
            return
        status = {"status": STATUS[decision]}
        body = {
            "unchanged": current,
            "status": current | status,
            "earlier": self.first_versions[which] | status,
            "other": other | status,
        }[shows]
        self.system.noyo.faults.add(Fault(kind, method="PUT", path_contains=record_id, status=200, body=body))

    @rule(kind=FALSE_KINDS, shows=st.sampled_from(["unchanged", "status", "earlier"]))
    def answer_retry_falsely(self, kind: str, shows: str) -> None:
        """The next retry is answered with success and a record that contradicts it."""
        current = self.system.noyo.connection(self.connection_id)
        body = {
            "unchanged": current,
            "status": current | {"status": "processing"},
            "earlier": self.first_connection | {"status": "processing"},
        }[shows]
        fault = Fault(kind, method="PUT", path_contains=self.connection_id, status=200, body=body)
        self.system.noyo.faults.add(fault)

    @rule(kind=st.sampled_from(sorted(QUEUES)), newer=st.sampled_from(NEWER), count=st.integers(1, 3))
    def queue_items_of_a_newer_release(self, kind: str, newer: dict[str, Any], count: int) -> None:
        """They are due before everything else."""
        for number in range(count):
            key = {
                "pk": f"{'OPERATION' if kind == 'REFRESH' else kind}#{UNREADABLE}{kind}-{number}",
                "sk": QUEUES[kind],
            }
            item = typed_item(key | {"due_kind": kind, "due": 1} | newer)
            worker_client("dynamodb").put_item(TableName=self.system.settings.aws.table, Item=item)

    @precondition(lambda self: not self.slack_has_failed)
    @rule()
    def slack_fails_for_an_hour(self) -> None:
        """Once in an example. After the recovery everything is delivered within ten minutes."""
        self.slack_has_failed = True
        self.system.slack.faults.clear()
        self.system.slack.faults.server_error(times=10**9)
        self._run_workers(HOUR, every=1800)
        self.system.slack.faults.clear()
        self._run_workers(TEN_MINUTES, every=120)
        self._nothing_waits_for_slack()

    def _nothing_waits_for_slack(self) -> None:
        deps = self.system.bot.slack_dependencies
        assert self._readable(deps.outbox.due(deps.now(), limit=100)) == []
        assert self._unpublished() == []

    def _unpublished(self) -> list[str]:
        """The ids of the events that failed and wait for another attempt."""
        items = [item for item in self.system.items() if item["pk"]["S"].startswith("OUTBOX#") and "due" in item]
        failed = [item for item in items if int(item.get("attempts", {"N": "0"})["N"]) > 0]
        return self._readable([item["pk"]["S"].removeprefix("OUTBOX#") for item in failed])

    @rule(times=st.integers(1, 3))
    def fail_noyo_reads(self, times: int) -> None:
        self.system.noyo.faults.add(Fault("too_many", method="GET", times=times))

    @rule(method=WRITES, kind=st.sampled_from(SLACK_FAULTS), times=st.integers(1, 2))
    def lose_slack_answers(self, method: str, kind: SlackKind, times: int) -> None:
        self.system.slack.faults.add(SlackFault(kind, method, times))

    @rule(method=WRITES)
    def rate_limit_slack(self, method: str) -> None:
        self.system.slack.faults.rate_limited(30, method)

    @rule()
    def restart_process(self) -> None:
        self.system.restart()

    @rule(seconds=st.sampled_from([1, 31, 61, 331]))
    def let_time_pass(self, seconds: int) -> None:
        self.system.wait(seconds)

    # ---------------------------------------------------------------- workers and schedules

    @rule()
    def poll(self) -> None:
        if not self.system.noyo.faults.pending():
            self.system.poll()

    @rule()
    def execute_due_operations(self) -> None:
        execute_operations(None, 300, self.system.bot.noyo_dependencies)

    @rule()
    def publish_due_events(self) -> None:
        deps = self.system.bot.slack_dependencies
        notify(None, 120, deps, sleep=self.system.clock.sleep, check_health=lambda: None)
        self._keep_messages()

    def _run_workers(self, seconds: int, *, every: int) -> None:
        for _ in range(0, seconds, every):
            self.system.wait(every)
            self.execute_due_operations()
            self.poll()
            self.publish_due_events()

    @rule(which=st.integers(0, 50))
    def redeliver_stream_record(self, which: int) -> None:
        """The stream delivers the same record again."""
        event_ids = self._keys("OUTBOX#")
        if event_ids:
            publish(event_ids[which % len(event_ids)], self.system.bot.slack_dependencies)
        for operation_id in self._keys("OPERATION#")[-1:]:
            execute(operation_id, self.system.bot.noyo_dependencies)

    @rule(crash_point=st.sampled_from(CRASH_POINTS))
    def crash_worker_while_sending(self, crash_point: tuple[str, str, bool]) -> None:
        port, method, after = crash_point
        deps = self.system.bot.noyo_dependencies
        crashing = replace(deps, **{port: PortHook(getattr(deps, port), method, stop_process, after=after)})
        for operation_id in self._readable(deps.operations.due(deps.now(), limit=100))[:1]:
            self._run_until_crash(lambda name=operation_id: execute(name, crashing))

    @rule(method=st.sampled_from(["post", "update"]), after=st.booleans())
    def crash_worker_while_publishing(self, method: str, after: bool) -> None:
        deps = self.system.bot.slack_dependencies
        crashing = replace(deps, slack=PortHook(deps.slack, method, stop_process, after=after))
        for event_id in self._readable(deps.outbox.due(deps.now(), limit=100))[:1]:
            self._run_until_crash(lambda name=event_id: publish(name, crashing))

    def _readable(self, ids: list[str]) -> list[str]:
        return [each for each in ids if not each.startswith(UNREADABLE)]

    def _run_until_crash(self, work: Callable[[], object]) -> None:
        try:
            work()
        except ProcessStopped:
            self.system.restart()

    def _keys(self, prefix: str) -> list[str]:
        """The ids of items with this prefix that this release can read."""
        keys = sorted(item["pk"]["S"] for item in self.system.items())
        return self._readable([key.removeprefix(prefix) for key in keys if key.startswith(prefix)])

    def _keep_messages(self) -> None:
        """Keeps the messages as they are now, so that people can click on them later."""
        known = {(message.ts, json.dumps(message.blocks)) for message in self.seen.messages}
        channels = map(self.system.slack.channel, (CONNECTIONS, DECISIONS, ALERTS))
        for message in itertools.chain.from_iterable(channels):
            if (message.ts, json.dumps(message.blocks)) not in known:
                self.seen.messages.append(deepcopy(message))

    # ---------------------------------------------------------------- invariants

    @property
    def sent(self) -> list[tuple[tuple[str, str, str], bool]]:
        """The decisions sent to Noyo, and whether each took effect."""
        requests = []
        for seen in self.system.writes():
            if "status" in seen.body:
                record_id, version = seen.path.split("/")[-2:]
                requests.append(((record_id, version, seen.body["status"]), seen.took_effect))
        return requests

    @property
    def effective_retries(self) -> int:
        return sum(seen.took_effect for seen in self.system.writes() if seen.path.endswith("/retry"))

    @invariant()
    def a_retry_takes_effect_only_on_a_version_beside_which_somebody_asked_for_it(self) -> None:
        """If several took effect in one step, the version before the later ones is not known."""
        if not hasattr(self, "connection_id"):
            return
        if self.effective_retries == self.seen.retries + 1:
            assert self.seen.connection_version in self.seen.shown
        self.seen.retries = self.effective_retries
        self.seen.connection_version = self.system.noyo.connection(self.connection_id)["version"]

    @invariant()
    def at_most_one_of_our_decisions_takes_effect_on_each_request(self) -> None:
        if hasattr(self, "record_ids"):
            decided = [record_id for (record_id, *_), took_effect in self.sent if took_effect]
            assert len(decided) == len(set(decided))

    @invariant()
    def only_submitted_decisions_are_sent_for_the_versions_shown(self) -> None:
        if hasattr(self, "record_ids"):
            assert {request for request, _ in self.sent} <= {form.expected_request for form in self.seen.submitted}

    @invariant()
    def stored_records_are_or_were_so_at_noyo(self) -> None:
        """Cards show the stored record."""
        for record_id in getattr(self, "record_ids", []):
            at_noyo = self._at_noyo(record_id)
            if at_noyo is not None:
                self.seen.at_noyo.add((record_id, at_noyo["version"], at_noyo["status"]))
            stored = self.system.bot.repositories.records.record_state(disconnection_ref(record_id))
            if stored is not None and stored.status is LocalStatus.DELETED:
                assert record_id in self.seen.deleted
            elif stored is not None:
                assert (record_id, stored.record.version, stored.status.value) in self.seen.at_noyo

    def teardown(self) -> None:
        if not hasattr(self, "system"):
            return
        try:
            if hasattr(self, "record_ids"):
                self._settle_everything()
        finally:
            self.context.__exit__(None, None, None)

    def _settle_everything(self) -> None:
        """Removes all faults and lets time pass: messages show the stored state, and no outbox event is due."""
        self.system.noyo.faults.clear()
        self.system.slack.faults.clear()
        self.system.slack.command(ANA, DECISIONS, "/noyo", "resume")
        for seconds in (60, 400, 1000, SETTLE_SECONDS, 61, 61):
            self._run_workers(seconds, every=seconds)
        self._nothing_waits_for_slack()
        self._every_operation_ended()
        self._stored_records_match_noyo()
        self._messages_show_the_stored_state()
        self._what_is_called_confirmed_took_effect()
        self._retries_took_effect_as_often_as_people_asked()
        self._every_action_is_in_the_audit_log()

    def _every_operation_ended(self) -> None:
        for operation_id in self._keys("OPERATION#"):
            operation = self.system.operation(operation_id)
            if operation.state is not OperationState.NEEDS_RESOLUTION:
                assert operation.state.settled, operation
            if operation.outcome is not None and operation.outcome.kind is OutcomeKind.CONFIRMED:
                assert operation.is_automatic or self._took_effect(operation), operation

    def _stored_records_match_noyo(self) -> None:
        for record_id in self.record_ids:
            record_state = self.system.bot.repositories.records.record_state(disconnection_ref(record_id))
            at_noyo = self._at_noyo(record_id)
            assert record_state is not None
            if at_noyo is None:
                # A sweep asks for open records only.
                assert not is_open(record_state.status)
            else:
                expected = at_noyo["version"], at_noyo["status"]
                assert (record_state.record.version, record_state.status.value) == expected

        connection = self.system.connection_record_state(self.connection_id)
        at_noyo = self.system.noyo.connection(self.connection_id)
        assert (connection.record.version, connection.status.value) == (at_noyo["version"], at_noyo["status"])

    def _took_effect(self, operation: Operation) -> bool:
        if operation.kind is OperationKind.RETRY_CONNECTION:
            return self.effective_retries > 0
        submitted = [form for form in self.seen.submitted if form.view_id == operation.id]
        return any((form.expected_request, True) in self.sent for form in submitted)

    # ---------------------------------------------------------------- messages

    def _messages_show_the_stored_state(self) -> None:
        for record_id in self.record_ids:
            key = MessageKey(DECISIONS, str(disconnection_ref(record_id)))
            self._assert_shows(key, record_card(disconnection_ref(record_id), self.system.bot.slack_dependencies))
        connection = connection_ref(self.connection_id)
        key = MessageKey(CONNECTIONS, str(connection))
        self._assert_shows(key, record_card(connection, self.system.bot.slack_dependencies))
        for operation_id in self._keys("OPERATION#"):
            self._alerts_and_replies_are_current(operation_id)
        self._each_card_is_posted_once()

    def _alerts_and_replies_are_current(self, operation_id: str) -> None:
        """Direct replies and alerts for manual resolutions show the current state."""
        deps = self.system.bot.slack_dependencies
        operation = self.system.operation(operation_id)
        record_state = record_of(operation, deps)
        link = deps.card_link(record_state) if record_state else None
        direct = MessageKey(operation.actor or "", f"direct:{operation_id}")
        if deps.messages.link(direct) is not None:
            self._assert_shows(direct, Reply(operation, record_state, link, operation.actor))
        for key in deps.messages.live(ALERTS, f"resolution:{operation_id}:"):
            self._assert_shows(key, ManualResolution(operation, record_state, link))
        if operation.state is OperationState.NEEDS_RESOLUTION:
            assert deps.messages.live(ALERTS, f"resolution:{operation_id}:"), "no alert was posted"

    def _assert_shows(self, key: MessageKey, content: Content | None) -> None:
        publisher = self.system.bot.slack_dependencies
        link = publisher.messages.link(key)
        assert content is not None
        assert link is not None, f"nothing was posted for {key}"
        message = self.system.slack.workspace.channels[link.channel].find(link.ts)
        assert message is not None
        assert _comparable(message.blocks) == _comparable(json.loads(publisher.slack.render(content).blocks)), key

    def _what_is_called_confirmed_took_effect(self) -> None:
        """Cards, thread lines and the history."""
        effective = {request for request, took_effect in self.sent if took_effect}
        took_effect = {
            (form.record_id, form.person, STATUS[form.decision])
            for form in self.seen.submitted
            if form.decision in STATUS and form.expected_request in effective
        }
        for record_id, name in zip(self.record_ids, NAMES, strict=True):
            for who, noun in CONFIRMED.findall(self._everything_shown_about(name)):
                person, status = ANA if who == "Ana" else BEN, "processing" if noun == "approval" else "rejected"
                assert (record_id, person, status) in took_effect

        shown = self.system.read_channel(CONNECTIONS)
        if RETRY_CONFIRMED.search(shown) or (RETRY_ARRIVED.search(shown) and not self.seen.retried_elsewhere):
            assert self.effective_retries > 0

    def _retries_took_effect_as_often_as_people_asked(self) -> None:
        entries = self.system.bot.repositories.audit.entries(connection_ref(self.connection_id), limit=1000)
        details = [(entry.action, dict(entry.details)) for entry in entries]
        submitted = sum(action == "operation_submitted" and "retry" in given["kind"] for action, given in details)
        again = sum(given.get("resolution") == "send_again" for _, given in details)
        assert self.effective_retries <= submitted + again

    def _everything_shown_about(self, name: str) -> str:
        render = self.system.slack.render
        [card] = [
            message for message in self.system.slack.channel(DECISIONS) if f"# Disconnect {name}" in render(message)
        ]
        history = self.system.slack.command(ANA, DECISIONS, "/noyo", f"history {name}")
        return "\n".join(map(render, [card, *card.thread, *history.messages]))

    def _each_card_is_posted_once(self) -> None:
        keys = [_idempotency_key(message) for message in self.system.slack.channel(DECISIONS)]
        assert len(keys) == len(set(keys))
        for name in NAMES:
            shown = [self.system.slack.render(message) for message in self.system.slack.channel(DECISIONS)]
            assert sum(f"# Disconnect {name}" in text for text in shown) == 1

    # ---------------------------------------------------------------- the audit log

    def _every_action_is_in_the_audit_log(self) -> None:
        audit_log = self.system.bot.repositories.audit
        audit_entries = [
            entry
            for entity in [*map(disconnection_ref, self.record_ids), connection_ref(self.connection_id)]
            for entry in audit_log.entries(entity, limit=1000)
        ]
        actions = [(entry.action, dict(entry.details).get("operation"), entry.actor) for entry in audit_entries]
        for form in self.seen.submitted:
            assert {
                ("operation_submitted", form.view_id, form.person),
                ("submission_conflict", form.view_id, form.person),
            } & set(actions), form
        for operation_id in self._keys("OPERATION#"):
            operation = self.system.operation(operation_id)
            if not operation.is_automatic:
                assert _last_action(operation) in actions, operation
        assert sum(action == "operation_sending" for action, *_ in actions) >= len(self.sent)


def _last_action(operation: Operation) -> tuple[str, str, str | None]:
    """The action, operation id and person of the audit entry about the operation's state."""
    outcome = operation.outcome
    if outcome is not None and outcome.kind in (OutcomeKind.REPORTED_ARRIVED, OutcomeKind.CLOSED):
        return "resolution_chosen", operation.id, outcome.decided_by
    return f"operation_{operation.state.value}", operation.id, operation.actor


def _comparable(blocks: list[dict[str, Any]]) -> list[str]:
    """The blocks as text, without the block ids that Slack adds.

    Also without the block that shows the record's status when a reply was sent: it does not follow the record.
    """
    without_ids = ({name: value for name, value in block.items() if name != "block_id"} for block in blocks)
    texts = (json.dumps(block, sort_keys=True, ensure_ascii=False) for block in without_ids)
    return [text for text in texts if "Status at the time:" not in text]


def _idempotency_key(message: Message) -> str:
    metadata = message.metadata or {}
    return str(metadata.get("event_payload", {}).get("idempotency_key", message.ts))
