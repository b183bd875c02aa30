"""Domain: hiding what is shaped like a person's or an employer's tax number in text from outside."""

from __future__ import annotations

import re

_DASH = r"[\s.\-\u2010-\u2015\u2212\u00ad]"
_SHAPES = re.compile(
    rf"(?<![\w])(?:\d{{3}}{_DASH}{{1,3}}\d{{2}}{_DASH}{{1,3}}\d{{4}}|\d{{2}}{_DASH}{{1,3}}\d{{7}}|\d{{9}})(?![\w])"
)
_HIDDEN = "•••"


def mask(text: str, *, keep: str | None = None) -> str:
    """Replaces SSN- and EIN-shaped runs of digits, except `keep` (the record's own carrier group id), by dots."""
    return _SHAPES.sub(lambda found: found.group() if found.group() == keep else _HIDDEN, text)
