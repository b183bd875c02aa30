"""Deciding as a machine of rules: people, polls, workers, Noyo and trouble, in any order; what must hold at all times.

The world is made by `make_world`, so that another one with the same face can be put under the same rules and the same
demands. Hypothesis chooses the order; nothing here waits or asks the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.domain.decisions import Decision
from bot.domain.operations import OperationState, OutcomeKind
from bot.domain.people import Policy
from bot.domain.tracking import Tracked
from bot.usecases.operation_life import LEASE_SECONDS
from bot.usecases.place import Placed
from infra.local.noyo import Fault, Rules
from tests.usecases.carrying import ANA, BEN, TEAM, Before, Killed, kill, writes_fail
from tests.usecases.deciding import END, OTHER_END, Deciding, deciding

STATUS = {Decision.APPROVE: "processing", Decision.REJECT: "rejected"}
LOST = ["reset_before", "reset_after", "truncated", "garbage", "error_before", "error_after", "too_many"]
DEATHS = [
    ("operations", "claim", True),
    ("noyo", "decide_disconnection", False),
    ("noyo", "decide_disconnection", True),
    ("operations", "settle", False),
    ("operations", "settle", True),
]
DAYS = 2 * 24 * 3600


@dataclass(frozen=True)
class Click:
    """One submission, as Slack may deliver it again."""

    operation_id: str
    person: str
    shown: Tracked
    decision: Decision
    end: str | None


class DecisionsMachine(RuleBasedStateMachine):
    make_world: ClassVar[Callable[[Rules], AbstractContextManager[Deciding]]] = staticmethod(deciding)

    shown: Bundle[Tracked] = Bundle("shown")
    clicks: Bundle[Click] = Bundle("clicks")

    @initialize(
        target=shown,
        stale=st.sampled_from(["409", "404", "422"]),
        end=st.sampled_from([END, None]),
        freeze=st.booleans(),
    )
    def begins(self, stale: Any, end: str | None, freeze: bool) -> Tracked:
        """`freeze`: `modified` does not tell which version is the newer."""
        rules = Rules(settle_script=None, stale_version=stale, freeze_modified=freeze)
        self.holding = self.make_world(rules)
        self.world = self.holding.__enter__()
        self.first = self.world.waits(end)
        self.placed: dict[str, Click] = {}
        self.numbers = 0
        return self.first

    # ---------------------------------------------------------------- people

    @rule(target=shown)
    def a_card_is_read(self) -> Tracked:
        return self.held

    @rule(
        target=clicks,
        shown=shown,
        person=st.sampled_from([ANA, BEN]),
        decision=st.sampled_from(Decision),
        end=st.sampled_from([None, END, OTHER_END]),
    )
    def somebody_decides(self, shown: Tracked, person: str, decision: Decision, end: str | None) -> Click:
        self.numbers += 1
        click = Click(f"V{self.numbers}", person, shown, decision, end)
        self._submit(click)
        return click

    @rule(click=clicks)
    def a_submission_is_delivered_again(self, click: Click) -> None:
        self._submit(click)

    def _submit(self, click: Click) -> None:
        before, held = click.operation_id in self.placed, self.held
        placing = self.world.decide(
            click.shown, click.decision, click.operation_id, click.person, end=click.end
        )
        if before:
            assert isinstance(placing, Placed)
            assert placing.operation.id == click.operation_id
        elif isinstance(placing, Placed):
            assert held.record.version == click.shown.record.version, "placed for what is over"
            assert held.status.value == "needs_review"
            self.placed[click.operation_id] = click

    @rule(may=st.booleans())
    def ben_is_made_an_approver_or_no_longer_is(self, may: bool) -> None:
        self.world.policy = Policy(TEAM, approvers=frozenset({ANA, BEN} if may else {ANA}))

    # ---------------------------------------------------------------- Noyo, and others who use it

    @property
    def true(self) -> dict[str, Any]:
        return self.world.true(self.first)

    @property
    def held(self) -> Tracked:
        return self.world.held(self.first.record.id)

    @precondition(lambda self: self.true["status"] == "needs_review")
    @rule(end=st.sampled_from([END, OTHER_END]), seconds=st.integers(0, 2))
    def the_carrier_names_another_day(self, end: str, seconds: int) -> None:
        self._moves("needs_review", seconds, effective_end_date=end)

    @precondition(lambda self: self.true["status"] == "needs_review")
    @rule(decision=st.sampled_from(Decision), seconds=st.integers(0, 2))
    def somebody_decides_elsewhere(self, decision: Decision, seconds: int) -> None:
        self._moves(STATUS[decision], seconds)

    @precondition(lambda self: self.true["status"] == "processing")
    @rule(seconds=st.integers(0, 2))
    def noyo_completes_it(self, seconds: int) -> None:
        self._moves("completed", seconds)

    def _moves(self, status: str, seconds: int, **fields: Any) -> None:
        self.world.wait(seconds)
        self.world.noyo.move_disconnection(self.first.record.id, status, **fields)

    # ---------------------------------------------------------------- trouble

    @rule(kind=st.sampled_from(LOST), times=st.integers(1, 2))
    def answers_to_decisions_get_lost(self, kind: str, times: int) -> None:
        self.world.noyo.faults.add(writes_fail(kind, times, method="PUT"))

    @rule(times=st.integers(1, 3))
    def noyo_cannot_be_read(self, times: int) -> None:
        self.world.noyo.faults.add(Fault("too_many", method="GET", times=times))

    @rule()
    def the_process_starts_anew(self) -> None:
        self.world.restart()

    @rule(seconds=st.sampled_from([1, 31, LEASE_SECONDS, 4000]))
    def time_passes(self, seconds: int) -> None:
        self.world.wait(seconds)

    @rule()
    def people_are_read(self) -> None:
        self.world.know(ANA, BEN)

    # ---------------------------------------------------------------- what runs by itself

    @rule()
    def a_poll_comes_by(self) -> None:
        if not self.world.noyo.faults.waiting():
            self.world.see(self.first.record.id)

    @rule(click=clicks)
    def a_worker_takes_it_up(self, click: Click) -> None:
        self._works(click)

    @rule(click=clicks, death=st.sampled_from(DEATHS))
    def a_worker_dies_over_it(self, click: Click, death: tuple[str, str, bool]) -> None:
        port, method, after = death
        try:
            self._works(click, **{port: Before(getattr(self.world.tools, port), method, kill, after=after)})
        except Killed:
            self.world.restart()

    @rule(click=clicks, what=st.sampled_from(["changes", *Decision]))
    def it_moves_while_a_worker_sends_it(self, click: Click, what: str) -> None:
        """After the last reading, before what is sent arrives."""

        def moves() -> None:
            if self.true["status"] == "needs_review":
                if what == "changes":
                    self._moves("needs_review", 0, effective_end_date=OTHER_END)
                else:
                    self._moves(STATUS[Decision(what)], 0)

        noyo = Before(self.world.tools.noyo, "decide_disconnection", moves)
        self._works(click, noyo=noyo)

    def _works(self, click: Click, **tools: Any) -> None:
        if click.operation_id in self.placed:
            self.world.carry_out(click.operation_id, **tools)

    # ---------------------------------------------------------------- what must hold

    @property
    def effective(self) -> list[tuple[str, str]]:
        """(version, status) of what we sent and Noyo did."""
        return [
            (seen.path.rsplit("/", 1)[1], seen.body["status"])
            for seen in self.world.writes()
            if seen.took_effect
        ]

    @invariant()
    def at_most_one_decision_of_ours_has_effect(self) -> None:
        assert len(self.effective) <= 1

    @invariant()
    def nothing_is_sent_but_what_somebody_decided_on_the_version_they_saw(self) -> None:
        wanted = {(one.shown.record.version, STATUS[one.decision]) for one in self.placed.values()}
        sent = {(seen.path.rsplit("/", 1)[1], seen.body["status"]) for seen in self.world.writes()}
        assert sent <= wanted

    @invariant()
    def one_decision_at_a_time_is_on_its_way(self) -> None:
        assert sum(self.world.operation(one).open for one in self.placed) <= 1

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self._comes_to_rest()
        finally:
            self.holding.__exit__(None, None, None)

    def _comes_to_rest(self) -> None:
        """Trouble is over, time passes: nothing may be left that nobody is told of."""
        self.world.noyo.faults.clear()
        for operation_id in self.placed:
            self.world.know(ANA, BEN)
            self.world.live(operation_id, DAYS)
        self.world.see(self.first.record.id)
        self._every_decision_ended()
        self._what_is_held_is_true()
        self._every_decision_is_in_the_trail()

    def _every_decision_ended(self) -> None:
        for operation_id, click in self.placed.items():
            ended = self.world.operation(operation_id)
            assert ended.state.settled or ended.state is OperationState.NEEDS_PERSON, ended
            if ended.state is OperationState.NEEDS_PERSON:
                assert "needs_person" in self.world.told()
                assert self.world.locked(self.first.subject)
                continue
            had_effect = (click.shown.record.version, STATUS[click.decision]) in self.effective
            assert ended.outcome is not None
            if ended.outcome.kind is OutcomeKind.CONFIRMED:
                assert had_effect
        succeeded = [
            one for one in self.placed if self.world.operation(one).state is OperationState.SUCCEEDED
        ]
        assert len(succeeded) <= 1
        if self.effective:
            # Whatever became of the answers, whoever decided is told so.
            (decided,) = succeeded or self._in_doubt()
            click = self.placed[decided]
            assert self.effective == [(click.shown.record.version, STATUS[click.decision])]

    def _in_doubt(self) -> list[str]:
        return [one for one in self.placed if self.world.operation(one).state is OperationState.NEEDS_PERSON]

    def _what_is_held_is_true(self) -> None:
        held, true = self.held, self.true
        assert (held.record.version, held.status.value) == (true["version"], true["status"])

    def _every_decision_is_in_the_trail(self) -> None:
        trail = self.world.trail()
        for operation_id, click in self.placed.items():
            state = self.world.operation(operation_id).state.value
            for deed in ("operation_placed", f"operation_{state}"):
                (entry,) = [
                    (actor, details)
                    for done, actor, details in trail
                    if done == deed and details["operation"] == operation_id
                ]
                assert entry[0] == click.person
                assert entry[1]["decision"] == click.decision.value
                assert entry[1]["shown_version"] == click.shown.record.version
        assert sum(deed == "operation_placed" for deed, *_ in trail) == len(self.placed)
