"""What is checked before anything is sent; a value that Noyo could never take is our own mistake (ValueError)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date

MOST_IDS = 50
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def is_uuid(text: str) -> bool:
    """Whether `text`, in whatever case, has the shape of a UUID."""
    return _UUID.fullmatch(text.lower()) is not None and text.isascii()


def uuid(text: str, what: str) -> str:
    """`text` in lower case. ValueError where it is no UUID, so that no id can ever change a path."""
    if not is_uuid(text):
        raise ValueError(f"{what} is not a UUID")
    return text.lower()


def uuids(texts: Iterable[str], what: str) -> str:
    """The ids as Noyo's list filters take them. ValueError where there is none, or more than fit into an address."""
    ids = [uuid(text, what) for text in texts]
    if not 1 <= len(ids) <= MOST_IDS:
        raise ValueError(f"between 1 and {MOST_IDS} ids can be asked for at once, not {len(ids)}")
    return ",".join(ids)


def filled(text: str, what: str) -> str:
    """`text` as it is. ValueError where nothing is in it: Noyo asks for one character at least."""
    if not text.strip():
        raise ValueError(f"{what} is empty")
    return text


def day(moment: date) -> str:
    """YYYY-MM-DD, also where a datetime was given: Noyo's dates have no time of day."""
    return date(moment.year, moment.month, moment.day).isoformat()


def without_blanks(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields that say something: None and empty text mean "leave it as it is" and are not sent."""
    return {name: value for name, value in fields.items() if value is not None and value != ""}
