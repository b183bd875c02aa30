"""Follows two clicks through the code and prints the modules they pass: `make trace`.

The local stack runs with its embedded table and its fakes of Slack and Noyo. A person clicks Retry… on the card of a
connection that is `unable_to_connect`, submits the form, and waits until the card shows that Noyo confirmed it; then
the same with Approve on a disconnection request that is `needs_review`. Each journey runs twice, on two records.

What counts: a module of `bot` passes when at least one of its functions, methods or properties is called, including
the methods that `dataclass` generates. Statements at module level and class bodies do not count. A journey consists
of the two requests to the receiver and of every worker run that the table's stream starts. Scheduled runs are skipped
while a journey is recorded, and Noyo sends no webhooks: both would add work that the click did not cause. Modules of
`handlers` are printed, but not counted.

The limits apply to the second journey of each kind ("warm": all imports and cached objects exist already); above one,
the exit status is 1. `--limit-receiver` applies to each request alone: the click that opens the form, the submission.
"""

import argparse
import inspect
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from types import FrameType
from typing import Any

from infra.local import environment
from infra.local.aws.functions import read_functions
from infra.local.aws.invocation import load_handler
from infra.local.demo.driver import ALERTS, ANA, CONNECTIONS, DECISIONS, DemoDriver
from infra.local.stack import LocalStack

TIMEOUT_SECONDS = 40.0
RECEIVER = "handlers.slack"
CLICK, SUBMISSION = f"{RECEIVER}, click", f"{RECEIVER}, submission"


@dataclass
class Journey:
    """From a click to its card. `stages`: for each handler its modules, in the order of their first call."""

    name: str
    skips_schedules: bool = False
    recording: bool = False
    stages: dict[str, dict[str, None]] = field(default_factory=dict)

    def modules(self, *stages: str) -> set[str]:
        """The modules of `bot` that these stages pass; without an argument, those of all stages."""
        passed = {module for stage in stages or self.stages for module in self.stages[stage]}
        return {module for module in passed if module.startswith("bot.")}

    def exceeds(self, journey_limit: int, receiver_limit: int) -> bool:
        requests = (len(self.modules(CLICK)), len(self.modules(SUBMISSION)))
        return len(self.modules()) > journey_limit or max(requests) > receiver_limit

    def report(self) -> str:
        whole, receiver = len(self.modules()), len(self.modules(CLICK, SUBMISSION))
        lines = [f"{self.name}: {whole} modules from click to card, {receiver} of them in the receiver"]
        for stage, modules in sorted(self.stages.items(), key=lambda item: "notify" in item[0]):
            lines += [f"  {stage}: {len(self.modules(stage))}", *(f"    {module}" for module in modules)]
        return "\n".join(lines)


def invoke(journeys: Sequence[Journey], path: str, event: Any, context: Any) -> Any:
    """Runs the handler as it is or, while a journey is recorded, under a profiler. A handler runs in one thread."""
    journey, stage, handler = journeys[-1], path.rpartition(".")[0], load_handler(path)
    if journey.skips_schedules and stage != RECEIVER and "Records" not in event:
        return None
    if not journey.recording:
        return handler(event, context)
    if stage == RECEIVER:
        stage = SUBMISSION if CLICK in journey.stages else CLICK
    modules = journey.stages.setdefault(stage, {})
    sys.setprofile(lambda frame, what, _: _note(modules, frame) if what == "call" else None)
    try:
        return handler(event, context)
    finally:
        sys.setprofile(None)


def _note(modules: dict[str, None], frame: FrameType) -> None:
    """Adds the module of a called function; module-level code and class bodies are not CO_OPTIMIZED."""
    module = frame.f_globals.get("__name__", "")
    if module.startswith(("bot.", "handlers.")) and frame.f_code.co_flags & inspect.CO_OPTIMIZED:
        modules.setdefault(module)


def follow() -> list[Journey]:
    """Retry and approve, cold and then warm. Raises an error where a card does not show the result in time."""
    journeys = [Journey("set-up")]
    paths = [function.handler for function in read_functions() if "webhook" not in function.handler]
    handlers = {path: partial(invoke, journeys, path) for path in paths}
    settings = environment.STORY_SETTINGS | {"POWERTOOLS_LOG_LEVEL": "ERROR"}
    with LocalStack(handlers=handlers, extra_settings=settings) as stack:
        demo = DemoDriver(stack, lambda _: None, TIMEOUT_SECONDS)
        demo.set_up()
        demo.wait_for("the first poll has ended", lambda: demo.message(ALERTS, "has started"))
        for temperature in ("cold", "warm"):
            for button in ("retry", "approve"):
                journeys.append(Journey(f"{button}, {temperature}"))
                play(demo, journeys[-1], button)
    return journeys[1:]


def play(demo: DemoDriver, journey: Journey, button: str) -> None:
    group = {"group_name": journey.name, "carrier_id": environment.GUARDIAN}
    status, channel = ("unable_to_connect", CONNECTIONS) if button == "retry" else ("completed", DECISIONS)
    added = demo.noyo.add_connection(**group, carrier_group_id=journey.name, status=status)
    if button == "approve":
        end = (datetime.now(UTC) + timedelta(days=40)).date().isoformat()
        demo.noyo.carrier_requests_disconnection(**group, group_id=added["group_id"], effective_end_date=end)
    card = demo.wait_for("a card", lambda: demo.message(channel, journey.name, f"[{button.title()}"))
    journey.skips_schedules = True
    demo.stack.run_schedules()  # returns once the runs that began before have ended: what they write is not the click's
    demo.stack.settle(TIMEOUT_SECONDS)
    journey.recording = True
    form = demo.click(ANA, card, button)
    demo.submit(ANA, form, {"carrier_group_id": f"new {journey.name}"} if button == "retry" else {})
    demo.wait_for("the result", lambda: demo.message(channel, journey.name, "Noyo confirmed"))
    demo.stack.settle(TIMEOUT_SECONDS)
    journey.recording = journey.skips_schedules = False


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m infra.trace")
    parser.add_argument("--limit-journey", type=int, default=sys.maxsize, help="most modules of a journey")
    parser.add_argument("--limit-receiver", type=int, default=sys.maxsize, help="most modules of a request")
    limits, journeys = parser.parse_args(arguments), follow()
    print("\n\n".join(journey.report() for journey in journeys))
    return int(any(journey.exceeds(limits.limit_journey, limits.limit_receiver) for journey in journeys[2:]))


if __name__ == "__main__":
    sys.exit(main())
