"""Public holidays, from the `holidays` package. For workers only: importing it would slow down the receiver's start."""

from __future__ import annotations

import holidays

from bot.domain.business_days import NO_HOLIDAYS, Holidays
from bot.errors import SettingsError

NO_CALENDAR = "none"


def public_holidays(calendar: str) -> Holidays:
    """The holidays of a country (`US`) or of a part of it (`US-NY`), or none at all (`none`).

    Raises `SettingsError` for a calendar that does not exist.
    """
    if calendar == NO_CALENDAR:
        return NO_HOLIDAYS
    country, _, part = calendar.partition("-")
    try:
        return holidays.country_holidays(country, subdiv=part or None)
    except NotImplementedError as error:
        raise SettingsError(f"BUSINESS_CALENDAR cannot be used: there is no calendar {calendar}.") from error
