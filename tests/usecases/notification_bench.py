"""Helpers for tests of notifications: a system after its first polls, and actions before or after a call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from bot.usecases.dependencies import Dependencies
from bot.usecases.notifications.publish import publish
from infra.local.slack import Message
from tests.system import ALERTS, GUARDIAN, System


@contextmanager
def started_system(**settings: Any) -> Iterator[System]:
    """Start a system, run the first polls and publish the summary; all further changes are published."""
    with System(**settings) as system:
        system.poll()
        system.notify()
        system.slack.workspace.channels[ALERTS].messages.clear()
        system.wait(60)
        yield system


def add_connection(system: System, status: str = "processing", **fields: Any) -> str:
    """Add a connection that someone else requested, and ingest it; returns its id."""
    created = system.noyo.add_connection(
        **{"carrier_id": GUARDIAN, "group_name": "Test Company", "status": status} | fields
    )
    system.poll()
    return str(created["id"])


def change_status(system: System, connection_id: str, *statuses: str, **fields: Any) -> None:
    """Change the status every ten seconds, and poll after each change; publish nothing."""
    for status in statuses:
        system.wait(10)
        system.noyo.move_connection(connection_id, status, **fields)
        system.poll()


def due_events(system: System) -> list[str]:
    return system.bot.repositories.outbox.due(int(system.clock()) + 10**6, limit=1000)


def publish_all(system: System, event_ids: Sequence[str]) -> None:
    for event_id in event_ids:
        publish(event_id, system.bot.slack_dependencies)


def publish_until_done(system: System, *, rounds: int = 60, step: int = 5) -> None:
    for _ in range(rounds):
        if not due_events(system):
            return
        system.notify()
        system.wait(step)
    raise AssertionError(f"still due: {due_events(system)}")


def channel_texts(system: System, channel: str) -> list[str]:
    """The messages of a channel as text, without their threads."""
    return [system.slack.render(message) for message in system.slack.channel(channel)]


def button_ids(message: Message) -> set[str]:
    """The action ids of a message's buttons."""
    rows = [block["elements"] for block in message.blocks if block["type"] == "actions"]
    return {element["action_id"] for row in rows for element in row}


class CallHooks:
    """Wraps an object; runs an action before or after the first call of a method, such as `after_post=action`."""

    def __init__(self, inner: Any, **actions: Callable[[], object]) -> None:
        self._inner, self._actions = inner, actions

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._inner, name)

        def called(*args: Any, **kwargs: Any) -> Any:
            self._actions.pop(f"before_{name}", lambda: None)()
            answer = real(*args, **kwargs)
            self._actions.pop(f"after_{name}", lambda: None)()
            return answer

        return called


def around_slack(deps: Dependencies, **actions: Callable[[], object]) -> Dependencies:
    return replace(deps, slack=CallHooks(deps.slack, **actions))


def around_outbox(deps: Dependencies, **actions: Callable[[], object]) -> Dependencies:
    return replace(deps, outbox=CallHooks(deps.outbox, **actions))
