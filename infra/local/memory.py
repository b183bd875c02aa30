"""Measures how much the demo's memory grows while nobody uses it: `python -m infra.local.memory`.

The clock moves by a minute at a time, and all scheduled functions run in each, while the page and its controls are
open. Needs Linux, where `/proc/self/status` has the process's memory.
"""

from __future__ import annotations

import argparse
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from infra.local import environment
from infra.local.aws.runtime import Intervals
from infra.local.datasets import SMALL
from infra.local.datasets.loading import is_loaded, loaded_stack
from infra.local.http_server import HttpServer
from infra.local.page.app import page_app
from infra.local.page.controls.routes import control_routes
from infra.local.page.serve import describe
from infra.local.stack import LocalStack
from infra.local.time_travel import AdjustableClock

WARM_UP = 60
"""Minutes before the growth is measured: caches fill, and what is remembered for a while reaches its size."""
REPORTED_EVERY = 100
ON_DEMAND = Intervals(schedules=1e9, stream=0.1, retries=0.2)
STREAMS = (f"/screens?person={environment.ANA}&conversation={environment.CONNECTIONS}", "/controls?parts=Noyo,AWS")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.local.memory", description=__doc__)
    parser.add_argument("--minutes", type=int, default=3600)
    parser.add_argument("--limit", type=float, default=20, help="MB of growth; more ends with status 1")
    options = parser.parse_args()
    clock = AdjustableClock()
    with loaded_stack(SMALL, clock=clock, intervals=ON_DEMAND) as stack, _open_page(stack, clock):
        while not is_loaded(stack):
            stack.run_schedules()
        growth = _growth(stack, clock, options.minutes)
    print(f"{growth:.1f} MB in {options.minutes} minutes, limit {options.limit:g}")
    return 0 if growth < options.limit else 1


def _growth(stack: LocalStack, clock: AdjustableClock, minutes: int) -> float:
    """In MB, after the warm-up."""
    start = 0.0
    for minute in range(WARM_UP + minutes + 1):
        if minute == WARM_UP:
            start = _memory()
        if minute >= WARM_UP and (minute - WARM_UP) % REPORTED_EVERY == 0:
            print(f"after {minute - WARM_UP} minutes: {_memory():.1f} MB", flush=True)
        clock.advance_to(clock() + 60)
        stack.run_schedules()
    return _memory() - start


def _memory() -> float:
    """The process's resident memory in MB."""
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.M)
    if found is None:
        raise OSError("/proc/self/status does not have the process's memory")
    return int(found[1]) / 1024


@contextmanager
def _open_page(stack: LocalStack, clock: AdjustableClock) -> Iterator[None]:
    """The page and its controls are followed as a browser does."""
    with control_routes(stack, clock) as controls:
        app = page_app(stack.slack, describe(controls=True), controls)
        with HttpServer(app) as server, httpx.Client(base_url=server.url, timeout=None) as browser:
            readers = [threading.Thread(target=_read, args=(browser, address), daemon=True) for address in STREAMS]
            for reader in readers:
                reader.start()
            yield


def _read(browser: httpx.Client, address: str) -> None:
    try:
        with browser.stream("GET", address) as response:
            for _ in response.iter_lines():
                pass
    except httpx.TransportError:
        return  # the server has stopped


if __name__ == "__main__":
    sys.exit(main())
