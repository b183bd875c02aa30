"""A line of what is shown, written once and given in the three forms Slack takes text in.

The blocks and the text that screen readers and notifications use come from the same lines, so they cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.content import MessageLink
from bot.slack.views import formatting

Json = dict[str, Any]
PermalinkLookup = Callable[[MessageLink], str | None]
"""The address of a message, None where it cannot be told."""

NAME_LENGTH = 120
QUOTE_LENGTH = 700
_DATE = "{date_short_pretty} at {time}"
_LEAST = 12


@dataclass(frozen=True, slots=True)
class PlainText:
    """Our own words."""

    text: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class UntrustedText:
    """Text from outside: Noyo's, the carrier's, or typed by a person."""

    text: str
    limit: int = NAME_LENGTH
    keep: str | None = None


@dataclass(frozen=True, slots=True)
class UserMention:
    user_id: str


@dataclass(frozen=True, slots=True)
class UserGroupMention:
    group_id: str


@dataclass(frozen=True, slots=True)
class ChannelMention:
    channel_id: str


@dataclass(frozen=True, slots=True)
class Timestamp:
    """Unix seconds; Slack shows it in the reader's own zone."""

    at: int


@dataclass(frozen=True, slots=True)
class Link:
    """A link that we made; never one from outside."""

    url: str
    label: str


Span = PlainText | UntrustedText | UserMention | UserGroupMention | ChannelMention | Timestamp | Link
RichText = tuple[Span, ...]


def rich_text(*runs: Span | str) -> RichText:
    """Words without letters vanish: Slack takes no empty text."""
    return tuple(PlainText(run) if isinstance(run, str) else run for run in runs if run != "")


def labelled(label: str, *runs: Span | str) -> RichText:
    return rich_text(PlainText(f"{label}:", bold=True), *([" "] if runs else []), *runs)


def own_group_id(carrier_group_id: str) -> UntrustedText:
    """A record's own carrier group id: never masked, whatever it looks like."""
    return UntrustedText(carrier_group_id, keep=carrier_group_id)


def to_card(card: MessageLink | None, links: PermalinkLookup) -> tuple[RichText, ...]:
    """The way to a card; the name of its channel where its address cannot be told."""
    if card is None:
        return ()
    url = links(card)
    if url is not None and re.fullmatch(r"https://[^\s<>|]+", url):
        return (rich_text(Link(url, "Open its card")),)
    return (rich_text("Its card is in ", ChannelMention(card.channel), "."),)


_MENTIONS = re.compile(r"<@([UW][A-Z0-9]{2,30})>|<!subteam\^(S[A-Z0-9]{2,30})>")


def with_mentions(words: str, *, limit: int = QUOTE_LENGTH) -> RichText:
    """Words of our own making that name people as `<@U…>` or `<!subteam^S…>`; all else in them is data."""
    runs: list[Span] = []
    end = 0
    for found in _MENTIONS.finditer(words):
        runs += _spaced(words[end : found.start()], limit)
        runs.append(UserMention(found[1]) if found[1] else UserGroupMention(found[2]))
        end = found.end()
    return (*runs, *_spaced(words[end:], limit))


def _spaced(words: str, limit: int) -> list[Span]:
    """Cleaning drops the spaces at both ends, which part the words from the mentions beside them."""
    if not words.strip():
        return [PlainText(" ")] if words else []
    before, after = words[0].isspace(), words[-1].isspace()
    return [*[PlainText(" ")] * before, UntrustedText(words, limit), *[PlainText(" ")] * after]


# ---------------------------------------------------------------- rich text: structured, nothing in it is parsed


def rich_text_elements(runs: RichText) -> list[Json]:
    return [_rich(run) for run in runs]


def _rich(run: Span) -> Json:
    match run:
        case PlainText(words, bold):
            return {"type": "text", "text": words, **({"style": {"bold": True}} if bold else {})}
        case UserMention(user_id) if formatting.is_person(user_id):
            return {"type": "user", "user_id": user_id}
        case UserGroupMention(group_id) if formatting.is_usergroup(group_id):
            return {"type": "usergroup", "usergroup_id": group_id}
        case ChannelMention(channel_id) if formatting.is_channel(channel_id):
            return {"type": "channel", "channel_id": channel_id}
        case Timestamp(at) if formatting.is_moment(at):
            return {"type": "date", "timestamp": at, "format": _DATE, "fallback": formatting.utc(at)}
        case Link(url, label):
            return {"type": "link", "url": url, "text": label}
    return {"type": "text", "text": _plain(run)}


# ---------------------------------------------------------------- plain text: headings


def plain(runs: RichText, *, limit: int) -> str:
    """For plain_text objects, cut to `limit`."""
    return formatting.cut("".join(_plain(run) for run in runs), limit)


def _plain(run: Span) -> str:
    match run:
        case PlainText(words):
            return words
        case UntrustedText(words, limit, keep):
            return formatting.clean(words, limit=limit, keep=keep)
        case Timestamp(at):
            return formatting.utc(at)
        case Link(_, label):
            return label
        case UserMention(name) | UserGroupMention(name) | ChannelMention(name):
            return formatting.clean(name, limit=40)


# ---------------------------------------------------------------- mrkdwn: small print, and the text beside the blocks


def mrkdwn(runs: RichText, *, share: int = 1) -> str:
    """`share` divides the room that each piece of foreign text may take."""
    return "".join(_mrkdwn(run, share) for run in runs)


def _mrkdwn(run: Span, share: int) -> str:
    match run:
        case UntrustedText(words, limit, keep):
            return formatting.foreign(words, limit=max(limit // share, _LEAST), keep=keep)
        case UserMention(user_id):
            return formatting.person(user_id)
        case UserGroupMention(group_id) if formatting.is_usergroup(group_id):
            return f"<!subteam^{group_id}>"
        case ChannelMention(channel_id) if formatting.is_channel(channel_id):
            return f"<#{channel_id}>"
        case Timestamp(at) if formatting.is_moment(at):
            return f"<!date^{at}^{_DATE}|{formatting.utc(at)}>"
        case Link(url, label):
            return f"<{formatting.escape(url)}|{formatting.escape(label)}>"
        case UserGroupMention(name) | ChannelMention(name):
            return formatting.foreign(name, limit=40)
    return formatting.escape(_plain(run))


def beside_blocks(lines: Sequence[RichText], *, limit: int) -> str:
    """All lines as mrkdwn in at most `limit` characters: foreign text gives way first, then the last lines go."""
    for share in (1, 2, 4, 8, 16):
        told = [mrkdwn(runs, share=share) for runs in lines]
        if len("\n".join(told)) <= limit:
            return "\n".join(told)
    while len("\n".join(told)) > limit - 2:
        told.pop()
    return "\n".join([*told, "…"])
