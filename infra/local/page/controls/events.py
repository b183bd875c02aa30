"""What Noyo, the carriers and time do: everything that people of a team cannot do in Slack."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from infra.local.noyo import Fault
from infra.local.noyo.rules import CONNECTION_STATUSES, DISCONNECTION_STATUSES
from infra.local.slack import NotPossible
from infra.local.slack.workspace import Json
from infra.local.stack import LocalStack
from infra.local.time_travel import AdjustableClock, TimeTravel

MAX_RECORDS = 20
"""How many records a search finds."""
MAX_DAYS = 120
"""How far one move of the clock goes."""
MAX_FAILURES = 500
SOON_DAYS = 14
"""The last managed day that the page proposes."""
SLOW_SECONDS = 1.2
"""Noyo's answers when it is slow; below the demo's timeout."""
FAULTS = {
    "works": [],
    "slow": [Fault("delay_before", seconds=SLOW_SECONDS, times=None)],
    "down": [Fault("error_before", status=503, times=None)],
}
ZONE = ZoneInfo("America/New_York")
"""The demo's business time zone."""

Act = Callable[[Json], Json]


class Events:
    """Each action takes what the page sends and returns what it shows, or raises `NotPossible`."""

    def __init__(self, stack: LocalStack, clock: AdjustableClock) -> None:
        self._stack, self._noyo, self._clock = stack, stack.noyo, clock
        self._travel = TimeTravel(stack, clock)
        self._stopping, self._starting = threading.Event(), threading.Lock()
        self._mover: threading.Thread | None = None
        self.noyo_is = "works"
        self.actions: dict[str, Act] = {
            "find_records": self._find_records,
            "move_record": self._move_record,
            "request_disconnection": self._request_disconnection,
            "fail_many": self._fail_many,
            "travel": self._start_travel,
            "stop_travel": self._stop_travel,
            "poll": self._poll,
            "noyo": self._set_noyo,
            "lose_answer": self._lose_answer,
            "kill_worker": self._kill_worker,
        }

    def close(self) -> None:
        """Ends a move of the clock."""
        self._stopping.set()
        if self._mover is not None:
            self._mover.join()

    def state(self) -> Json:
        now = datetime.fromtimestamp(self._clock(), ZONE)
        target = self._travel.target
        return {
            "now": f"{now:%a %d %b %Y, %H:%M}",
            "today": str(now.date()),
            "soon": str(now.date() + timedelta(days=SOON_DAYS)),
            "moving": "" if target is None else f"{datetime.fromtimestamp(target, ZONE):%a %d %b %Y, %H:%M}",
            "noyo": self.noyo_is,
            "pending": [fault.kind for fault in self._noyo.faults.pending() if fault.only_writes],
            "killing": self._stack.kill_next_writer.is_set(),
            "ends": self._next_last_day(str(now.date())),
        }

    def _next_last_day(self, today: str) -> Json | None:
        """The last managed day that comes first among the requests that wait, and its group."""
        waiting = [known for known in self._noyo.disconnections() if known["status"] == "needs_review"]
        later = [known for known in waiting if (known["effective_end_date"] or "") > today]
        first = min(later, key=lambda known: known["effective_end_date"], default=None)
        return first and {"day": first["effective_end_date"], "group": first["group_name"]}

    # ---------------------------------------------------------------- records

    def _find_records(self, given: Json) -> Json:
        """Records whose group's name, carrier group id or status contains the text."""
        words = str(given["query"]).casefold().split()
        found = [record for record in self._records() if all(word in record["text"].casefold() for word in words)]
        return {"options": found[:MAX_RECORDS]}

    def _records(self) -> list[Json]:
        connections = [
            {
                "value": known["id"],
                "text": f"{known['group_data']['group_name']}, {known['group_data']['carrier_group_id']}: connection",
                "status": known["status"],
            }
            for known in self._noyo.connections()
        ]
        requests = [
            {
                "value": known["id"],
                "text": f"{known['group_name']}, until {known['effective_end_date']}: disconnection request",
                "status": known["status"],
            }
            for known in self._noyo.disconnections()
        ]
        return [record | {"text": f"{record['text']}, {record['status']}"} for record in (*connections, *requests)]

    def _move_record(self, given: Json) -> Json:
        record_id, status, error = given["record"], given["status"], str(given.get("error", ""))
        if record_id in {known["id"] for known in self._noyo.connections()}:
            self._noyo.move_connection(record_id, _one_of(CONNECTION_STATUSES, status), error=error or None)
        elif record_id in {known["id"] for known in self._noyo.disconnections()}:
            self._noyo.move_disconnection(record_id, _one_of(DISCONNECTION_STATUSES, status))
        else:
            raise NotPossible("Noyo has no such record")
        return {"done": f"The record is now {status} at Noyo."}

    def _request_disconnection(self, given: Json) -> Json:
        """The carrier of a connection asks to disconnect its group."""
        known = next((each for each in self._noyo.connections() if each["id"] == given["record"]), None)
        if known is None:
            raise NotPossible("choose a connection")
        if not given["end_date"]:
            raise NotPossible("choose the last managed day")
        end_date = date.fromisoformat(given["end_date"])
        self._noyo.carrier_requests_disconnection(
            carrier_id=known["carrier_id"],
            group_id=known["group_id"],
            group_name=known["group_data"]["group_name"],
            effective_end_date=str(end_date),
        )
        return {"done": f"The carrier asks to disconnect {known['group_data']['group_name']} after {end_date}."}

    def _fail_many(self, given: Json) -> Json:
        """A storm: so many completed connections fail at once, with the same error."""
        wanted, error = _number(given["count"], MAX_FAILURES), str(given["error"]) or None
        completed = [known["id"] for known in self._noyo.connections() if known["status"] == "completed"]
        for record_id in completed[:wanted]:
            self._noyo.move_connection(record_id, "unable_to_connect", error=error)
        return {"done": f"{len(completed[:wanted])} connections failed."}

    # ---------------------------------------------------------------- time

    def _start_travel(self, given: Json) -> Json:
        """To a number of hours from now, or to an hour of a day (in the business time zone)."""
        now = self._clock()
        if "hours" in given:
            target = now + _number(given["hours"], MAX_DAYS * 24) * 3600
        else:
            day = date.fromisoformat(given["day"])
            target = datetime(day.year, day.month, day.day, 9, tzinfo=ZONE).timestamp()
        if not now < target <= now + timedelta(days=MAX_DAYS).total_seconds():
            raise NotPossible(f"the clock moves forward, by at most {MAX_DAYS} days")
        with self._starting:
            if self._mover is not None and self._mover.is_alive():
                raise NotPossible("the clock is being moved already")
            self._stopping.clear()
            arguments = target, self._stopping
            self._mover = threading.Thread(target=self._travel.move_to, args=arguments, name="time travel")
            self._mover.start()
        return {"done": f"Moving to {datetime.fromtimestamp(target, ZONE):%a %d %b %Y, %H:%M}."}

    def _stop_travel(self, _: Json) -> Json:
        self._stopping.set()
        return {"done": "The clock stops after this step."}

    def _poll(self, _: Json) -> Json:
        self._stack.run_schedules()
        return {"done": "Every scheduled function ran once."}

    # ---------------------------------------------------------------- faults

    def _set_noyo(self, given: Json) -> Json:
        self.noyo_is = _one_of(FAULTS, given["state"])
        self._noyo.faults.clear()
        for fault in FAULTS[self.noyo_is]:
            self._noyo.faults.add(fault)
        return {"done": {"works": "Noyo works.", "slow": "Noyo is slow.", "down": "Noyo is down."}[self.noyo_is]}

    def _lose_answer(self, _: Json) -> Json:
        self._noyo.faults.add(Fault("reset_after", only_writes=True))
        return {"done": "Noyo will process the next request, and its answer will be lost."}

    def _kill_worker(self, _: Json) -> Json:
        self._stack.kill_next_writer.set()
        return {"done": "The next worker that sends something to Noyo will be killed after Noyo's answer."}


def _one_of(allowed: Collection[str], value: object) -> str:
    if value not in allowed:
        raise NotPossible(f"{value} is not one of the choices")
    return str(value)


def _number(value: object, most: int) -> int:
    text = str(value)
    number = int(text) if text.isdecimal() and len(text) <= len(str(most)) else 0
    if not 1 <= number <= most:
        raise NotPossible(f"choose a number from 1 to {most}")
    return number
