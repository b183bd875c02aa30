"""What only waited for its turn is gone on with soon; what waits longer is left to the schedule."""

from bot import policies
from bot.usecases.workers import run_with_retries
from tests.world import VirtualClock


class Doing:
    """Says for each id when to try again, call by call; what is not named is done."""

    def __init__(self, clock: VirtualClock, **again: list[float]) -> None:
        self.clock, self.again = clock, again
        self.done: list[tuple[str, float]] = []

    def __call__(self, one: str) -> int | None:
        self.done.append((one, self.clock() - 100))
        pauses = self.again.get(one, [])
        return int(self.clock() + pauses.pop(0)) if pauses else None


def run(doing: Doing, *ids: str, deadline: float = 1000) -> list[tuple[str, float]]:
    run_with_retries(ids, doing, clock=doing.clock, sleep=doing.clock.sleep, deadline=deadline)
    return doing.done


def test_what_waited_for_its_turn_is_done_after_the_others_and_a_pause() -> None:
    assert run(Doing(VirtualClock(100), a=[5]), "a", "b") == [("a", 0), ("b", 0), ("a", 5)]


def test_all_that_wait_are_waited_for_together() -> None:
    doing = Doing(VirtualClock(100), a=[5], b=[2])
    assert run(doing, "a", "b") == [("a", 0), ("b", 0), ("a", 5), ("b", 5)]


def test_what_has_to_wait_long_is_left_to_the_schedule() -> None:
    assert run(Doing(VirtualClock(100), a=[policies.STREAM_MAX_WAIT_SECONDS + 1]), "a") == [("a", 0)]


def test_nobody_is_waited_for_past_the_deadline() -> None:
    assert run(Doing(VirtualClock(100), a=[5]), "a", deadline=104) == [("a", 0)]


def test_it_does_not_wait_for_ever() -> None:
    assert len(run(Doing(VirtualClock(100), a=[1] * 50), "a")) == policies.STREAM_ATTEMPTS


def test_an_error_keeps_nobody_from_another_turn() -> None:
    clock = VirtualClock(100)
    seen = []

    def do(one: str) -> int | None:
        seen.append(one)
        if one == "bad":
            raise ValueError("no")
        return int(clock() + 1) if seen.count(one) == 1 else None

    run_with_retries(["bad", "good"], do, clock=clock, sleep=clock.sleep, deadline=1000)
    assert seen == ["bad", "good", "good"]
