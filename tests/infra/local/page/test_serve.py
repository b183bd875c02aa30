"""The end of the demo."""

from __future__ import annotations

import threading
from typing import Any

from infra.local.page.serve import ending_soon
from infra.local.stack import LocalStack
from infra.local.time_travel import AdjustableClock
from tests.infra.local.waiting import wait_until


def test_the_demo_ends_while_a_function_still_has_minutes_of_work() -> None:
    clock, calls, pause = AdjustableClock(), [], threading.Event()

    def poll(_: Any, context: Any) -> None:
        calls.append(context.get_remaining_time_in_millis() / 1000)
        deadline = clock() + calls[-1]
        while clock() < deadline:
            pause.wait(0.01)

    with LocalStack(handlers={"handlers.poll.handler": poll}, clock=clock) as stack, ending_soon(stack, clock):
        assert wait_until(lambda: bool(calls))
    assert calls[0] > 100
