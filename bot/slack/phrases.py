"""Slack room: a line of what is shown, written once and given in the three forms Slack takes text in.

The blocks and the text that screen readers and notifications use come from the same lines, so they cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.showing import Link
from bot.slack import text

Json = dict[str, Any]
Links = Callable[[Link], str | None]
"""The address of a message, None where it cannot be told."""

NAME = 120
SAID = 700
_DATE = "{date_short_pretty} at {time}"
_LEAST = 12


@dataclass(frozen=True, slots=True)
class Words:
    """Our own words."""

    text: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Foreign:
    """Text from outside: Noyo's, the carrier's, or typed by a person."""

    text: str
    limit: int = NAME
    keep: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    user_id: str


@dataclass(frozen=True, slots=True)
class Usergroup:
    group_id: str


@dataclass(frozen=True, slots=True)
class Channel:
    channel_id: str


@dataclass(frozen=True, slots=True)
class Moment:
    """Unix seconds; Slack shows it in the reader's own zone."""

    at: int


@dataclass(frozen=True, slots=True)
class Address:
    """A link that we made; never one from outside."""

    url: str
    label: str


Run = Words | Foreign | Person | Usergroup | Channel | Moment | Address
Line = tuple[Run, ...]


def line(*runs: Run | str) -> Line:
    """Words without letters vanish: Slack takes no empty text."""
    return tuple(Words(run) if isinstance(run, str) else run for run in runs if run != "")


def labelled(label: str, *runs: Run | str) -> Line:
    return line(Words(f"{label}:", bold=True), *([" "] if runs else []), *runs)


def own_group_id(carrier_group_id: str) -> Foreign:
    """A record's own carrier group id: never masked, whatever it looks like."""
    return Foreign(carrier_group_id, keep=carrier_group_id)


def to_card(card: Link | None, links: Links) -> tuple[Line, ...]:
    """The way to a card; the name of its channel where its address cannot be told."""
    if card is None:
        return ()
    url = links(card)
    if url is not None and re.fullmatch(r"https://[^\s<>|]+", url):
        return (line(Address(url, "Open its card")),)
    return (line("Its card is in ", Channel(card.channel), "."),)


_MENTIONS = re.compile(r"<@([UW][A-Z0-9]{2,30})>|<!subteam\^(S[A-Z0-9]{2,30})>")


def with_mentions(words: str, *, limit: int = SAID) -> Line:
    """Words of our own making that name people as `<@U…>` or `<!subteam^S…>`; all else in them is data."""
    runs: list[Run] = []
    end = 0
    for found in _MENTIONS.finditer(words):
        runs += _spaced(words[end : found.start()], limit)
        runs.append(Person(found[1]) if found[1] else Usergroup(found[2]))
        end = found.end()
    return (*runs, *_spaced(words[end:], limit))


def _spaced(words: str, limit: int) -> list[Run]:
    """Cleaning drops the spaces at both ends, which part the words from the mentions beside them."""
    if not words.strip():
        return [Words(" ")] if words else []
    before, after = words[0].isspace(), words[-1].isspace()
    return [*[Words(" ")] * before, Foreign(words, limit), *[Words(" ")] * after]


# ---------------------------------------------------------------- rich text: structured, nothing in it is parsed


def rich(runs: Line) -> list[Json]:
    return [_rich(run) for run in runs]


def _rich(run: Run) -> Json:
    match run:
        case Words(words, bold):
            return {"type": "text", "text": words, **({"style": {"bold": True}} if bold else {})}
        case Person(user_id) if text.is_person(user_id):
            return {"type": "user", "user_id": user_id}
        case Usergroup(group_id) if text.is_usergroup(group_id):
            return {"type": "usergroup", "usergroup_id": group_id}
        case Channel(channel_id) if text.is_channel(channel_id):
            return {"type": "channel", "channel_id": channel_id}
        case Moment(at) if text.is_moment(at):
            return {"type": "date", "timestamp": at, "format": _DATE, "fallback": text.utc(at)}
        case Address(url, label):
            return {"type": "link", "url": url, "text": label}
    return {"type": "text", "text": _plain(run)}


# ---------------------------------------------------------------- plain text: headings


def plain(runs: Line, *, limit: int) -> str:
    """For plain_text objects, cut to `limit`."""
    return text.cut("".join(_plain(run) for run in runs), limit)


def _plain(run: Run) -> str:
    match run:
        case Words(words):
            return words
        case Foreign(words, limit, keep):
            return text.clean(words, limit=limit, keep=keep)
        case Moment(at):
            return text.utc(at)
        case Address(_, label):
            return label
        case Person(name) | Usergroup(name) | Channel(name):
            return text.clean(name, limit=40)


# ---------------------------------------------------------------- mrkdwn: small print, and the text beside the blocks


def mrkdwn(runs: Line, *, share: int = 1) -> str:
    """`share` divides the room that each piece of foreign text may take."""
    return "".join(_mrkdwn(run, share) for run in runs)


def _mrkdwn(run: Run, share: int) -> str:
    match run:
        case Foreign(words, limit, keep):
            return text.foreign(words, limit=max(limit // share, _LEAST), keep=keep)
        case Person(user_id):
            return text.person(user_id)
        case Usergroup(group_id) if text.is_usergroup(group_id):
            return f"<!subteam^{group_id}>"
        case Channel(channel_id) if text.is_channel(channel_id):
            return f"<#{channel_id}>"
        case Moment(at) if text.is_moment(at):
            return f"<!date^{at}^{_DATE}|{text.utc(at)}>"
        case Address(url, label):
            return f"<{text.escape(url)}|{text.escape(label)}>"
        case Usergroup(name) | Channel(name):
            return text.foreign(name, limit=40)
    return text.escape(_plain(run))


def beside_blocks(lines: Sequence[Line], *, limit: int) -> str:
    """All lines as mrkdwn in at most `limit` characters: foreign text gives way first, then the last lines go."""
    for share in (1, 2, 4, 8, 16):
        told = [mrkdwn(runs, share=share) for runs in lines]
        if len("\n".join(told)) <= limit:
            return "\n".join(told)
    while len("\n".join(told)) > limit - 2:
        told.pop()
    return "\n".join([*told, "…"])
