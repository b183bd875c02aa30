"""infra/local/noyo: the stand-in itself: start it, drive Noyo's side of the world, see requests."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from . import answers
from .desk import TOKEN_PATH, Desk, ListHook, Seen
from .faults import Faults
from .records import new_id
from .rules import Rules
from .server import LOOK_EVERY, Server
from .tokens import Tokens
from .webhooks import Webhooks
from .world import Breakage, World, as_script

SEND_EVERY = 0.05
"""Seconds between two looks for webhooks that are due."""


class NoyoStandIn:
    """Noyo's Fulfillment API on 127.0.0.1. Its state outlives `stop`, and so does its port:
    stopping and starting again is an outage."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        client_id: str = "client",
        client_secret: str = "secret",
        rules: Rules = Rules(),  # noqa: B008 - frozen, so one default can be shared
    ) -> None:
        self._world = World(clock, rules)
        self._tokens = Tokens(clock, client_id, client_secret)
        self._stopping = threading.Event()
        self.faults = Faults()
        self._desk = Desk(self._world, self._tokens, self.faults, self._stopping.wait)
        self._port = 0
        self._sending: threading.Thread | None = None
        self._running: tuple[Server, threading.Thread] | None = None

    # --- its life

    def start(self) -> Self:
        if self._running:
            raise RuntimeError("already started")
        self._stopping.clear()
        server = Server(self._port, self._desk, self._world.clock)
        self._port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(LOOK_EVERY,), daemon=True)
        thread.start()
        self._running = (server, thread)
        return self

    def stop(self) -> None:
        """Idempotent. Raises if the stand-in itself failed while answering: never a quiet 500."""
        if not self._running:
            return
        server, thread = self._running
        self._running = None
        self._stopping.set()
        server.shutdown()
        server.server_close()
        server.hang_up()
        thread.join()
        if self._sending:
            self._sending.join()
            self._sending = None
        if server.crashes:
            raise RuntimeError("the Noyo stand-in failed while answering") from server.crashes[0]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    @property
    def api_url(self) -> str:
        """The base before `/api/v1/…`, without a slash at its end."""
        if not self._port:
            raise RuntimeError("not started yet")
        return f"http://127.0.0.1:{self._port}"

    @property
    def token_url(self) -> str:
        return f"{self.api_url}{TOKEN_PATH}"

    # --- what is seen, and how strict it is

    @property
    def requests(self) -> list[Seen]:
        """Every request so far, in the order in which they were answered."""
        return self._desk.requests

    @property
    def rules(self) -> Rules:
        return self._world.rules

    @rules.setter
    def rules(self, rules: Rules) -> None:
        with self._world.lock:
            self._world.rules = rules

    @property
    def on_list(self) -> ListHook | None:
        """Called with path and query once a page is fixed and before it is sent, so whatever it
        changes lies between this page and the next."""
        return self._desk.on_list

    @on_list.setter
    def on_list(self, hook: ListHook | None) -> None:
        self._desk.on_list = hook

    def replace_client(self, client_id: str, client_secret: str) -> None:
        """The client of before is gone, and its tokens with it."""
        with self._world.lock:
            self._tokens.replace_client(client_id, client_secret)
            self._tokens.expire_all()

    @property
    def webhooks(self) -> Webhooks:
        return self._world.webhooks

    def send_webhooks(self, to: str, *secrets: str, by_itself: bool = True) -> None:
        """From now on what happens is told at this address; unless `by_itself`, when `deliver_webhooks` is called."""
        with self._world.lock:
            self.webhooks.to, self.webhooks.secrets = to, secrets
        if by_itself and self._sending is None:
            self._sending = threading.Thread(target=self._keep_sending, name="webhooks", daemon=True)
            self._sending.start()

    def deliver_webhooks(self) -> int:
        """Delivers everything that is due by now, once each; how many."""
        with self._current():
            pass  # What was to happen by now has happened.
        return self.webhooks.deliver()

    def _keep_sending(self) -> None:
        while not self._stopping.wait(SEND_EVERY):
            self.deliver_webhooks()

    def expire_tokens(self) -> None:
        with self._world.lock:
            self._tokens.expire_all()

    # --- reading the truth (whole records, without the vendor's gaps)

    def connections(self) -> list[dict[str, Any]]:
        with self._current() as world:
            return [answers.whole_connection(one) for one in world.connections.values()]

    def connection(self, connection_id: str) -> dict[str, Any]:
        with self._current() as world:
            return answers.whole_connection(world.connections[connection_id])

    def disconnections(self) -> list[dict[str, Any]]:
        with self._current() as world:
            return [answers.whole_disconnection(one) for one in world.disconnections.values()]

    def disconnection(self, disconnection_id: str) -> dict[str, Any]:
        with self._current() as world:
            return answers.whole_disconnection(world.disconnections[disconnection_id])

    def groups(self) -> list[dict[str, Any]]:
        with self._current() as world:
            return [answers.whole_group(one) for one in world.groups.values()]

    # --- driving it, as Noyo and the carriers would

    def move_connection(
        self, connection_id: str, status: str, *, error: str | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Another status (any text), a new version. The rest of its scripted life is dropped."""
        with self._current() as world:
            world.end_life(connection_id)
            known = world.connections[connection_id]
            return answers.whole_connection(world.move_connection(known, status, error, **fields))

    def carrier_asks_disconnection(
        self,
        *,
        carrier_id: str,
        group_id: str,
        group_name: str,
        effective_end_date: str | None = None,
        source_date: str | None = None,
        **fields: Any,
    ) -> dict[str, Any]:
        """A request that nobody on the platform's side made: it waits for a decision."""
        given: dict[str, Any] = {
            "carrier_id": carrier_id,
            "group_id": group_id,
            "group_name": group_name,
            "effective_end_date": effective_end_date,
            "source_date": source_date,
            "source_type": "carrier",
            "status": "needs_review",
        }
        with self._current() as world:
            made = world.keep_disconnection(**{**given, **fields})
            return answers.whole_disconnection(made)

    def move_disconnection(self, disconnection_id: str, status: str, **fields: Any) -> dict[str, Any]:
        with self._current() as world:
            known = world.disconnections[disconnection_id]
            return answers.whole_disconnection(world.move_disconnection(known, status, **fields))

    def add_connection(self, **fields: Any) -> dict[str, Any]:
        """Put a record there as it is given: no rule is asked, and it has no life of its own."""
        with self._current() as world:
            name = fields.get("group_name", "Test Company")
            group_id = fields.get("group_id", new_id())
            if group_id not in world.groups:
                world.keep_group(id=group_id, name=name, federal_ein=fields.get("federal_ein"))
            defaults = {
                "carrier_id": new_id(),
                "carrier_group_id": new_id()[:8],
                "group_name": name,
                "group_id": group_id,
            }
            return answers.whole_connection(world.keep_connection(**{**defaults, **fields}))

    def remove(self, record_id: str) -> None:
        """A connection, a disconnection request or a group is gone without a trace."""
        with self._current() as world:
            world.forget(record_id)

    def script(self, carrier_group_id: str, steps: Iterable[tuple[Any, ...]]) -> None:
        """From now on requests and retries with this id go through `(after_seconds, status)` or
        `(after_seconds, status, error)`, seconds counted from the request or the retry."""
        with self._current() as world:
            world.scripts[carrier_group_id] = as_script(steps)

    def unreadable(self, record_id: str, how: str | Breakage | None) -> None:
        """Break a row wherever it is told: one of `BREAKAGES`, or a function; None mends it."""
        with self._current() as world:
            if how is None:
                world.broken.pop(record_id, None)
            else:
                world.broken[record_id] = answers.breakage(how)

    def set_eligibility(self, group_id: str, carrier_id: str, eligibility: str) -> None:
        with self._current() as world:
            world.eligibility[(group_id, carrier_id)] = eligibility

    @contextmanager
    def _current(self) -> Iterator[World]:
        """The world under its lock, with everything due already done."""
        with self._world.lock:
            self._world.catch_up()
            yield self._world
