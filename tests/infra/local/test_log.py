"""The log of a fake forgets its oldest entries if it has a limit."""

from __future__ import annotations

from infra.local.log import Log


def test_without_a_limit_everything_stays() -> None:
    log = Log[int]()
    for number in range(1000):
        log.append(number)
    assert (len(log), log.total, log[0]) == (1000, 1000, 0)


def test_with_a_limit_the_newest_entries_stay_and_all_are_counted() -> None:
    log = Log[int](limit=10)
    for number in range(1005):
        log.append(number)
        assert log[-10:] == list(range(max(number - 9, 0), number + 1))
        assert len(log) < 20
    assert log.total == 1005
