"""The fake itself: start it, act as Noyo and the carriers, and read the requests it received."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from infra.contract import contract
from infra.local.http_server import HttpServer
from infra.local.noyo import responses
from infra.local.noyo.faults import Faults
from infra.local.noyo.records import new_id
from infra.local.noyo.rules import Rules
from infra.local.noyo.service import TOKEN_PATH, ListHook, ReceivedRequest, Service
from infra.local.noyo.state import Corruption, State, as_script
from infra.local.noyo.tokens import Tokens
from infra.local.noyo.webhooks import Webhooks

WEBHOOK_INTERVAL = 0.05
"""Seconds between two deliveries of due webhooks."""
MAX_BODY_BYTES = 1_000_000


class NoyoFake:
    """Noyo's Fulfillment API on 127.0.0.1. Its state and port survive `stop`: stopping and starting is an outage."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        client_id: str = "client",
        client_secret: str = "secret",
        rules: Rules = Rules(),  # noqa: B008 - frozen, so one default can be shared
        log_limit: int | None = None,
    ) -> None:
        """`log_limit` is how many requests it remembers at least; None remembers all."""
        self._state = State(clock, rules)
        self._tokens = Tokens(clock, client_id, client_secret)
        self._stopping = threading.Event()
        self.faults = Faults()
        self._service = Service(self._state, self._tokens, self.faults, self._stopping.wait, log_limit)
        self._port = 0
        self._sending: threading.Thread | None = None
        self._server: HttpServer | None = None

    # --- starting and stopping

    def start(self) -> Self:
        if self._server:
            raise RuntimeError("the Noyo fake is already started")
        self._stopping.clear()
        contract()  # Loading the contract takes a second, which would count against the timeout of the first write.
        server = HttpServer(self._service.respond, self._port, clock=self._state.clock, max_body_bytes=MAX_BODY_BYTES)
        self._server = server.start()
        self._port = server.port
        return self

    def stop(self) -> None:
        """Closes all connections. Idempotent. Raises RuntimeError if the fake itself failed while it answered."""
        if not self._server:
            return
        server, self._server = self._server, None
        self._stopping.set()
        if self._sending:
            self._sending.join()
            self._sending = None
        server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def api_url(self) -> str:
        """The base URL before `/api/v1/...`, without a slash at its end."""
        if not self._port:
            raise RuntimeError("the Noyo fake is not started")
        return f"http://127.0.0.1:{self._port}"

    @property
    def token_url(self) -> str:
        return f"{self.api_url}{TOKEN_PATH}"

    # --- received requests and rules

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests so far, in the order in which they were answered."""
        return self._service.requests

    @property
    def rules(self) -> Rules:
        return self._state.rules

    @rules.setter
    def rules(self, rules: Rules) -> None:
        with self._state.lock:
            self._state.rules = rules

    @property
    def on_list(self) -> ListHook | None:
        """Called with path and query after a page is built and before it is sent.

        What it changes therefore happens between this page and the next.
        """
        return self._service.on_list

    @on_list.setter
    def on_list(self, hook: ListHook | None) -> None:
        self._service.on_list = hook

    def replace_client(self, client_id: str, client_secret: str) -> None:
        """Rotates the credentials; the tokens of the previous client expire."""
        with self._state.lock:
            self._tokens.replace_client(client_id, client_secret)
            self._tokens.expire_all()

    @property
    def webhooks(self) -> Webhooks:
        return self._state.webhooks

    def send_webhooks(self, url: str, *secrets: str, automatic: bool = True) -> None:
        """Sends webhooks for changes from now on: in a thread if `automatic`, else in `deliver_webhooks`."""
        with self._state.lock:
            self.webhooks.url, self.webhooks.secrets = url, secrets
        if automatic and self._sending is None:
            self._sending = threading.Thread(target=self._send_webhooks_until_stopped, name="webhooks", daemon=True)
            self._sending.start()

    def deliver_webhooks(self) -> int:
        """Delivers each webhook that is due, once. Returns how many."""
        with self._current():
            pass  # applies the script steps that are due
        return self.webhooks.deliver()

    def _send_webhooks_until_stopped(self) -> None:
        while not self._stopping.wait(WEBHOOK_INTERVAL):
            self.deliver_webhooks()

    def expire_tokens(self) -> None:
        with self._state.lock:
            self._tokens.expire_all()

    # --- reading the state: complete records, without the gaps of the vendor's samples

    def connections(self) -> list[dict[str, Any]]:
        with self._current() as state:
            return [responses.complete_connection(known) for known in state.connections.values()]

    def connection(self, connection_id: str) -> dict[str, Any]:
        with self._current() as state:
            return responses.complete_connection(state.connections[connection_id])

    def disconnections(self) -> list[dict[str, Any]]:
        with self._current() as state:
            return [responses.complete_disconnection(known) for known in state.disconnections.values()]

    def disconnection(self, disconnection_id: str) -> dict[str, Any]:
        with self._current() as state:
            return responses.complete_disconnection(state.disconnections[disconnection_id])

    def groups(self) -> list[dict[str, Any]]:
        with self._current() as state:
            return [responses.complete_group(group) for group in state.groups.values()]

    # --- acting as Noyo and the carriers

    def move_connection(
        self, connection_id: str, status: str, *, error: str | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Sets the status (any text) and a new version. Cancels the rest of its script."""
        with self._current() as state:
            state.stop_script(connection_id)
            known = state.connections[connection_id]
            return responses.complete_connection(state.move_connection(known, status, error, **fields))

    def carrier_requests_disconnection(
        self,
        *,
        carrier_id: str,
        group_id: str,
        group_name: str,
        effective_end_date: str | None = None,
        source_date: str | None = None,
        **fields: Any,
    ) -> dict[str, Any]:
        """Creates a request that the carrier made; it awaits a decision."""
        given: dict[str, Any] = {
            "carrier_id": carrier_id,
            "group_id": group_id,
            "group_name": group_name,
            "effective_end_date": effective_end_date,
            "source_date": source_date,
            "source_type": "carrier",
            "status": "needs_review",
        }
        with self._current() as state:
            return responses.complete_disconnection(state.add_disconnection(**{**given, **fields}))

    def move_disconnection(self, disconnection_id: str, status: str, **fields: Any) -> dict[str, Any]:
        with self._current() as state:
            known = state.disconnections[disconnection_id]
            return responses.complete_disconnection(state.move_disconnection(known, status, **fields))

    def add_connection(self, **fields: Any) -> dict[str, Any]:
        """Adds a record as it is given, without checks and without a script."""
        with self._current() as state:
            name = fields.get("group_name", "Test Company")
            group_id = fields.get("group_id", new_id())
            if group_id not in state.groups:
                state.add_group(id=group_id, name=name, federal_ein=fields.get("federal_ein"))
            defaults = {
                "carrier_id": new_id(),
                "carrier_group_id": new_id()[:8],
                "group_name": name,
                "group_id": group_id,
            }
            return responses.complete_connection(state.add_connection(**{**defaults, **fields}))

    def remove(self, record_id: str) -> None:
        """Deletes a connection, a disconnection request or a group."""
        with self._current() as state:
            state.remove(record_id)

    def restore(self, record_id: str) -> None:
        """Undoes the deletion of a connection or a disconnection request."""
        with self._current() as state:
            state.restore(record_id)

    def back_up(self) -> Callable[[], None]:
        """Returns a function that restores all connections as they are now, with their versions."""
        with self._current() as state:
            backup = dict(state.connections)

        def restore_backup() -> None:
            with self._current() as state:
                state.connections.update(backup)

        return restore_backup

    def script(self, carrier_group_id: str, steps: Iterable[tuple[Any, ...]]) -> None:
        """Scripts the status changes of requests and retries with this carrier group id.

        Each step is `(after_seconds, status)` or `(after_seconds, status, error)`, counted from the request or retry.
        """
        with self._current() as state:
            state.scripts[carrier_group_id] = as_script(steps)

    def corrupt(self, record_id: str, how: str | Corruption | None) -> None:
        """Corrupts a record in all answers: by name (see `CORRUPTIONS`) or by a function. None restores it."""
        with self._current() as state:
            if how is None:
                state.corruptions.pop(record_id, None)
            else:
                state.corruptions[record_id] = responses.corruption(how)

    def set_eligibility(self, group_id: str, carrier_id: str, eligibility: str) -> None:
        with self._current() as state:
            state.eligibility[(group_id, carrier_id)] = eligibility

    @contextmanager
    def _current(self) -> Iterator[State]:
        """The state under its lock, with all due script steps applied."""
        with self._state.lock:
            self._state.apply_due_steps()
            yield self._state
