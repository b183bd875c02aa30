"""Carriers by the names people use; Noyo knows them by UUIDs only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Carriers:
    """Carrier names by carrier id (lower-case UUID text)."""

    names: Mapping[str, str] = field(default_factory=dict)

    def name(self, carrier_id: str) -> str:
        """The carrier's name; an id that nobody has named is shown as it is."""
        return self.names.get(carrier_id, carrier_id)

    def matching(self, query: str) -> list[tuple[str, str]]:
        """(id, name) pairs whose name or id holds `query`, by name."""
        wanted = query.strip().casefold()
        found = [
            (carrier_id, name)
            for carrier_id, name in self.names.items()
            if wanted in name.casefold() or carrier_id.startswith(wanted)
        ]
        return sorted(found, key=lambda pair: pair[1].casefold())
