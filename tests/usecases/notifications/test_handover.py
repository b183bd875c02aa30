"""A handover moves each claim once, continues after a crash, and tells both people the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import Any

import pytest

from bot import policies
from bot.domain import outbox
from bot.domain.handover import Handover
from bot.domain.outbox import OutboxEvent
from bot.domain.people import AccessPolicy, GroupMembers, Person
from bot.domain.records import EntityRef, connection_ref
from bot.domain.reminders import claim
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.handover import hand_over
from bot.usecases.notifications.publisher import NotYet
from bot.usecases.records.claim import claim_record, release_claim
from infra.local.gallery.samples import a_connection, a_record_state
from tests.system import ALERTS, ANA, BEN, System
from tests.usecases.in_memory import Outbox, Records
from tests.usecases.notification_bench import add_connection, channel_texts, started_system

NOW = 1_790_000_000
CAT = "U0CAT"


@pytest.fixture
def system() -> Iterator[System]:
    with started_system(REQUESTERS=f"{ANA},{BEN},{CAT}") as system:
        system.slack.add_user(CAT, "Cat")
        yield system


def publish(system: System) -> None:
    """Publishes what is due, also what Slack asks to wait for; claims do not expire meanwhile."""
    for _ in range(12):
        system.notify()
        system.wait(5)


def claimed_by_ana(system: System, *names: str) -> list[EntityRef]:
    entities = [connection_ref(add_connection(system, "unable_to_connect", group_name=name)) for name in names]
    publish(system)
    for entity in entities:
        claim_record(entity, ANA, system.bot.slack_dependencies, shown=0)
    publish(system)
    return entities


def submit(system: System, receiver: str = BEN, note: str = "", view: str = "V1") -> OutboxEvent:
    """Submits what Ana has claimed now, as the form does."""
    claims = tuple(system.bot.repositories.records.owned_by(ANA))
    now = int(system.clock())
    event = outbox.handover_submitted(view, Handover(ANA, receiver, claims, len(claims), note), now)
    system.bot.repositories.outbox.put(event)
    return event


def direct_messages(system: System, user: str) -> list[str]:
    return channel_texts(system, system.slack.workspace.im_of(user).id)


def test_everything_becomes_the_colleagues_and_both_get_one_message(system: System) -> None:
    entities = claimed_by_ana(system, "First Inc", "Second Inc")
    submit(system, note="The carrier calls back on Thursday.")
    publish(system)

    records = system.bot.repositories.records
    assert {each.entity for each in records.owned_by(BEN)} == set(entities)
    assert records.owned_by(ANA) == []
    [to_ben] = direct_messages(system, BEN)
    assert "Handed over to you: 2 records" in to_ben
    assert "@Ana handed these over to you." in to_ben
    assert "The carrier calls back on Thursday." in to_ben
    assert "First Inc" in to_ben
    assert "Second Inc" in to_ben
    [to_ana] = direct_messages(system, ANA)
    assert "2 of 2 handed over" in to_ana
    assert "@Ben now owns 2 records that you had claimed." in to_ana
    alerts = [text for text in channel_texts(system, ALERTS) if "First Inc" in text]
    assert "Claimed by:** @Ben" in alerts[0]
    [*_, entry] = reversed(system.bot.repositories.audit.entries(entities[0], limit=20))
    assert (entry.action, entry.actor, dict(entry.details)) == ("handed_over", ANA, {"owner": ANA, "new_owner": BEN})


def test_what_changed_meanwhile_stays_as_it_is_and_is_named(system: System) -> None:
    first, second, third = claimed_by_ana(system, "First Inc", "Second Inc", "Third Inc")
    event = submit(system)
    deps = system.bot.slack_dependencies
    claim_record(first, CAT, deps, shown=1)
    release_claim(second, ANA, deps, shown=1)
    claim_record(second, ANA, deps, shown=2)
    publish(system)

    states = system.bot.repositories.records.record_states([first, second, third])
    assert [states[entity].owner for entity in (first, second, third)] == [CAT, ANA, BEN]
    [to_ana] = direct_messages(system, ANA)
    assert "1 of 3 handed over" in to_ana
    assert "2 records have changed since you opened the form, and stay as they are." in to_ana
    assert "First Inc" in to_ana
    assert "Claimed by:** @Cat" in to_ana
    assert "Third Inc" not in to_ana
    assert event.handover is not None


def test_of_two_handovers_at_once_the_first_moves_everything(system: System) -> None:
    claimed_by_ana(system, "First Inc", "Second Inc")
    submit(system, BEN, view="V1")
    submit(system, CAT, view="V2")
    publish(system)

    assert len(system.bot.repositories.records.owned_by(BEN)) == 2
    assert system.bot.repositories.records.owned_by(CAT) == []
    assert direct_messages(system, CAT) == []
    assert ["0 of 2" in text for text in direct_messages(system, ANA)] == [False, True]


def test_a_colleague_who_left_after_the_form_was_submitted_gets_nothing(system: System) -> None:
    claimed_by_ana(system, "First Inc")
    submit(system)
    system.slack.add_user(BEN, "Ben", deleted=True)
    system.wait(policies.PERSON_FRESH_SECONDS + 1)
    publish(system)

    assert len(system.bot.repositories.records.owned_by(ANA)) == 1
    [to_ana] = direct_messages(system, ANA)
    assert "Nothing could be handed over to @Ben. This person's account is deactivated." in to_ana


def test_the_note_cannot_mention_or_link(system: System) -> None:
    claimed_by_ana(system, "First Inc")
    submit(system, note="<!channel> <https://evil.example|click> 123-45-6789 <@U0CAT> *bold*")
    publish(system)

    [message] = system.slack.channel(system.slack.workspace.im_of(BEN).id)
    assert CAT not in str(system.slack.mentions(message))
    assert "channel" not in str(system.slack.mentions(message))
    assert "123-45-6789" not in system.slack.render(message)


# ---------------------------------------------------------------- many claims, and crashes


class People:
    """Everybody is a full member, as the table says."""

    def person(self, user_id: str) -> Person:
        return Person(user_id, "T", False, False, False, NOW)

    def members(self, _: object) -> dict[str, GroupMembers]:
        return {}


class Crash(Exception):
    pass


class Many:
    """A person with so many claims, in memory."""

    def __init__(self, number: int) -> None:
        self.records, self.outbox = Records(), Outbox()
        for each in range(number):
            state = claim(a_record_state(a_connection(id=f"{each:04}")), ANA, NOW, UTC)
            self.records.states[state.entity] = state
        self.claims = tuple(self.records.owned_by(ANA))
        handover = Handover(ANA, BEN, self.claims, number)
        self.event = outbox.handover_submitted("V1", handover, NOW)

    def deps(self, records: Any = None) -> Dependencies:
        ports: Any = {"records": records or self.records, "outbox": self.outbox, "people": People()}
        return Dependencies(clock=lambda: float(NOW + 60), new_id=str, policy=AccessPolicy("T"), **ports)

    @property
    def result(self) -> Handover:
        [event] = self.outbox.put_once.values()
        assert event.handover is not None
        return event.handover


def test_two_hundred_claims_move_in_one_run() -> None:
    many = Many(200)

    hand_over(many.event, many.deps())

    assert len(many.records.owned_by(BEN)) == len(many.result.moved) == 200
    assert many.records.owned_by(ANA) == []


def test_more_claims_than_one_run_moves_are_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "HANDOVER_CLAIMS_PER_RUN", 40)
    many = Many(100)

    for _ in range(2):
        with pytest.raises(NotYet):
            hand_over(many.event, many.deps())
    assert len(many.records.owned_by(BEN)) == 80
    hand_over(many.event, many.deps())

    assert len(many.result.moved) == 100


def test_after_a_crash_the_rest_moves_and_nothing_moves_twice() -> None:
    many, written = Many(10), 0

    def crash_at_fourth() -> None:
        nonlocal written
        written += 1
        if written == 4:
            raise Crash

    class Crashing:
        def __getattr__(self, name: str) -> Any:
            if name == "write":
                crash_at_fourth()
            return getattr(many.records, name)

    with pytest.raises(Crash):
        hand_over(many.event, many.deps(Crashing()))
    assert len(many.records.owned_by(BEN)) == 3
    moved = many.records.owned_by(BEN)

    hand_over(many.event, many.deps())
    hand_over(many.event, many.deps())

    assert many.records.owned_by(BEN)[:3] == moved
    assert len(many.result.moved) == 10
    assert {state.owner_revision for state in many.records.states.values()} == {2}
