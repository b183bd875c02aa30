"""For tests: functions as Lambda runs them: fresh processes of a built package, under its own runtime client."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.infra.package.runtime_api import Posted, RuntimeApi

CLIENT = ("awslambdaric", "runtime_client", "snapshot_restore_py", "simplejson")
START_SECONDS = 30


class Failed(Exception):
    """The function raised, or could not start; `posted` is what its process told Lambda."""

    def __init__(self, posted: Posted) -> None:
        self.posted = posted
        super().__init__(f"{posted.body['errorType']}: {posted.body['errorMessage']}")


class Gone(Exception):
    """No answer: the process was ended, by itself or because its time was up."""


def runtime_client(folder: Path) -> Path:
    """A folder with Lambda's runtime client and nothing else of what is installed here."""
    folder.mkdir()
    for name in CLIENT:
        found = importlib.util.find_spec(name)
        assert found, f"{name} is not installed"
        assert found.origin
        origin = Path(found.origin)
        origin = origin.parent if origin.name == "__init__.py" else origin
        (folder / origin.name).symlink_to(origin)
    return folder


class Process:
    """One environment of a function: it starts at once, and answers one event after another until it ends."""

    def __init__(self, handler: str, package: Path, client: Path, variables: Mapping[str, str]) -> None:
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed in end()
        self._api = RuntimeApi(handler)
        self._api.__enter__()
        environment = dict(variables) | {
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "AWS_LAMBDA_FUNCTION_NAME": handler,
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python",
            "LAMBDA_TASK_ROOT": str(package),
            "_HANDLER": handler,
            "PYTHONPATH": os.pathsep.join((str(package), str(client))),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        # Without `site`, so that nothing that is installed here can stand in for what was not shipped.
        command = [sys.executable, "-S", "-m", "awslambdaric", handler]
        self.process = subprocess.Popen(
            command, cwd=package, env=environment, stdout=self.log, stderr=subprocess.STDOUT
        )

    def __call__(self, event: Any, seconds: float, cut_after: float | None = None) -> Any:
        """Its answer. After `seconds` it is killed, as Lambda does, and raises Gone; Failed where it raised.

        `cut_after`: it believes to have `seconds`, and is killed earlier, so that no test waits for minutes.
        """
        self._api.give(event, seconds)
        end = time.monotonic() + (cut_after or seconds)
        while True:
            try:
                posted = self._api.posted.get(timeout=0.02)
                break
            except queue.Empty:
                if self.process.poll() is not None and self._api.posted.empty():
                    raise Gone(f"the process ended with {self.process.returncode}") from None
                if time.monotonic() > end:
                    self.process.kill()
                    raise Gone("its time was up") from None
        if posted.what != "response":
            raise Failed(posted)
        return posted.body

    def told(self) -> str:
        """What it logged so far."""
        self.log.seek(0)
        return self.log.read()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._api.__exit__()
        self.log.close()


class Functions:
    """All functions by their handlers' names; each call takes an idle process or starts one, as Lambda does."""

    def __init__(self, packages: Mapping[str, Path], client: Path) -> None:
        """`packages`: the handler's name, and where its package is."""
        self._packages, self._client = packages, client
        self._before = dict(os.environ)
        self._lock = threading.Lock()
        self._idle: dict[str, list[Process]] = {handler: [] for handler in packages}
        self.started: list[tuple[str, Process]] = []
        self.events: list[tuple[str, Any, Any]] = []
        self.cut_after: dict[str, float] = {}
        """Seconds after which a function's processes are ended, whatever they believe."""

    @property
    def handlers(self) -> dict[str, Any]:
        """For `infra.local.machine.Machine`."""
        return {handler: self._handler(handler) for handler in self._packages}

    def _handler(self, handler: str) -> Any:
        def call(event: Any, context: Any) -> Any:
            return self.invoke(handler, event, context.get_remaining_time_in_millis() / 1000)

        return call

    def invoke(self, handler: str, event: Any, seconds: float = START_SECONDS) -> Any:
        with self._of(handler) as process:
            answer = process(event, seconds, self.cut_after.get(handler))
        self.events.append((handler, event, answer))
        return answer

    @contextlib.contextmanager
    def _of(self, handler: str) -> Iterator[Process]:
        with self._lock:
            idle = self._idle[handler]
            process = idle.pop() if idle else self._start(handler)
        try:
            yield process
        finally:
            if process.process.poll() is None:
                with self._lock:
                    self._idle[handler].append(process)

    def _start(self, handler: str) -> Process:
        process = Process(handler, self._packages[handler], self._client, self._variables())
        self.started.append((handler, process))
        return process

    def _variables(self) -> dict[str, str]:
        """What the machine has set for the bot, and nothing of whose machine this is."""
        return {
            name: value
            for name, value in os.environ.items()
            if self._before.get(name) != value or name.startswith("AWS_")
        }

    def running(self, handler: str) -> list[Process]:
        with self._lock:
            return [one for name, one in self.started if name == handler and one.process.poll() is None]

    def told(self, handler: str) -> str:
        """What all its processes logged."""
        return "".join(process.told() for name, process in self.started if name == handler)

    def end(self) -> None:
        for _, process in self.started:
            process.end()
