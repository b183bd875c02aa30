"""Use case tests: one message exists once and says what is so, whatever is lost, late or done by two at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from bot import policies
from bot.domain.content import Content, MessageKey, Summary
from bot.errors import SlackBusy, SlackNoAnswer, SlackRefused
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.publisher import (
    MessageBusy,
    always,
    idempotency_key,
    post_once,
    upsert_message,
)
from infra.local.slack import Limits
from tests.system import ALERTS, ANA, CONNECTIONS, System
from tests.usecases.notification_bench import Around

_KEYS = itertools.count(1)


@pytest.fixture(scope="module")
def shared() -> Iterator[System]:
    with System() as system:
        yield system


@pytest.fixture
def system(shared: System) -> System:
    """One system for all of them, each with a message of its own in an empty channel."""
    shared.slack.faults.clear()
    shared.slack.workspace.channels[CONNECTIONS].messages.clear()
    shared.slack.workspace.channels[CONNECTIONS].members.add(shared.slack.workspace.bot_user_id)
    shared.slack.workspace.calls.clear()
    shared.wait(3600)
    return shared


@pytest.fixture
def publisher(system: System) -> Dependencies:
    return system.bot.slack_dependencies


@pytest.fixture
def place() -> MessageKey:
    return MessageKey(CONNECTIONS, f"made-up:{next(_KEYS)}")


class Said:
    """Content that the test changes: the number of open connections."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self) -> Content:
        return Summary(connections=self.number, disconnections=0, waiting=(), waiting_total=0)


def around(publisher: Dependencies, **happens: Callable[[], object]) -> Dependencies:
    return replace(publisher, slack=Around(publisher.slack, **happens))


def texts(system: System) -> list[str]:
    return [system.slack.render(message) for message in system.slack.channel(CONNECTIONS)]


def calls(system: System, method: str) -> int:
    return sum(call.method == method for call in system.slack.calls)


def only(system: System, said: Said) -> None:
    """There is one message, and it shows what is so now."""
    [text] = texts(system)
    assert str(said.number) in text, text


# ---------------------------------------------------------------- the ordinary course


def test_a_message_is_posted_once_and_left_alone_as_long_as_it_is_true(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    said = Said(17)

    first, second = upsert_message(place, said, publisher), upsert_message(place, said, publisher)

    assert first == second
    only(system, said)
    assert (calls(system, "chat.postMessage"), calls(system, "chat.update")) == (1, 0)


def test_a_message_that_is_no_longer_true_is_edited_in_place(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    said = Said(17)
    first = upsert_message(place, said, publisher)
    said.number = 18

    assert upsert_message(place, said, publisher) == first
    only(system, said)


def test_what_was_never_begun_is_not_looked_for(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    upsert_message(place, Said(17), publisher)

    assert calls(system, "conversations.history") == 0


def test_a_closed_message_is_never_edited_again(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    post_once(place, Said(17), publisher)
    post_once(place, Said(18), publisher)

    only(system, Said(17))


def test_whether_it_is_closed_is_decided_by_what_was_shown_last(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    said = Said(17)
    moves = around(publisher, after_post=lambda: setattr(said, "number", 18))
    upsert_message(place, said, moves, closes_after=lambda shown: shown == Said(17)())
    said.number = 19

    upsert_message(place, said, publisher, closes_after=always)

    only(system, said)


def test_content_that_cannot_be_read_leaves_the_message_free_for_the_next(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    def unreadable() -> Content:
        raise LookupError("gone")

    with pytest.raises(LookupError):
        upsert_message(place, unreadable, publisher)

    upsert_message(place, Said(17), publisher)
    only(system, Said(17))


# ---------------------------------------------------------------- changes meanwhile, and two at once


@pytest.mark.parametrize("moment", ["before_post", "after_post", "after_render"])
def test_a_change_while_it_is_being_posted_is_shown(
    system: System, publisher: Dependencies, place: MessageKey, moment: str
) -> None:
    said = Said(17)

    upsert_message(place, said, around(publisher, **{moment: lambda: setattr(said, "number", 18)}))

    only(system, Said(18))


@pytest.mark.parametrize("moment", ["before_update", "after_update"])
def test_a_change_while_it_is_being_edited_is_shown(
    system: System, publisher: Dependencies, place: MessageKey, moment: str
) -> None:
    said = Said(17)
    upsert_message(place, said, publisher)
    said.number = 18

    upsert_message(place, said, around(publisher, **{moment: lambda: setattr(said, "number", 19)}))

    only(system, Said(19))


def test_what_changes_without_end_does_not_hold_the_worker(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    numbers = itertools.count(100)

    upsert_message(place, lambda: Said(next(numbers))(), publisher)

    assert calls(system, "chat.postMessage") + calls(system, "chat.update") == policies.MESSAGE_RENDERS


def test_two_workers_on_one_message_post_it_once(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    met: list[str] = []

    def second_worker() -> None:
        with pytest.raises(MessageBusy):
            upsert_message(place, Said(17), publisher)
        met.append("held")

    upsert_message(place, Said(17), around(publisher, before_post=second_worker))

    assert met == ["held"]
    only(system, Said(17))


def test_a_worker_that_stalled_sends_nothing_once_its_lease_is_nearly_over(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    said = Said(17)
    stalls = around(publisher, after_render=lambda: system.wait(policies.MESSAGE_LEASE_SECONDS - 5))

    with pytest.raises(MessageBusy):
        upsert_message(place, said, stalls)

    assert texts(system) == []
    system.wait(policies.MESSAGE_LEASE_SECONDS)
    upsert_message(place, said, publisher)
    only(system, said)


def test_a_worker_that_stalled_does_not_put_old_truth_over_new(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    """The first renders 18, sleeps past its lease; the second shows 19 meanwhile."""
    said = Said(17)
    upsert_message(place, said, publisher)
    said.number = 18

    def asleep() -> None:
        system.wait(policies.MESSAGE_LEASE_SECONDS + 1)
        said.number = 19
        upsert_message(place, said, publisher)

    with pytest.raises(MessageBusy):
        upsert_message(place, said, around(publisher, after_render=asleep))

    only(system, Said(19))


def test_a_worker_whose_message_was_taken_over_does_not_post_a_second(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    def asleep() -> None:
        system.wait(policies.MESSAGE_LEASE_SECONDS + 1)
        upsert_message(place, Said(17), publisher)

    with pytest.raises(MessageBusy):
        upsert_message(place, Said(17), around(publisher, after_render=asleep))

    only(system, Said(17))


# ---------------------------------------------------------------- lost answers


@pytest.mark.parametrize("fault", ["reset_after", "truncated"])
def test_a_post_whose_answer_was_lost_is_found_again_and_not_posted_twice(
    system: System, publisher: Dependencies, place: MessageKey, fault: str
) -> None:
    said = Said(17)
    getattr(system.slack.faults, fault)("chat.postMessage")
    with pytest.raises(SlackNoAnswer):
        upsert_message(place, said, publisher)
    system.wait(policies.MESSAGE_LEASE_SECONDS + 1)
    said.number = 18

    link = upsert_message(place, said, publisher)

    only(system, said)
    assert link.ts == system.slack.channel(CONNECTIONS)[0].ts
    assert calls(system, "chat.postMessage") == 1


@pytest.mark.parametrize("fault", ["reset_before", "server_error"])
def test_a_post_that_never_arrived_is_posted_once(
    system: System, publisher: Dependencies, place: MessageKey, fault: str
) -> None:
    getattr(system.slack.faults, fault)("chat.postMessage")
    with pytest.raises(SlackNoAnswer):
        upsert_message(place, Said(17), publisher)
    system.wait(policies.MESSAGE_LEASE_SECONDS + 1)

    upsert_message(place, Said(17), publisher)

    only(system, Said(17))


def test_nobody_looks_for_a_lost_post_before_it_had_time_to_show(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    system.slack.faults.reset_after("chat.postMessage")
    with pytest.raises(SlackNoAnswer):
        upsert_message(place, Said(17), publisher)

    for _ in range(3):
        system.wait(policies.MESSAGE_LEASE_SECONDS // 4)
        with pytest.raises(MessageBusy):
            upsert_message(place, Said(17), publisher)

    assert calls(system, "conversations.history") == 0
    assert calls(system, "chat.postMessage") == 1


def test_a_worker_that_died_after_posting_leaves_a_message_that_is_found(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    reserved = publisher.messages.reserve(
        place, lease="dead", now=publisher.now(), lease_seconds=policies.MESSAGE_LEASE_SECONDS
    )
    assert reserved is not None
    publisher.slack.post(CONNECTIONS, publisher.slack.render(Said(17)()), mark=idempotency_key(place))
    system.wait(policies.MESSAGE_LEASE_SECONDS + 1)

    upsert_message(place, Said(18), publisher)

    only(system, Said(18))


def test_a_line_in_a_thread_whose_answer_was_lost_is_found_in_the_thread(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    card = upsert_message(place, Said(1), publisher)
    line = MessageKey(CONNECTIONS, f"{place.name}:line")
    system.slack.faults.reset_after("chat.postMessage")
    with pytest.raises(SlackNoAnswer):
        post_once(line, Said(2), publisher, thread=card.ts)
    system.wait(policies.MESSAGE_LEASE_SECONDS + 1)

    post_once(line, Said(2), publisher, thread=card.ts)

    assert len(system.slack.channel(CONNECTIONS)[0].thread) == 1


def test_a_lost_post_is_looked_for_again_when_the_looking_fails(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    system.slack.faults.reset_after("chat.postMessage")
    with pytest.raises(SlackNoAnswer):
        upsert_message(place, Said(17), publisher)
    system.wait(policies.MESSAGE_LEASE_SECONDS + 1)
    system.slack.faults.server_error("conversations.history")
    with pytest.raises(SlackNoAnswer):
        upsert_message(place, Said(17), publisher)

    upsert_message(place, Said(17), publisher)

    only(system, Said(17))


def test_an_edit_whose_answer_was_lost_is_made_good_even_if_all_is_as_it_was_before(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    said = Said(17)
    upsert_message(place, said, publisher)
    said.number = 18
    system.slack.faults.reset_after("chat.update")
    with pytest.raises(SlackNoAnswer):
        upsert_message(place, said, publisher)
    said.number = 17

    upsert_message(place, said, publisher)

    only(system, said)


def test_an_edit_that_failed_is_free_to_be_tried_again_at_once(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    said = Said(17)
    upsert_message(place, said, publisher)
    said.number = 18
    system.slack.faults.server_error("chat.update")
    with pytest.raises(SlackNoAnswer):
        upsert_message(place, said, publisher)

    upsert_message(place, said, publisher)

    only(system, said)


def test_a_busy_slack_holds_nobody_up_once_it_is_free_again(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    system.slack.faults.rate_limited(7, "chat.postMessage")
    with pytest.raises(SlackBusy) as busy:
        upsert_message(place, Said(17), publisher)

    assert busy.value.retry_after == 7
    system.wait(7)
    upsert_message(place, Said(17), publisher)
    only(system, Said(17))


def test_a_busy_channel_is_left_alone_for_as_long_as_slack_asked_and_the_others_are_not(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    system.slack.faults.rate_limited(7, "chat.postMessage")
    with pytest.raises(SlackBusy):
        upsert_message(place, Said(17), publisher)
    system.wait(3)

    with pytest.raises(SlackBusy) as busy:
        upsert_message(replace(place, name=f"{place.name}:other"), Said(17), publisher)
    upsert_message(MessageKey(ALERTS, place.name), Said(17), publisher)

    assert busy.value.retry_after == 4
    assert calls(system, "chat.postMessage") == 2


# ---------------------------------------------------------------- messages that are gone


def test_a_deleted_message_is_posted_again_when_it_has_something_new_to_say(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    upsert_message(place, Said(17), publisher)
    system.slack.workspace.channels[CONNECTIONS].messages.clear()

    link = upsert_message(place, Said(18), publisher)

    only(system, Said(18))
    assert link.ts == system.slack.channel(CONNECTIONS)[0].ts


def test_a_deleted_message_is_posted_again_once_though_that_answer_is_lost(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    upsert_message(place, Said(17), publisher)
    system.slack.workspace.channels[CONNECTIONS].messages.clear()
    system.slack.faults.reset_after("chat.postMessage")
    with pytest.raises(SlackNoAnswer):
        upsert_message(place, Said(18), publisher)
    system.wait(policies.MESSAGE_LEASE_SECONDS + 1)

    upsert_message(place, Said(19), publisher)

    only(system, Said(19))


def test_a_deleted_message_with_a_thread_is_posted_again(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    """Slack leaves a message of its own where the thread hangs, which the bot may not edit."""
    card = upsert_message(place, Said(17), publisher)
    system.slack.say(ANA, CONNECTIONS, "why?", thread_ts=card.ts)
    _delete(system, card.ts)

    link = upsert_message(place, Said(18), publisher)

    assert link.ts != card.ts
    assert "18" in texts(system)[-1]


def test_a_message_that_can_no_longer_be_edited_is_posted_anew(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    upsert_message(place, Said(17), publisher)
    system.slack.faults.api_error("cant_update_message", "chat.update")

    upsert_message(place, Said(18), publisher)

    assert "18" in texts(system)[-1]


def test_looking_anew_finds_out_that_a_message_is_gone_though_nothing_changed(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    upsert_message(place, Said(17), publisher)
    system.slack.workspace.channels[CONNECTIONS].messages.clear()

    upsert_message(place, Said(17), publisher, force=True)

    only(system, Said(17))


def test_where_slack_does_not_let_us_read_it_is_posted_rather_than_not(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    system.slack.faults.rate_limited(1, "chat.postMessage")
    with pytest.raises(SlackBusy):
        upsert_message(place, Said(17), publisher)
    system.wait(1)
    system.slack.faults.api_error("missing_scope", "conversations.history")

    upsert_message(place, Said(17), publisher)

    only(system, Said(17))


def test_a_channel_that_will_not_have_us_is_told_as_slack_says_it(
    system: System, publisher: Dependencies, place: MessageKey
) -> None:
    system.slack.workspace.channels[CONNECTIONS].members.discard(system.slack.workspace.bot_user_id)

    with pytest.raises(SlackRefused) as refused:
        upsert_message(place, Said(17), publisher)

    assert refused.value.code == "not_in_channel"


def test_marks_differ_by_channel_and_key_and_say_nothing_of_either() -> None:
    places = [MessageKey("C1", "card"), MessageKey("C2", "card"), MessageKey("C1", "other")]

    assert len({idempotency_key(place) for place in places}) == 3
    assert all(place.name not in idempotency_key(place) for place in places)


def _delete(system: System, ts: str) -> None:
    message = system.slack.workspace.channels[CONNECTIONS].find(ts)
    assert message is not None
    message.text, message.blocks = "This message was deleted.", []
    message.metadata, message.user_id = None, "USLACKBOT"


def test_forty_messages_at_once_all_arrive_once_though_slack_takes_five_at_a_time() -> None:
    with System(limits=Limits(message_burst=5)) as system:
        publisher = system.bot.slack_dependencies
        waiting = list(range(40))
        while waiting:
            try:
                upsert_message(MessageKey(CONNECTIONS, f"card:{waiting[0]}"), Said(waiting[0]), publisher)
            except SlackBusy as busy:
                system.wait(busy.retry_after)
            else:
                waiting.pop(0)

        texts = [message.text for message in system.slack.channel(CONNECTIONS)]
        assert (len(texts), len(set(texts))) == (40, 40)
