"""For tests: runs functions like Lambda, in new processes of a built package with Lambda's runtime client."""

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
    """The function raised an error or could not start; `posted` is what its process sent to Lambda."""

    def __init__(self, posted: Posted) -> None:
        self.posted = posted
        super().__init__(f"{posted.body['errorType']}: {posted.body['errorMessage']}")


class Terminated(Exception):
    """The process ended without an answer, by itself or after its timeout."""


def runtime_client(folder: Path) -> Path:
    """A folder with Lambda's runtime client and no other installed package."""
    folder.mkdir()
    for name in CLIENT:
        spec = importlib.util.find_spec(name)
        assert spec, f"{name} is not installed"
        assert spec.origin
        origin = Path(spec.origin)
        origin = origin.parent if origin.name == "__init__.py" else origin
        (folder / origin.name).symlink_to(origin)
    return folder


class Process:
    """One execution environment of a function; it starts immediately and handles one event at a time."""

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
        # Without `site`, so that it cannot import installed packages that are missing in the built one.
        command = [sys.executable, "-S", "-m", "awslambdaric", handler]
        self.process = subprocess.Popen(
            command, cwd=package, env=environment, stdout=self.log, stderr=subprocess.STDOUT
        )

    def __call__(self, event: Any, seconds: float, cut_after: float | None = None) -> Any:
        """Returns the answer. Raises Failed after an error; kills the process after `seconds` and raises Terminated.

        `cut_after` kills it earlier, although it was told that it has `seconds`, so that tests do not have to wait.
        """
        self._api.invoke(event, seconds)
        end = time.monotonic() + (cut_after or seconds)
        while True:
            try:
                posted = self._api.posted.get(timeout=0.02)
                break
            except queue.Empty:
                if self.process.poll() is not None and self._api.posted.empty():
                    raise Terminated(f"the process ended with {self.process.returncode}") from None
                if time.monotonic() > end:
                    self.process.kill()
                    raise Terminated("the function timed out") from None
        if posted.kind != "response":
            raise Failed(posted)
        return posted.body

    def logged(self) -> str:
        """Its log so far."""
        self.log.seek(0)
        return self.log.read()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._api.__exit__()
        self.log.close()


class Functions:
    """All functions by handler name; like Lambda, an invocation uses an idle process or starts a new one."""

    def __init__(self, packages: Mapping[str, Path], client: Path) -> None:
        """`packages`: the folder of the package for each handler name."""
        self._packages, self._client = packages, client
        self._before = dict(os.environ)
        self._lock = threading.Lock()
        self._idle: dict[str, list[Process]] = {handler: [] for handler in packages}
        self.started: list[tuple[str, Process]] = []
        self.events: list[tuple[str, Any, Any]] = []
        self.cut_after: dict[str, float] = {}
        """Seconds after which the processes of a function are killed, earlier than their timeout."""

    @property
    def handlers(self) -> dict[str, Any]:
        """For `infra.local.stack.Machine`."""
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
        """The variables that the local stack set for the bot, without those of the developer."""
        return {
            name: value
            for name, value in os.environ.items()
            if self._before.get(name) != value or name.startswith("AWS_")
        }

    def running(self, handler: str) -> list[Process]:
        with self._lock:
            return [process for name, process in self.started if name == handler and process.process.poll() is None]

    def logged(self, handler: str) -> str:
        """The logs of all processes of a function."""
        return "".join(process.logged() for name, process in self.started if name == handler)

    def end(self) -> None:
        for _, process in self.started:
            process.end()
