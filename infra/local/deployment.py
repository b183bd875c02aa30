"""What the handlers build on this machine: with the stack's clock, and with a worker that can be killed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from bot import bootstrap
from bot.usecases.ports.noyo import NoyoClient
from infra.local.aws.invocation import ProcessKilled

WRITES = frozenset(name for name in vars(NoyoClient) if not name.startswith("_"))


@contextmanager
def replaced_deployment(clock: Callable[[], float], kill: threading.Event) -> Iterator[None]:
    """While the block runs. If `kill` is set, the next worker that writes to Noyo ends after Noyo's answer."""

    class LocalDeployment(bootstrap.Deployment):
        @cached_property
        def noyo(self) -> Any:
            return _KillableNoyo(super().noyo, kill)

    original: Any = bootstrap.Deployment
    module: Any = bootstrap
    module.Deployment = lambda settings: LocalDeployment(settings, clock=clock)
    try:
        yield
    finally:
        module.Deployment = original


class _KillableNoyo:
    def __init__(self, noyo: Any, kill: threading.Event) -> None:
        self._noyo, self._kill = noyo, kill

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._noyo, name)
        if name not in WRITES:
            return method

        def write(*arguments: Any, **named: Any) -> Any:
            answer = method(*arguments, **named)
            if self._kill.is_set():
                self._kill.clear()
                raise ProcessKilled
            return answer

        return write
