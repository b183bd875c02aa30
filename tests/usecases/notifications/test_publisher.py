"""Each message exists once and shows the current state despite lost responses, delays and concurrency."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from bot import policies
from bot.domain.content import Content, MessageKey, Summary
from bot.errors import SlackBusy, SlackNoAnswer, SlackRefused
from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.publisher import (
    MessageBusy,
    SearchUnfinished,
    always,
    idempotency_key,
    post_once,
    upsert_message,
)
from infra.local.slack import Limits
from tests.system import ALERTS, ANA, CONNECTIONS, System
from tests.usecases.notification_bench import CallHooks

_KEYS = itertools.count(1)


@pytest.fixture(scope="module")
def shared() -> Iterator[System]:
    with System() as system:
        yield system


@pytest.fixture
def system(shared: System) -> System:
    """One system for all tests; each test uses its own message in an empty channel."""
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
def message_key() -> MessageKey:
    return MessageKey(CONNECTIONS, f"made-up:{next(_KEYS)}")


class OpenCount:
    """Content that the test changes: the number of open connections."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __call__(self) -> Content:
        return Summary(connections=self.number, disconnections=0, waiting=(), waiting_total=0)


def around(publisher: Dependencies, **happens: Callable[[], object]) -> Dependencies:
    return replace(publisher, slack=CallHooks(publisher.slack, **happens))


def texts(system: System) -> list[str]:
    return [system.slack.render(message) for message in system.slack.channel(CONNECTIONS)]


def calls(system: System, method: str) -> int:
    return sum(call.method == method for call in system.slack.calls)


def assert_only_message(system: System, content: OpenCount) -> None:
    """Assert that there is one message, with the current content."""
    [text] = texts(system)
    assert str(content.number) in text, text


# ---------------------------------------------------------------- normal use


def test_an_unchanged_message_is_posted_once_and_not_edited(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    content = OpenCount(17)

    first, second = upsert_message(message_key, content, publisher), upsert_message(message_key, content, publisher)

    assert first == second
    assert_only_message(system, content)
    assert (calls(system, "chat.postMessage"), calls(system, "chat.update")) == (1, 0)


def test_a_changed_message_is_edited(system: System, publisher: Dependencies, message_key: MessageKey) -> None:
    content = OpenCount(17)
    first = upsert_message(message_key, content, publisher)
    content.number = 18

    assert upsert_message(message_key, content, publisher) == first
    assert_only_message(system, content)


def test_a_new_message_is_not_searched_for_before_posting(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    upsert_message(message_key, OpenCount(17), publisher)

    assert calls(system, "conversations.history") == 0


def test_a_closed_message_is_never_edited_again(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    post_once(message_key, OpenCount(17), publisher)
    post_once(message_key, OpenCount(18), publisher)

    assert_only_message(system, OpenCount(17))


def test_the_content_shown_last_decides_whether_a_message_is_closed(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    content = OpenCount(17)
    changing = around(publisher, after_post=lambda: setattr(content, "number", 18))
    upsert_message(message_key, content, changing, closes_after=lambda shown: shown == OpenCount(17)())
    content.number = 19

    upsert_message(message_key, content, publisher, closes_after=always)

    assert_only_message(system, content)


def test_unreadable_content_releases_the_message(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    def unreadable() -> Content:
        raise LookupError("gone")

    with pytest.raises(LookupError):
        upsert_message(message_key, unreadable, publisher)

    upsert_message(message_key, OpenCount(17), publisher)
    assert_only_message(system, OpenCount(17))


# ---------------------------------------------------------------- concurrent changes and workers


@pytest.mark.parametrize("moment", ["before_post", "after_post", "after_render"])
def test_a_change_during_a_post_is_shown(
    system: System, publisher: Dependencies, message_key: MessageKey, moment: str
) -> None:
    content = OpenCount(17)

    upsert_message(message_key, content, around(publisher, **{moment: lambda: setattr(content, "number", 18)}))

    assert_only_message(system, OpenCount(18))


@pytest.mark.parametrize("moment", ["before_update", "after_update"])
def test_a_change_during_an_edit_is_shown(
    system: System, publisher: Dependencies, message_key: MessageKey, moment: str
) -> None:
    content = OpenCount(17)
    upsert_message(message_key, content, publisher)
    content.number = 18

    upsert_message(message_key, content, around(publisher, **{moment: lambda: setattr(content, "number", 19)}))

    assert_only_message(system, OpenCount(19))


def test_endless_changes_do_not_block_the_worker(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    numbers = itertools.count(100)

    upsert_message(message_key, lambda: OpenCount(next(numbers))(), publisher)

    assert calls(system, "chat.postMessage") + calls(system, "chat.update") == policies.MESSAGE_RENDERS


def test_two_workers_post_a_message_once(system: System, publisher: Dependencies, message_key: MessageKey) -> None:
    conflicts: list[str] = []

    def second_worker() -> None:
        with pytest.raises(MessageBusy):
            upsert_message(message_key, OpenCount(17), publisher)
        conflicts.append("held")

    upsert_message(message_key, OpenCount(17), around(publisher, before_post=second_worker))

    assert conflicts == ["held"]
    assert_only_message(system, OpenCount(17))


def test_a_stalled_worker_sends_nothing_near_the_end_of_its_lease(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    content = OpenCount(17)
    stalled = around(publisher, after_render=lambda: system.wait(policies.MESSAGE_LEASE_SECONDS - 5))

    with pytest.raises(MessageBusy):
        upsert_message(message_key, content, stalled)

    assert texts(system) == []
    system.wait(policies.MESSAGE_LEASE_SECONDS)
    upsert_message(message_key, content, publisher)
    assert_only_message(system, content)


def test_a_stalled_worker_does_not_overwrite_newer_content(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    """The first worker renders 18 and sleeps past its lease; meanwhile the second one shows 19."""
    content = OpenCount(17)
    upsert_message(message_key, content, publisher)
    content.number = 18

    def sleep_past_the_lease() -> None:
        system.wait(policies.MESSAGE_LEASE_SECONDS + 1)
        content.number = 19
        upsert_message(message_key, content, publisher)

    with pytest.raises(MessageBusy):
        upsert_message(message_key, content, around(publisher, after_render=sleep_past_the_lease))

    assert_only_message(system, OpenCount(19))


def test_a_worker_that_lost_its_lease_posts_no_second_message(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    def sleep_past_the_lease() -> None:
        system.wait(policies.MESSAGE_LEASE_SECONDS + 1)
        upsert_message(message_key, OpenCount(17), publisher)

    with pytest.raises(MessageBusy):
        upsert_message(message_key, OpenCount(17), around(publisher, after_render=sleep_past_the_lease))

    assert_only_message(system, OpenCount(17))


# ---------------------------------------------------------------- lost responses


@pytest.mark.parametrize("fault", ["reset_after", "truncated"])
def test_a_post_whose_response_was_lost_is_found_and_not_posted_twice(
    system: System, publisher: Dependencies, message_key: MessageKey, fault: str
) -> None:
    content = OpenCount(17)
    getattr(system.slack.faults, fault)("chat.postMessage")
    with pytest.raises(SlackNoAnswer):
        upsert_message(message_key, content, publisher)
    system.wait(policies.MESSAGE_LEASE_SECONDS + 1)
    content.number = 18

    link = upsert_message(message_key, content, publisher)

    assert_only_message(system, content)
    assert link.ts == system.slack.channel(CONNECTIONS)[0].ts
    assert calls(system, "chat.postMessage") == 1


@pytest.mark.parametrize("fault", ["reset_before", "server_error"])
def test_a_post_that_never_arrived_is_posted_once(
    system: System, publisher: Dependencies, message_key: MessageKey, fault: str
) -> None:
    getattr(system.slack.faults, fault)("chat.postMessage")
    with pytest.raises(SlackNoAnswer):
        upsert_message(message_key, OpenCount(17), publisher)
    system.wait(policies.MESSAGE_LEASE_SECONDS + 1)

    upsert_message(message_key, OpenCount(17), publisher)

    assert_only_message(system, OpenCount(17))


def test_a_lost_post_is_searched_for_only_after_a_delay(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    system.slack.faults.reset_after("chat.postMessage")
    with pytest.raises(SlackNoAnswer):
        upsert_message(message_key, OpenCount(17), publisher)

    for _ in range(3):
        system.wait(policies.MESSAGE_LEASE_SECONDS // 4)
        with pytest.raises(MessageBusy):
            upsert_message(message_key, OpenCount(17), publisher)

    assert calls(system, "conversations.history") == 0
    assert calls(system, "chat.postMessage") == 1


def test_the_post_of_a_stopped_worker_is_found(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    reserved = publisher.messages.reserve(
        message_key, lease="dead", now=publisher.now(), lease_seconds=policies.MESSAGE_LEASE_SECONDS
    )
    assert reserved is not None
    publisher.slack.post(
        CONNECTIONS, publisher.slack.render(OpenCount(17)()), idempotency_key=idempotency_key(message_key)
    )
    system.wait(policies.MESSAGE_LEASE_SECONDS + 1)

    upsert_message(message_key, OpenCount(18), publisher)

    assert_only_message(system, OpenCount(18))


def test_a_thread_reply_whose_response_was_lost_is_found_in_the_thread(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    card = upsert_message(message_key, OpenCount(1), publisher)
    line = MessageKey(CONNECTIONS, f"{message_key.name}:line")
    system.slack.faults.reset_after("chat.postMessage")
    with pytest.raises(SlackNoAnswer):
        post_once(line, OpenCount(2), publisher, thread=card.ts)
    system.wait(policies.MESSAGE_LEASE_SECONDS + 1)

    post_once(line, OpenCount(2), publisher, thread=card.ts)

    assert len(system.slack.channel(CONNECTIONS)[0].thread) == 1


def test_a_failed_search_for_a_lost_post_is_repeated(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    system.slack.faults.reset_after("chat.postMessage")
    with pytest.raises(SlackNoAnswer):
        upsert_message(message_key, OpenCount(17), publisher)
    system.wait(policies.MESSAGE_LEASE_SECONDS + 1)
    system.slack.faults.server_error("conversations.history")
    with pytest.raises(SlackNoAnswer):
        upsert_message(message_key, OpenCount(17), publisher)

    upsert_message(message_key, OpenCount(17), publisher)

    assert_only_message(system, OpenCount(17))


@pytest.fixture
def hurried(publisher: Dependencies, monkeypatch: pytest.MonkeyPatch) -> Dependencies:
    """The time of each run allows for one page of a search, and a page has two messages."""
    monkeypatch.setattr(policies, "SLACK_HISTORY_PAGE_SIZE", 2)
    return replace(publisher, search_deadline=0)


def lose_post(system: System, publisher: Dependencies, message_key: MessageKey, *, posted: bool, newer: int) -> None:
    """A post gets no answer, and people write `newer` messages until it may be searched for."""
    fault = system.slack.faults.reset_after if posted else system.slack.faults.reset_before
    fault("chat.postMessage")
    with pytest.raises(SlackNoAnswer):
        upsert_message(message_key, OpenCount(17), publisher)
    for _ in range(newer):
        system.slack.say(ANA, CONNECTIONS, "Hello")
    system.wait(policies.MESSAGE_LEASE_SECONDS + 1)


def posts_of(system: System, content: OpenCount) -> int:
    return sum(str(content.number) in text for text in texts(system))


@pytest.mark.parametrize("posted", [True, False])
def test_a_search_that_runs_out_of_time_continues_in_the_next_attempt(
    system: System, hurried: Dependencies, message_key: MessageKey, posted: bool
) -> None:
    lose_post(system, hurried, message_key, posted=posted, newer=5)
    for _ in range(2):
        with pytest.raises(SearchUnfinished):
            upsert_message(message_key, OpenCount(17), hurried)

    upsert_message(message_key, OpenCount(17), hurried)

    assert posts_of(system, OpenCount(17)) == 1
    assert calls(system, "conversations.history") == 3


def test_a_failed_page_is_repeated_and_the_pages_before_it_are_not(
    system: System, hurried: Dependencies, message_key: MessageKey
) -> None:
    lose_post(system, hurried, message_key, posted=True, newer=5)
    with pytest.raises(SearchUnfinished):
        upsert_message(message_key, OpenCount(17), hurried)
    system.slack.faults.server_error("conversations.history")
    with pytest.raises(SlackNoAnswer):
        upsert_message(message_key, OpenCount(17), hurried)
    with pytest.raises(SearchUnfinished):
        upsert_message(message_key, OpenCount(17), hurried)

    upsert_message(message_key, OpenCount(17), hurried)

    assert posts_of(system, OpenCount(17)) == 1


def test_a_search_whose_position_slack_forgot_begins_again(
    system: System, hurried: Dependencies, message_key: MessageKey
) -> None:
    lose_post(system, hurried, message_key, posted=True, newer=2)
    with pytest.raises(SearchUnfinished):
        upsert_message(message_key, OpenCount(17), hurried)
    system.slack.faults.api_error("invalid_cursor", "conversations.history")
    for _ in range(2):
        with pytest.raises(SearchUnfinished):
            upsert_message(message_key, OpenCount(17), hurried)

    upsert_message(message_key, OpenCount(17), hurried)

    assert posts_of(system, OpenCount(17)) == 1


def test_a_second_lost_post_is_searched_for_from_the_newest_message(
    system: System, hurried: Dependencies, message_key: MessageKey
) -> None:
    lose_post(system, hurried, message_key, posted=False, newer=3)
    with pytest.raises(SearchUnfinished):
        upsert_message(message_key, OpenCount(17), hurried)
    lose_post(system, hurried, message_key, posted=True, newer=0)

    upsert_message(message_key, OpenCount(17), hurried)

    assert posts_of(system, OpenCount(17)) == 1


def test_a_search_that_never_ends_is_given_up_after_a_time_and_logged(
    system: System, hurried: Dependencies, message_key: MessageKey, caplog: pytest.LogCaptureFixture
) -> None:
    lose_post(system, hurried, message_key, posted=False, newer=1_000)
    began = system.clock()
    with caplog.at_level(logging.WARNING):
        while not posts_of(system, OpenCount(17)):
            with suppress(SearchUnfinished):
                upsert_message(message_key, OpenCount(17), hurried)
            system.wait(60)

    assert system.clock() - began >= policies.SLACK_SEARCH_MAX_SECONDS
    assert "search for an earlier post did not end" in caplog.text


def test_an_edit_whose_response_was_lost_is_corrected_even_if_the_content_reverted(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    content = OpenCount(17)
    upsert_message(message_key, content, publisher)
    content.number = 18
    system.slack.faults.reset_after("chat.update")
    with pytest.raises(SlackNoAnswer):
        upsert_message(message_key, content, publisher)
    content.number = 17

    upsert_message(message_key, content, publisher)

    assert_only_message(system, content)


def test_a_failed_edit_can_be_retried_at_once(system: System, publisher: Dependencies, message_key: MessageKey) -> None:
    content = OpenCount(17)
    upsert_message(message_key, content, publisher)
    content.number = 18
    system.slack.faults.server_error("chat.update")
    with pytest.raises(SlackNoAnswer):
        upsert_message(message_key, content, publisher)

    upsert_message(message_key, content, publisher)

    assert_only_message(system, content)


def test_after_a_rate_limit_messages_are_posted_again(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    system.slack.faults.rate_limited(7, "chat.postMessage")
    with pytest.raises(SlackBusy) as busy:
        upsert_message(message_key, OpenCount(17), publisher)

    assert busy.value.retry_after == 7
    system.wait(7)
    upsert_message(message_key, OpenCount(17), publisher)
    assert_only_message(system, OpenCount(17))


def test_a_rate_limit_of_a_channel_does_not_affect_other_channels(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    system.slack.faults.rate_limited(7, "chat.postMessage")
    with pytest.raises(SlackBusy):
        upsert_message(message_key, OpenCount(17), publisher)
    system.wait(3)

    with pytest.raises(SlackBusy) as busy:
        upsert_message(replace(message_key, name=f"{message_key.name}:other"), OpenCount(17), publisher)
    upsert_message(MessageKey(ALERTS, message_key.name), OpenCount(17), publisher)

    assert busy.value.retry_after == 4
    assert calls(system, "chat.postMessage") == 2


# ---------------------------------------------------------------- deleted messages


def test_a_deleted_message_is_posted_again_when_it_changes(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    upsert_message(message_key, OpenCount(17), publisher)
    system.slack.workspace.channels[CONNECTIONS].messages.clear()

    link = upsert_message(message_key, OpenCount(18), publisher)

    assert_only_message(system, OpenCount(18))
    assert link.ts == system.slack.channel(CONNECTIONS)[0].ts


def test_a_deleted_message_is_posted_again_once_despite_a_lost_response(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    upsert_message(message_key, OpenCount(17), publisher)
    system.slack.workspace.channels[CONNECTIONS].messages.clear()
    system.slack.faults.reset_after("chat.postMessage")
    with pytest.raises(SlackNoAnswer):
        upsert_message(message_key, OpenCount(18), publisher)
    system.wait(policies.MESSAGE_LEASE_SECONDS + 1)

    upsert_message(message_key, OpenCount(19), publisher)

    assert_only_message(system, OpenCount(19))


def test_a_deleted_message_with_a_thread_is_posted_again(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    """Slack keeps a placeholder message for the thread, which the bot may not edit."""
    card = upsert_message(message_key, OpenCount(17), publisher)
    system.slack.say(ANA, CONNECTIONS, "why?", thread_ts=card.ts)
    _delete(system, card.ts)

    link = upsert_message(message_key, OpenCount(18), publisher)

    assert link.ts != card.ts
    assert "18" in texts(system)[-1]


def test_a_message_that_can_no_longer_be_edited_is_posted_again(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    upsert_message(message_key, OpenCount(17), publisher)
    system.slack.faults.api_error("cant_update_message", "chat.update")

    upsert_message(message_key, OpenCount(18), publisher)

    assert "18" in texts(system)[-1]


def test_a_forced_update_notices_that_an_unchanged_message_was_deleted(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    upsert_message(message_key, OpenCount(17), publisher)
    system.slack.workspace.channels[CONNECTIONS].messages.clear()

    upsert_message(message_key, OpenCount(17), publisher, force=True)

    assert_only_message(system, OpenCount(17))


def test_without_permission_to_search_a_message_is_posted_anyway(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    system.slack.faults.rate_limited(1, "chat.postMessage")
    with pytest.raises(SlackBusy):
        upsert_message(message_key, OpenCount(17), publisher)
    system.wait(1)
    system.slack.faults.api_error("missing_scope", "conversations.history")

    upsert_message(message_key, OpenCount(17), publisher)

    assert_only_message(system, OpenCount(17))


def test_a_refused_channel_raises_the_error_code_of_slack(
    system: System, publisher: Dependencies, message_key: MessageKey
) -> None:
    system.slack.workspace.channels[CONNECTIONS].members.discard(system.slack.workspace.bot_user_id)

    with pytest.raises(SlackRefused) as refused:
        upsert_message(message_key, OpenCount(17), publisher)

    assert refused.value.code == "not_in_channel"


def test_idempotency_keys_are_unique_by_channel_and_key_and_reveal_neither() -> None:
    keys = [MessageKey("C1", "card"), MessageKey("C2", "card"), MessageKey("C1", "other")]

    assert len({idempotency_key(key) for key in keys}) == 3
    assert all(key.name not in idempotency_key(key) for key in keys)


def _delete(system: System, ts: str) -> None:
    message = system.slack.workspace.channels[CONNECTIONS].find(ts)
    assert message is not None
    message.text, message.blocks = "This message was deleted.", []
    message.metadata, message.user_id = None, "USLACKBOT"


def test_forty_messages_are_each_posted_once_under_a_rate_limit_of_five() -> None:
    with System(limits=Limits(message_burst=5)) as system:
        publisher = system.bot.slack_dependencies
        waiting = list(range(40))
        while waiting:
            try:
                upsert_message(MessageKey(CONNECTIONS, f"card:{waiting[0]}"), OpenCount(waiting[0]), publisher)
            except SlackBusy as busy:
                system.wait(busy.retry_after)
            else:
                waiting.pop(0)

        texts = [message.text for message in system.slack.channel(CONNECTIONS)]
        assert (len(texts), len(set(texts))) == (40, 40)
