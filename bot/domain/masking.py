"""Mask numbers in untrusted text that have the shape of a tax number (SSN or EIN)."""

from __future__ import annotations

import re

# Digits of every script, and characters that look like digits: superscript, circled, in parentheses, with a full stop.
_DIGIT = (
    r"[\d\u00b2\u00b3\u00b9\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468\u2474-\u247c\u2488-\u2490\u24ea"
    r"\u24f5-\u24fd\u24ff\u2776-\u277e\u2780-\u2788\u278a-\u2792\U0001f100-\U0001f10a]"
)
# Invisible between two digits: control and format characters, and combining marks.
_UNSEEN = (
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u0300-\u036f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20d0-\u20f0\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
    r"\U000e0000-\U000e0fff]"
)
_BETWEEN = (
    r"[\s.,/_:\-\u00b7\u02d7\u058a\u05be\u1400\u1806\u2010-\u2015\u2022\u2027\u2043\u2044\u207b\u208b\u2212\u2215"
    r"\u2219\u22c5\u2e3a\u2e3b\u2e40\u2796\u2800\u301c\u3030\u30a0\u30fb\u30fc\ufe31\ufe32\ufe58\ufe63\uff0d\uff0e\uff0f"
    r"\uff3f\uff65]"
)
_GAP = rf"(?:{_UNSEEN}*{_BETWEEN}){{1,3}}{_UNSEEN}*"


def _run(length: int) -> str:
    return rf"{_DIGIT}(?:{_UNSEEN}*{_DIGIT}){{{length - 1}}}"


_UUID = r"(?<!\w)[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(?!\w)"
# Adjacent letters do not change a number ("SSN123456789"), adjacent digits do.
_SHAPES = re.compile(
    rf"(?P<uuid>{_UUID})|"
    rf"(?<!{_DIGIT})(?:{_run(3)}{_GAP}{_run(2)}{_GAP}{_run(4)}|{_run(2)}{_GAP}{_run(7)}|{_run(9)})(?!{_UNSEEN}*{_DIGIT})"
)
_MASK = "•••"


def mask(text: str, *, keep: str | None = None) -> str:
    """Replace digits in the shape of an SSN or EIN by dots, except in UUIDs and in `keep` (the carrier group id)."""
    kept_ranges = _positions(text, keep) if keep else []

    def masked(found: re.Match[str]) -> str:
        spared = found["uuid"] or any(begin <= found.start() and found.end() <= end for begin, end in kept_ranges)
        return found.group() if spared else _MASK

    return _SHAPES.sub(masked, text)


def _positions(text: str, keep: str) -> list[tuple[int, int]]:
    """The positions of `keep` as a whole word. Numbers within them are not masked."""
    return [found.span() for found in re.finditer(rf"(?<!\w){re.escape(keep)}(?!\w)", text)]
