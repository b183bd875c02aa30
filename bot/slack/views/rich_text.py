"""Text in spans, rendered in the three forms that Slack takes. Untrusted text cannot format, link, ping or hide."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from bot.domain.content import MessageLink
from bot.telemetry import mask

Json = dict[str, Any]
PermalinkLookup = Callable[[MessageLink], str | None]
"""The address of a message; None if it is unknown."""

MAX_NAME_LENGTH = 120
MAX_QUOTE_LENGTH = 700
_DATE = "{date_short_pretty} at {time}"
_AGO = "{ago}"
_MIN_SHARE = 12


@dataclass(frozen=True, slots=True)
class PlainText:
    """Our own text."""

    text: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class UntrustedText:
    """Text from Noyo, the carrier or a person. `unmasked` is the one number in it that is never masked."""

    text: str
    limit: int = MAX_NAME_LENGTH
    unmasked: str | None = None


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
    """Unix seconds; Slack shows it in the reader's time zone, or how long ago it is."""

    at: int
    ago: bool = False

    @property
    def format(self) -> str:
        return _AGO if self.ago else _DATE


@dataclass(frozen=True, slots=True)
class Link:
    """A link of our own; never one from outside."""

    url: str
    label: str


Span = PlainText | UntrustedText | UserMention | UserGroupMention | ChannelMention | Timestamp | Link
RichText = tuple[Span, ...]


def rich_text(*spans: Span | str) -> RichText:
    """A line of spans. Empty strings are dropped: Slack refuses empty text."""
    return tuple(PlainText(span) if isinstance(span, str) else span for span in spans if span != "")


def labelled(label: str, *spans: Span | str) -> RichText:
    return rich_text(PlainText(f"{label}:", bold=True), *([" "] if spans else []), *spans)


def person(user_id: str | None, *, otherwise: str = "Someone") -> Span | str:
    return UserMention(user_id) if user_id else otherwise


def own_group_id(carrier_group_id: str) -> UntrustedText:
    """The record's own carrier group id. It is never masked, even if it looks like a tax number."""
    return UntrustedText(carrier_group_id, unmasked=carrier_group_id)


def card_link(card: MessageLink | None, links: PermalinkLookup) -> tuple[RichText, ...]:
    """A link to a card; its channel if the address is unknown."""
    if card is None:
        return ()
    url = links(card)
    if url is not None and re.fullmatch(r"https://[^\s<>|]+", url):
        return (rich_text(Link(url, "Open the card")),)
    return (rich_text("The card is in ", ChannelMention(card.channel), "."),)


_MENTIONS = re.compile(r"<@([UW][A-Z0-9]{2,30})>|<!subteam\^(S[A-Z0-9]{2,30})>")


def with_mentions(text: str, *, limit: int = MAX_QUOTE_LENGTH) -> RichText:
    """Our own text with mentions as `<@U…>` or `<!subteam^S…>`; the rest is treated as untrusted."""
    spans: list[Span] = []
    end = 0
    for match in _MENTIONS.finditer(text):
        spans += _with_spaces(text[end : match.start()], limit)
        spans.append(UserMention(match[1]) if match[1] else UserGroupMention(match[2]))
        end = match.end()
    return (*spans, *_with_spaces(text[end:], limit))


def _with_spaces(text: str, limit: int) -> list[Span]:
    """Cleaning strips the spaces that separate the text from the mentions beside it, so they are added as spans."""
    if not text.strip():
        return [PlainText(" ")] if text else []
    before, after = text[0].isspace(), text[-1].isspace()
    return [*[PlainText(" ")] * before, UntrustedText(text, limit), *[PlainText(" ")] * after]


# ---------------------------------------------------------------- rich text: structured, so Slack parses nothing


def rich_text_elements(spans: RichText) -> list[Json]:
    return [_element(span) for span in spans]


def _element(span: Span) -> Json:
    match span:
        case PlainText(text, bold):
            return {"type": "text", "text": text, **({"style": {"bold": True}} if bold else {})}
        case UserMention(user_id) if is_user_id(user_id):
            return {"type": "user", "user_id": user_id}
        case UserGroupMention(group_id) if is_user_group_id(group_id):
            return {"type": "usergroup", "usergroup_id": group_id}
        case ChannelMention(channel_id) if is_channel_id(channel_id):
            return {"type": "channel", "channel_id": channel_id}
        case Timestamp(at) if is_valid_timestamp(at):
            return {"type": "date", "timestamp": at, "format": span.format, "fallback": utc_text(at)}
        case Link(url, label):
            return {"type": "link", "url": url, "text": label}
    return {"type": "text", "text": _plain(span)}


# ---------------------------------------------------------------- plain text: headings


def plain(spans: RichText, *, limit: int) -> str:
    """For plain_text objects, truncated to `limit` characters."""
    return truncate("".join(_plain(span) for span in spans), limit)


def _plain(span: Span) -> str:
    match span:
        case PlainText(text):
            return text
        case UntrustedText(text, limit, unmasked):
            return clean_text(text, limit=limit, unmasked=unmasked)
        case Timestamp(at):
            return utc_text(at)
        case Link(_, label):
            return label
        case UserMention(name) | UserGroupMention(name) | ChannelMention(name):
            return clean_text(name, limit=40)


# ---------------------------------------------------------------- mrkdwn: small print and fallback text


def mrkdwn(spans: RichText, *, share: int = 1) -> str:
    """`share` divides the length limit of each untrusted text."""
    return "".join(_mrkdwn(span, share) for span in spans)


def _mrkdwn(span: Span, share: int) -> str:
    match span:
        case UntrustedText(text, limit, unmasked):
            return untrusted_mrkdwn(text, limit=max(limit // share, _MIN_SHARE), unmasked=unmasked)
        case UserMention(user_id) if is_user_id(user_id):
            return f"<@{user_id}>"
        case UserGroupMention(group_id) if is_user_group_id(group_id):
            return f"<!subteam^{group_id}>"
        case ChannelMention(channel_id) if is_channel_id(channel_id):
            return f"<#{channel_id}>"
        case Timestamp(at) if is_valid_timestamp(at):
            return f"<!date^{at}^{span.format}|{utc_text(at)}>"
        case Link(url, label):
            return f"<{escape_mrkdwn(url)}|{escape_mrkdwn(label)}>"
        case UserMention(name) | UserGroupMention(name) | ChannelMention(name):
            return untrusted_mrkdwn(name, limit=40)
    return escape_mrkdwn(_plain(span))


def fallback_text(lines: Sequence[RichText], *, limit: int) -> str:
    """All lines as mrkdwn in at most `limit` characters. Shortens untrusted texts first, then drops lines."""
    for share in (1, 2, 4, 8, 16):
        rendered = [mrkdwn(line, share=share) for line in lines]
        if len("\n".join(rendered)) <= limit:
            return "\n".join(rendered)
    while len("\n".join(rendered)) > limit - 2:
        rendered.pop()
    return "\n".join([*rendered, "…"])


EMPTY_TEXT = "(empty)"

_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})
# Letters and marks without a visible form that Unicode does not classify as formatting.
_INVISIBLE = dict.fromkeys(map(ord, "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"))

# Slack has no escape for its formatting signs, and zero-width breaks are not reliable next to them: so in mrkdwn each
# is replaced by a sign that looks the same and means nothing to Slack.
_LOOK_ALIKE = str.maketrans({"*": "\u2217", "~": "\u223c", "`": "\u02cb"})
_UNDERSCORE_AT_WORD_EDGE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_EMOJI = re.compile(r":(?=[\w+'-]+:)")
_SCHEME = re.compile(r":(?=//)")
_DOT_IN_HOST = re.compile(r"\.(?=[^\W\d_])")
_AT = re.compile(r"@(?=\S)")
_HASH = re.compile(r"#(?=\S)")
_QUOTE = re.compile(r"^>")

_PERSON = re.compile(r"[UW][A-Z0-9]{2,30}")
_USERGROUP = re.compile(r"S[A-Z0-9]{2,30}")
_CHANNEL = re.compile(r"[CG][A-Z0-9]{2,30}")
_MAX_TIMESTAMP = 99_999_999_999


def clean_text(text: str, *, limit: int, unmasked: str | None = None) -> str:
    """One visible line, tax numbers masked, at most `limit` characters; for containers in which Slack parses nothing.

    `unmasked` is the record's own carrier group id, which stays even if it looks like a tax number.
    """
    visible = _one_visible_line(text)
    unmasked_line = _one_visible_line(unmasked) if unmasked is not None else None
    masked = visible if visible == unmasked_line else mask(visible, keep=unmasked_line)
    return truncate(masked, limit) or EMPTY_TEXT


def untrusted_mrkdwn(text: str, *, limit: int, unmasked: str | None = None) -> str:
    """The same for mrkdwn: truncated first, so that no entity is cut, then without characters that Slack interprets."""
    return escape_mrkdwn(_without_markup(clean_text(text, limit=limit, unmasked=unmasked)))


def escape_mrkdwn(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def is_user_id(user_id: str) -> bool:
    return _PERSON.fullmatch(user_id) is not None


def is_user_group_id(group_id: str) -> bool:
    return _USERGROUP.fullmatch(group_id) is not None


def is_channel_id(channel_id: str) -> bool:
    return _CHANNEL.fullmatch(channel_id) is not None


def is_valid_timestamp(at: int) -> bool:
    """Whether Slack can show the time as a date."""
    return 0 <= at <= _MAX_TIMESTAMP


def utc_text(at: int) -> str:
    """A time as text, if Slack cannot show it in the reader's time zone: `31 Dec 2026 23:59 UTC`."""
    if not is_valid_timestamp(at):
        return "at an unknown time"
    when = datetime.fromtimestamp(at, UTC)
    return f"{date_text(when.date())} {when:%H:%M} UTC"


def date_text(value: date) -> str:
    """A date as text: as a Slack date it would shift with the reader's time zone."""
    return f"{value.day} {value:%b %Y}"


def day_text(value: date) -> str:
    """A day of the near future or past: `Fri 4 Dec`."""
    return f"{value:%a} {value.day} {value:%b}"


def duration_text(seconds: int) -> str:
    """A duration in its two largest units."""
    if seconds < 60:
        return "less than a minute"
    minutes, hours, days = seconds // 60 % 60, seconds // 3600 % 24, seconds // 86400
    parts = [plural(days, "day"), plural(hours, "hour"), plural(minutes, "minute")]
    nonzero = [part for part in parts if not part.startswith("0 ")]
    return " ".join(nonzero[:2])


def capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]


def plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _one_visible_line(text: str) -> str:
    if not text.isprintable():
        text = "".join(" " if character.isspace() else character for character in text)
        text = "".join(char for char in text if unicodedata.category(char) not in _INVISIBLE_CATEGORIES)
    return " ".join(text.translate(_INVISIBLE).split())


def truncate(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _without_markup(text: str) -> str:
    text = text.translate(_LOOK_ALIKE)
    for sign, instead in (
        (_UNDERSCORE_AT_WORD_EDGE, "\uff3f"),
        (_EMOJI, "\u2236"),
        (_SCHEME, "\u2236"),
        (_DOT_IN_HOST, "\u2024"),
        (_AT, "\uff20"),
        (_HASH, "\uff03"),
        (_QUOTE, "\u203a"),
    ):
        text = sign.sub(instead, text)
    return text
