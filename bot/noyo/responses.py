"""What we receive from Noyo: the JSON of a success or one of Switchboard's errors, and text that is safe to show."""

from __future__ import annotations

import hashlib
import json
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TypeVar

from bot import policies
from bot.domain.polling import ListPage, ListRow
from bot.domain.records import Connection, Disconnection, Record, is_uuid
from bot.errors import NoAnswer, NotSent, NoyoRefused, UnreadableAnswer, WrongRecord
from bot.telemetry import mask

MAX_MESSAGE_LENGTH = 500
HIDDEN = "•••"
_MAX_INPUT_LENGTH = 20_000
"""Text beyond this is dropped before masking. It is far beyond what is shown, so no visible number is cut in two."""
_MAX_DEPTH = 6
_MESSAGE_FIELDS = ("message", "error", "errors", "detail", "error_description")
_DEFAULT_MESSAGES = {
    400: "Noyo did not understand this request (400) and gave no reason.",
    403: "Noyo does not permit this (403) and gave no reason.",
    404: "Noyo does not know this record (404).",
    409: "Noyo reports a conflict with an existing record (409) and gave no details.",
    422: "Noyo does not accept what was entered (422) and gave no reason.",
}


class TokenRejected(NotSent):
    """Noyo does not accept our credentials or our token. An immediate retry does not help."""


@dataclass(frozen=True, slots=True)
class NoyoResponse:
    """A response as far as it was read. `retry_after` is in seconds. `body_error` says why the body is incomplete."""

    status: int
    body: bytes
    retry_after: int | None = None
    body_error: str | None = None


@dataclass(frozen=True, slots=True)
class MaskingContext:
    """Values of our request: `keep` may appear in Noyo's error message, the values in `hide` must not."""

    keep: str | None = None
    hide: tuple[str, ...] = ()


def parse_response(response: NoyoResponse, masking: MaskingContext | None = None) -> object:
    """The JSON of a success; raises NotSent, NoAnswer, NoyoRefused or UnreadableAnswer for anything else."""
    status = response.status
    if 200 <= status < 300:
        return _json_body(response)
    if status in (408, 429):
        raise NotSent(f"Noyo is busy ({status}) and did not process this.", retry_after=response.retry_after)
    if status >= 500:
        raise NoAnswer(f"Noyo has a server problem ({status}).", retry_after=response.retry_after)
    if status >= 400:
        raise NoyoRefused(status, _refusal_message(response, masking or MaskingContext()))
    raise UnreadableAnswer(f"Noyo answered with an unexpected HTTP status ({status}).")


def _json_body(response: NoyoResponse) -> object:
    if response.body_error is not None:
        raise UnreadableAnswer(f"Noyo's answer could not be read: {response.body_error}.")
    try:
        return json.loads(response.body)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UnreadableAnswer("Noyo's answer could not be read: it is not JSON.") from error
    except (ValueError, RecursionError) as error:
        # Python refuses integers of more than 4,300 digits, and JSON that is nested too deeply.
        raise UnreadableAnswer(
            "Noyo's answer could not be read: a number is too long, or it is nested too deeply."
        ) from error


def as_list(body: object) -> list[object]:
    """The rows of a body: one object, a list, or a list in `response`. The API description does not say which."""
    rows = body.get("response", body) if isinstance(body, dict) else body
    return rows if isinstance(rows, list) else [rows]


def retry_after_seconds(header: str | None, now: float) -> int | None:
    """The seconds that a `Retry-After` asks for, as a number or as a date (RFC 9110); None if it is unreadable."""
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        seconds = int(text)
    else:
        try:
            date = parsedate_to_datetime(text)
            date = date if date.tzinfo else date.replace(tzinfo=UTC)
            seconds = math.ceil(date.timestamp() - now)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return max(0, min(seconds, policies.NOYO_RETRY_AFTER_MAX_SECONDS))


# ---------------------------------------------------------------- text


def _refusal_message(response: NoyoResponse, masking: MaskingContext) -> str:
    """Noyo's own message, masked and shortened, or a default one."""
    try:
        message = error_message(json.loads(response.body))
    except (ValueError, RecursionError):
        # An HTML error page or an incomplete body: the status alone says that Noyo refused.
        message = ""
    default = _DEFAULT_MESSAGES.get(response.status, f"Noyo refused this ({response.status}) and gave no reason.")
    return clean_text(message, limit=MAX_MESSAGE_LENGTH, keep=masking.keep, hide=masking.hide) or default


def error_message(body: object) -> str:
    """The message in an error body of any shape, or "".

    Only the fields that are meant for a message are read: other fields may repeat what we sent.
    """
    if isinstance(body, dict):
        parts = [part for name in _MESSAGE_FIELDS if name in body for part in _texts(body[name], 0)]
    else:
        parts = list(_texts(body, 0)) if isinstance(body, (str, list)) else []
    return "; ".join(dict.fromkeys(part for part in parts if part))


def json_as_text(value: object) -> str:
    """A JSON value as readable text, or ""."""
    return "; ".join(filter(None, _texts(value, 0)))


def _texts(value: object, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value.strip()
    elif depth >= _MAX_DEPTH or value is None or isinstance(value, bool):
        return
    elif isinstance(value, (int, float)):
        yield str(value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            text = "; ".join(_texts(inner, depth + 1))
            if text:
                yield text if name in _MESSAGE_FIELDS else f"{name}: {text}"
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, depth + 1)


def clean_text(text: str, *, limit: int, keep: str | None = None, hide: Iterable[str] = ()) -> str:
    """`text` on one line without control characters, masked, then shortened to `limit` characters.

    `keep` is the record's own carrier group id, which is not secret. The values in `hide` were entered as sensitive:
    they are replaced wherever Noyo repeats them, whatever their shape.
    """
    line = _one_line(text[:_MAX_INPUT_LENGTH])
    for secret in sorted(filter(None, hide), key=len, reverse=True):
        line = _replace(line, secret)
    masked = mask(line, keep=keep).strip()
    return masked if len(masked) <= limit else masked[: limit - 1].rstrip() + "…"


def _one_line(text: str) -> str:
    """Line ends become spaces; control characters, format characters and lone surrogates are removed."""
    spaced = " ".join(text.split())
    return "".join(char for char in spaced if unicodedata.category(char) not in ("Cc", "Cf", "Cs"))


def _replace(text: str, secret: str) -> str:
    pattern = _one_line(secret)
    return re.sub(re.escape(pattern), HIDDEN, text, flags=re.IGNORECASE) if pattern else text


R = TypeVar("R", Connection, Disconnection)


def same_record(record: R, wanted: str) -> R:
    """`record` if it has the wanted id; WrongRecord otherwise, because it says nothing about the wanted record."""
    if record.id != wanted:
        raise WrongRecord("Noyo answered with a record other than the requested one.")
    return record


def rows_of(body: object) -> list[object]:
    """The rows as JSON; UnreadableAnswer if there is no list of them."""
    rows = body.get("response") if isinstance(body, dict) else None
    if not isinstance(rows, list):
        raise UnreadableAnswer("Noyo's answer could not be read: it is not a list.")
    return rows


def list_page(body: object, offset: int, parse: Callable[[object], Record]) -> ListPage:
    """The page that starts at `offset`, unless its `meta` says that it starts elsewhere; `meta` may be malformed."""
    rows = tuple(list_row(raw, parse) for raw in rows_of(body))
    start = _meta_count(body, "offset")
    return ListPage(rows, offset if start is None else start, _meta_count(body, "total_records"))


def _meta_count(body: object, name: str) -> int | None:
    meta = body.get("meta") if isinstance(body, dict) else None
    value = meta.get(name) if isinstance(meta, dict) else None
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def list_row(raw: object, parse: Callable[[object], Record]) -> ListRow:
    """The parsed row; one that cannot be read carries the reason, and does not affect the others."""
    try:
        return ListRow(row_id(raw), parse(raw))
    except UnreadableAnswer as error:
        return ListRow(row_id(raw), None, str(error))


def row_id(raw: object) -> str:
    """The row's id; if it has none, a digest of its content, so that the same unreadable row is recognized again."""
    value = raw.get("id") if isinstance(raw, dict) else None
    if isinstance(value, str) and is_uuid(value):
        return value.lower()
    if isinstance(value, str) and 0 < len(value) <= 64 and value.isascii() and value.isprintable():
        return value
    try:
        content = json.dumps(raw, sort_keys=True)
    except RecursionError:
        content = "nested too deeply to serialize"
    return f"digest:{hashlib.sha256(content.encode()).hexdigest()[:16]}"
