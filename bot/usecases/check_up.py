"""Use case: a worker looks after what it needs, so that `doctor` can tell from the table alone what is wrong.

Looking never keeps the worker from its work: whatever goes wrong while looking is a finding itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bot.domain.checkups import Checkup, Finding, Topic, Verdict, Ward
from bot.errors import SwitchboardError
from bot.ports import Clock, KeepsCheckups

logger = logging.getLogger("switchboard")

EVERY_SECONDS = 240
"""A schedule comes round once a minute; what is found out changes slowly, and Slack counts calls."""
MOST_APART_SECONDS = 60
"""Between two clocks: more, and what happened first can no longer be told."""

Look = Callable[[], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Tools:
    """What looking touches: `looks` are asked one after the other, each about its own topic."""

    ward: Ward
    looks: Mapping[Topic, Look]
    checkups: KeepsCheckups
    clock: Clock


def check_up(tools: Tools) -> Checkup | None:
    """Looks at everything and keeps what was found; None where the last time is not long ago, or on any trouble."""
    try:
        return _checked(tools)
    except Exception:
        # A checkup that cannot be kept shows as one that is old.
        logger.exception("a checkup could not be kept")
        return None


def _checked(tools: Tools) -> Checkup | None:
    now = int(tools.clock())
    last = tools.checkups.checkup(tools.ward)
    if last is not None and now - last.at < EVERY_SECONDS:
        return None
    findings = [finding for topic, look in tools.looks.items() for finding in _looked(topic, look)]
    found = Checkup(tools.ward, now, tuple(findings))
    tools.checkups.keep(found)
    return found


def _looked(topic: Topic, look: Look) -> list[Finding]:
    try:
        return list(look())
    except Exception as error:
        logger.warning("a look went wrong", exc_info=True, extra={"kind": topic.value})
        words = str(error) if isinstance(error, SwitchboardError) else type(error).__name__
        return [Finding(topic, Verdict.BAD, why=words, raised=True)]


def clock_finding(topic: Topic, difference: float | None) -> Finding:
    """`difference`: their clock less ours, in seconds; None where they did not tell."""
    if difference is None:
        return Finding(topic, Verdict.UNKNOWN)
    apart = round(difference)
    return Finding(topic, Verdict.GOOD if abs(apart) <= MOST_APART_SECONDS else Verdict.BAD, number=apart)
