"""tests/infra/local: waiting for what another thread does, with an end."""

import time
from collections.abc import Callable


def until(true: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether it came true in time; the limit is for a machine that does much else."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True
