"""Text from outside made fit to be kept and shown: no control characters, no tax numbers, not endless."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from bot.domain.masking import mask

HIDDEN = "•••"
_ENOUGH = 20_000
"""Nothing longer is looked at. It is far beyond what is ever shown, so no number is cut in two within sight."""
_DEEP = 6
_SAYING = ("message", "error", "errors", "detail", "error_description")


def clean(text: str, *, limit: int, keep: str | None = None, hide: Iterable[str] = ()) -> str:
    """`text` without control characters, masked, then cut to `limit` characters.

    `keep` is the record's own carrier group id, which is no secret. `hide` are values that were typed as sensitive:
    they are hidden wherever they are repeated to us, whatever their shape.
    """
    plain = _one_line(text[:_ENOUGH])
    for secret in sorted(filter(None, hide), key=len, reverse=True):
        plain = _without(plain, secret)
    masked = mask(plain, keep=keep).strip()
    return masked if len(masked) <= limit else masked[: limit - 1].rstrip() + "…"


def _one_line(text: str) -> str:
    """Line ends become spaces; control and format characters and halves of surrogate pairs go."""
    spaced = " ".join(text.split())
    return "".join(char for char in spaced if unicodedata.category(char) not in ("Cc", "Cf", "Cs"))


def _without(text: str, secret: str) -> str:
    wanted = _one_line(secret)
    return re.sub(re.escape(wanted), HIDDEN, text, flags=re.IGNORECASE) if wanted else text


def as_text(value: object) -> str:
    """A JSON value as a person reads it; empty where it says nothing."""
    return "; ".join(filter(None, _parts(value, 0)))


def said(body: object) -> str:
    """What a refusal says for itself, whatever its shape; empty where it says nothing.

    Only fields that are meant for saying something are read: others may repeat what we sent.
    """
    if isinstance(body, dict):
        spoken = [part for name in _SAYING if name in body for part in _parts(body[name], 0)]
    else:
        spoken = list(_parts(body, 0)) if isinstance(body, (str, list)) else []
    return "; ".join(dict.fromkeys(part for part in spoken if part))


def _parts(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value.strip()
    elif depth >= _DEEP or value is None or isinstance(value, bool):
        return
    elif isinstance(value, (int, float)):
        yield str(value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            told = "; ".join(_parts(inner, depth + 1))
            if told:
                yield told if name in _SAYING else f"{name}: {told}"
    elif isinstance(value, list):
        for inner in value:
            yield from _parts(inner, depth + 1)
