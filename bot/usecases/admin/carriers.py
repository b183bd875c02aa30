"""The carriers file: a worker reads it anew each minute, and each process shows the carriers that the table has.

No command and no message fails because of the file. The last carriers without mistakes stay in use, and an id without a
name is shown as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace

from bot import policies
from bot.domain.carriers import CarrierDetails, Carriers
from bot.domain.carriers_file import CarriersFile
from bot.errors import CarriersFileUnavailable, DeadlineExceeded, StorageError
from bot.telemetry import LogEvent, log_event
from bot.usecases.ports.runtime import CarriersSource, Clock
from bot.usecases.ports.storage import CarriersRepository

logger = logging.getLogger("switchboard")


class CarriersInUse:
    """The carriers that this process shows. Answers as `Carriers` does; only `refresh` and `reread` read the table."""

    def __init__(self, stored: CarriersRepository, clock: Clock) -> None:
        self._stored, self._clock = stored, clock
        self._carriers, self._revision = Carriers(), 0
        self._read_at: float | None = None

    def file(self) -> CarriersFile:
        """What the table has. Raises `StorageError`."""
        return self._stored.file() or CarriersFile()

    def refresh(self, *, if_none: bool = False) -> None:
        """Looks into the table once a minute; with `if_none`, only if this process never did. Raises nothing."""
        now, read_at = self._clock(), self._read_at
        if read_at is not None and (if_none or 0 <= now - read_at < policies.CARRIERS_FRESH_SECONDS):
            return
        try:
            self._use(self.file())
        except (StorageError, DeadlineExceeded):
            logger.warning("going on with the carriers that were read last", exc_info=True)
            self._read_at = now if self._revision else None
        else:
            self._read_at = now

    def reread(self, source: CarriersSource) -> None:
        """Saves what the file holds now if it has changed, or what is wrong with it. Raises nothing."""
        try:
            before = self.file()
            after = _read(source, before, int(self._clock()))
            if after == before:
                self._use(after)
            elif self._stored.save(before, after):  # Otherwise another run was first; the next one compares again.
                self._use(replace(after, revision=before.revision + 1))
                _log(after)
        except StorageError:
            logger.exception("the carriers file was not reread")

    def _use(self, file: CarriersFile) -> None:
        if file.revision == self._revision:
            return
        try:
            self._carriers, self._revision = file.carriers(), file.revision
        except ValueError:
            logger.warning("this release cannot read the stored carriers", exc_info=True)

    @property
    def names(self) -> Mapping[str, str]:
        return self._carriers.names

    @property
    def details(self) -> Mapping[str, CarrierDetails]:
        return self._carriers.details

    def name(self, carrier_id: str) -> str:
        return self._carriers.name(carrier_id)

    def details_of(self, carrier_id: str) -> CarrierDetails:
        return self._carriers.details_of(carrier_id)

    def called(self) -> list[tuple[str, str]]:
        return self._carriers.called()

    def matching(self, query: str) -> list[tuple[str, str]]:
        return self._carriers.matching(query)


def _read(source: CarriersSource, before: CarriersFile, now: int) -> CarriersFile:
    try:
        content = source.read(before.unchanged_tag)
    except CarriersFileUnavailable as error:
        return before.with_failed_read(str(error), now)
    return before.with_content(content.text, content.tag, now) if content is not None else before


def _log(file: CarriersFile) -> None:
    problem = file.problem
    result = "in_use" if problem is None else "unreadable" if problem.unreadable else "mistakes"
    log_event(LogEvent.CARRIERS_FILE_CHANGED, warn=problem is not None, result=result)
