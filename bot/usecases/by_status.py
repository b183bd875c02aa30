"""Use case: go through a list that Noyo does not sort: what is open, by status, and what vanished from there, by id."""

from __future__ import annotations

from bot.domain.cursors import Reached
from bot.domain.subjects import Subject
from bot.usecases.intake import Intake
from bot.usecases.newest_first import STEP_BACK, is_last

BY_IDS = 50


class ByStatus:
    """One run. Cut, it goes on where it was: among the open ones, or among the ids read (in their own order).

    A run that goes on has not seen itself what the runs before it saw, so it reads more by id: never too little.
    """

    swept = False

    def __init__(self, job: Reached, intake: Intake) -> None:
        self._job = job
        self._intake = intake
        self._offset = job.offset
        self._read_up_to = job.read_up_to
        self._seen: set[Subject] = set()

    def reached(self) -> Reached:
        top = max(self._job.top, self._intake.top)
        return Reached(self._offset, top, self._job.floor, by_status=True, read_up_to=self._read_up_to)

    def go(self) -> None:
        if self._read_up_to is None:
            self._open_ones()
        self._vanished_ones()

    def _open_ones(self) -> None:
        self._offset = max(self._job.offset - STEP_BACK, 0)
        while True:
            page = self._intake.open_ones(self._offset)
            self._intake.take_in(page)
            self._seen.update(row.record.subject for row in page.rows if row.record is not None)
            self._offset += len(page.rows)
            if is_last(page, self._offset):
                self._read_up_to = ""
                return
            if self._offset > self._job.offset:
                self._intake.mind_the_time()

    def _vanished_ones(self) -> None:
        after = self._read_up_to or ""
        vanished = sorted(
            subject.key for subject in set(self._intake.known_open()) - self._seen if subject.key > after
        )
        for start in range(0, len(vanished), BY_IDS):
            if start:
                self._intake.mind_the_time()
            ids = vanished[start : start + BY_IDS]
            self._intake.take_in(self._intake.by_ids(ids))
            self._read_up_to = ids[-1]
