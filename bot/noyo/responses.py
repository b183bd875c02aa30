"""What an HTTP answer means: the JSON of a success, or one of the errors of this room."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from bot.errors import NoAnswer, NotSent, NoyoRefused, UnreadableAnswer
from bot.noyo.text import clean, said

MOST_WORDS = 500
LONGEST_WAIT_SECONDS = 3600
"""A longer wish to wait is a mistake of somebody's: nothing of ours may stand still for days because of it."""

_PLAIN = {
    400: "Noyo did not understand this request (400), and did not say why.",
    403: "Noyo does not permit this (403), and did not say why.",
    404: "Noyo does not know this record (404).",
    409: "Noyo says that this is in conflict with what it has (409), and did not say with what.",
    422: "Noyo does not accept what was entered (422), and did not say why.",
}


class TokenRejected(NotSent):
    """Noyo does not accept our credentials: trying again at once would not help."""


class ServerFault(NoAnswer):
    """A 5xx; `retry_after` is Noyo's wish in seconds, when it had one."""

    def __init__(self, words: str, *, retry_after: int | None) -> None:
        super().__init__(words)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class NoyoResponse:
    """An answer as far as it was read: `fault` says why the body is not whole, where it is not."""

    status: int
    body: bytes
    retry_after: str | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class MaskingContext:
    """What of our own request a refusal may repeat to people (`keep`), and what it may not (`hide`)."""

    keep: str | None = None
    hide: tuple[str, ...] = ()


def parse_response(answer: NoyoResponse, now: float, shown: MaskingContext | None = None) -> object:
    """The JSON of a success; raises NotSent, NoAnswer, Refused or UnreadableAnswer for anything else."""
    status = answer.status
    if 200 <= status < 300:
        return _json_of(answer)
    if status in (408, 429):
        wish = seconds_to_wait(answer.retry_after, now)
        raise NotSent(f"Noyo is busy ({status}) and did not take this.", retry_after=wish)
    if status >= 500:
        wish = seconds_to_wait(answer.retry_after, now)
        raise ServerFault(f"Noyo is in trouble ({status}).", retry_after=wish)
    if status >= 400:
        raise NoyoRefused(status, words_of(answer, shown or MaskingContext()))
    raise UnreadableAnswer(f"Noyo answered in a way that Switchboard does not know ({status}).")


def _json_of(answer: NoyoResponse) -> object:
    if answer.fault is not None:
        raise UnreadableAnswer(f"Noyo's answer could not be read: {answer.fault}.")
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswer("Noyo's answer could not be read: it is no JSON.") from error


def words_of(answer: NoyoResponse, shown: MaskingContext) -> str:
    """Noyo's own words, masked and cut; a plain sentence where it has none."""
    try:
        spoken = said(json.loads(answer.body))
    except (ValueError, RecursionError):
        # An error page, or a body that broke off: the status alone is a clear no.
        spoken = ""
    words = clean(spoken, limit=MOST_WORDS, keep=shown.keep, hide=shown.hide)
    return words or _PLAIN.get(answer.status, f"Noyo refused this ({answer.status}), and did not say why.")


def seconds_to_wait(header: str | None, now: float) -> int | None:
    """What a `Retry-After` asks for, in seconds or as a date (RFC 9110); None where it asks for nothing readable."""
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        wish = int(text)
    else:
        try:
            moment = parsedate_to_datetime(text)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            wish = math.ceil(moment.timestamp() - now)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    return max(0, min(wish, LONGEST_WAIT_SECONDS))
