"""The token: never held for more than ten minutes, renewed once for all threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.errors import NotSent
from bot.noyo.auth import Grant, TokenCache, seconds_to_hold


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Endpoint:
    def __init__(self, expires_in: object = 600) -> None:
        self.expires_in = expires_in
        self.fetched = 0

    def __call__(self) -> Grant:
        self.fetched += 1
        return Grant(f"token-{self.fetched}", self.expires_in)


@pytest.mark.parametrize(
    "expires_in",
    [
        600,
        864_000,
        600_000,
        3600,
        86_400_000,
        10**30,
        1e308,
        "864000",
        None,
        "soon",
        True,
        [],
        float("nan"),
        float("inf"),
    ],
)
def test_a_token_is_renewed_within_ten_minutes_whatever_is_said(expires_in: object) -> None:
    assert 60 < seconds_to_hold(expires_in) < 600


@pytest.mark.parametrize(
    ("expires_in", "longest"),
    [(300, 300), (120.0, 120), (300_000, 300), ("60000", 60), (4, 4), (0, 0), (-5, 0)],
)
def test_a_shorter_life_is_honoured_in_seconds_and_in_milliseconds(
    expires_in: object, longest: float
) -> None:
    held = seconds_to_hold(expires_in)

    assert longest / 2 <= held <= longest
    assert held < longest or longest == 0


def test_a_token_is_used_again_until_it_is_old() -> None:
    clock, endpoint = Clock(), Endpoint(300)
    keeper = TokenCache(endpoint, clock)

    assert keeper.current() == keeper.current() == "token-1"
    clock.now += 299
    assert keeper.current() == "token-2"


def test_the_ten_minutes_begin_before_the_token_is_asked_for() -> None:
    clock = Clock()

    def slow() -> Grant:
        clock.now += 590
        return Grant("slow", 600)

    keeper = TokenCache(slow, clock)
    keeper.current()

    assert keeper.current() == "slow"
    assert clock.now == 1000 + 2 * 590


def test_a_clock_that_was_set_back_makes_no_token_live_longer() -> None:
    clock, endpoint = Clock(), Endpoint()
    keeper = TokenCache(endpoint, clock)
    keeper.current()

    clock.now -= 3600

    assert keeper.current() == "token-2"


def test_a_refused_token_is_replaced() -> None:
    keeper = TokenCache(Endpoint(), Clock())

    assert keeper.newer_than(keeper.current()) == "token-2"
    assert keeper.current() == "token-2"


def test_a_token_that_another_thread_has_replaced_already_is_not_fetched_again() -> None:
    endpoint = Endpoint()
    keeper = TokenCache(endpoint, Clock())
    refused = keeper.current()
    keeper.newer_than(refused)

    assert keeper.newer_than(refused) == "token-2"
    assert endpoint.fetched == 2


def test_many_threads_share_one_fetch() -> None:
    ready = threading.Barrier(8)
    endpoint = Endpoint()
    keeper = TokenCache(endpoint, Clock())

    def ask(_: int) -> str:
        ready.wait()
        return keeper.current()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {"token-1"}
    assert endpoint.fetched == 1


def test_after_a_fetch_that_failed_the_next_one_is_tried() -> None:
    answers: list[Grant | Exception] = [NotSent("not now"), Grant("later", 600)]

    def fetch() -> Grant:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    keeper = TokenCache(fetch, Clock())

    with pytest.raises(NotSent):
        keeper.current()
    assert keeper.current() == "later"
