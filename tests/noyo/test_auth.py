"""The access token is cached for at most ten minutes and renewed once for all threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.errors import NotSent
from bot.noyo.auth import AccessToken, TokenCache, cache_seconds


class FakeClock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class FakeTokenEndpoint:
    def __init__(self, expires_in: object = 600) -> None:
        self.expires_in = expires_in
        self.fetched = 0

    def __call__(self) -> AccessToken:
        self.fetched += 1
        return AccessToken(f"token-{self.fetched}", self.expires_in)


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
def test_token_is_renewed_within_ten_minutes_for_any_lifetime(expires_in: object) -> None:
    assert 60 < cache_seconds(expires_in) < 600


@pytest.mark.parametrize(
    ("expires_in", "longest"), [(300, 300), (120.0, 120), (300_000, 300), ("60000", 60), (4, 4), (0, 0), (-5, 0)]
)
def test_shorter_lifetime_is_honoured_in_seconds_and_in_milliseconds(expires_in: object, longest: float) -> None:
    seconds = cache_seconds(expires_in)

    assert longest / 2 <= seconds <= longest
    assert seconds < longest or longest == 0


def test_token_is_reused_until_it_expires() -> None:
    clock, endpoint = FakeClock(), FakeTokenEndpoint(300)
    cache = TokenCache(endpoint, clock)

    assert cache.current() == cache.current() == "token-1"
    clock.now += 299
    assert cache.current() == "token-2"


def test_lifetime_starts_before_the_token_request() -> None:
    clock = FakeClock()

    def slow() -> AccessToken:
        clock.now += 590
        return AccessToken("slow", 600)

    cache = TokenCache(slow, clock)
    cache.current()

    assert cache.current() == "slow"
    assert clock.now == 1000 + 2 * 590


def test_setting_the_clock_back_does_not_extend_a_token() -> None:
    clock, endpoint = FakeClock(), FakeTokenEndpoint()
    cache = TokenCache(endpoint, clock)
    cache.current()

    clock.now -= 3600

    assert cache.current() == "token-2"


def test_rejected_token_is_replaced() -> None:
    cache = TokenCache(FakeTokenEndpoint(), FakeClock())

    assert cache.newer_than(cache.current()) == "token-2"
    assert cache.current() == "token-2"


def test_token_replaced_by_another_thread_is_not_fetched_again() -> None:
    endpoint = FakeTokenEndpoint()
    cache = TokenCache(endpoint, FakeClock())
    refused = cache.current()
    cache.newer_than(refused)

    assert cache.newer_than(refused) == "token-2"
    assert endpoint.fetched == 2


def test_many_threads_share_one_fetch() -> None:
    ready = threading.Barrier(8)
    endpoint = FakeTokenEndpoint()
    cache = TokenCache(endpoint, FakeClock())

    def ask(_: int) -> str:
        ready.wait()
        return cache.current()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {"token-1"}
    assert endpoint.fetched == 1


def test_failed_fetch_is_tried_again() -> None:
    answers: list[AccessToken | Exception] = [NotSent("not now"), AccessToken("later", 600)]

    def fetch() -> AccessToken:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    cache = TokenCache(fetch, FakeClock())

    with pytest.raises(NotSent):
        cache.current()
    assert cache.current() == "later"
