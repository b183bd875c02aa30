"""The carriers file while Switchboard runs: the carriers in use, and what is wrong with a newer file, if anything."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from bot.domain.carriers import Carriers, compact_json, parse_carriers

MAX_PROBLEM = 1000
"""Characters that are stored of what is wrong with a file."""


@dataclass(frozen=True, slots=True)
class CarriersProblem:
    """Why the newest file is not in use. `since` is in Unix seconds."""

    words: str
    since: int
    unreadable: bool = False
    """The file could not be read at all; otherwise it has mistakes."""


@dataclass(frozen=True, slots=True)
class CarriersFile:
    """The last file without mistakes, and the problem of a newer one. `revision` prevents concurrent changes."""

    text: str = "{}"
    tag: str = ""
    """Identifies the content of the file with this text; empty if there was none yet."""
    since: int | None = None
    """Since when this text is in use (Unix seconds); None: there was no file without mistakes yet."""
    problem: CarriersProblem | None = None
    revision: int = 0

    def carriers(self) -> Carriers:
        """Raises ValueError if the release that stored the text accepts more than this one."""
        return parse_carriers(self.text)

    @property
    def unchanged_tag(self) -> str:
        """With this tag there is nothing to do. Empty while there is a problem: another release may accept the file."""
        return self.tag if self.problem is None and self._is_usable else ""

    @property
    def _is_usable(self) -> bool:
        try:
            self.carriers()
        except ValueError:
            return False
        return True

    def with_content(self, text: str, tag: str, now: int) -> CarriersFile:
        """After the file was read. Mistakes in it leave the text in use as it is."""
        try:
            parse_carriers(text)
        except ValueError as error:
            return self._with_problem(str(error), now, unreadable=False)
        compact = compact_json(json.loads(text))
        return replace(self, text=compact, tag=tag, since=self.since if compact == self.text else now, problem=None)

    def with_failed_read(self, words: str, now: int) -> CarriersFile:
        """After the file could not be read."""
        return self._with_problem(words, now, unreadable=True)

    def _with_problem(self, words: str, now: int, *, unreadable: bool) -> CarriersFile:
        """`since` stays as long as there is a problem of this kind."""
        known = self.problem
        since = known.since if known is not None and known.unreadable == unreadable else now
        return replace(self, problem=CarriersProblem(words[:MAX_PROBLEM], since, unreadable))
