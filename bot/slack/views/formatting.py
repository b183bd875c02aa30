"""Text from outside becomes data that cannot format, link, ping, hide or reorder what is shown."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime

from bot.domain.masking import mask

NOTHING = "(empty)"

_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co"})
# Letters and marks that show as nothing, though Unicode does not count them as formatting.
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
_LATEST = 99_999_999_999


def clean(text: str, *, limit: int, keep: str | None = None) -> str:
    """One visible line, tax numbers masked, at most `limit` characters; for containers in which nothing is parsed.

    `keep` is the record's own carrier group id, which stays even where it is shaped like a tax number.
    """
    visible = _one_visible_line(text)
    kept = _one_visible_line(keep) if keep is not None else None
    masked = visible if visible == kept else mask(visible, keep=kept)
    return cut(masked, limit) or NOTHING


def foreign(text: str, *, limit: int, keep: str | None = None) -> str:
    """The same for mrkdwn: cut first, so that no entity is cut, then without any sign that Slack acts on."""
    return escape(_without_signs(clean(text, limit=limit, keep=keep)))


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def is_person(user_id: str) -> bool:
    return _PERSON.fullmatch(user_id) is not None


def is_usergroup(group_id: str) -> bool:
    return _USERGROUP.fullmatch(group_id) is not None


def is_channel(channel_id: str) -> bool:
    return _CHANNEL.fullmatch(channel_id) is not None


def person(user_id: str) -> str:
    """A mention in mrkdwn; what is no user id is shown as text."""
    return f"<@{user_id}>" if is_person(user_id) else foreign(user_id, limit=40)


def is_moment(at: int) -> bool:
    """Whether Slack can show it as a date."""
    return 0 <= at <= _LATEST


def utc(at: int) -> str:
    """A time in words, for where Slack cannot show the reader's own: `31 Dec 2026 23:59 UTC`."""
    if not is_moment(at):
        return "at an unknown time"
    when = datetime.fromtimestamp(at, UTC)
    return f"{day(when.date())} {when:%H:%M} UTC"


def day(value: date) -> str:
    """A date without a zone, written out: as a Slack date it would shift with the reader's zone."""
    return f"{value.day} {value:%b %Y}"


def duration(seconds: int) -> str:
    """How long something took, in its two largest units."""
    if seconds < 60:
        return "less than a minute"
    minutes, hours, days = seconds // 60 % 60, seconds // 3600 % 24, seconds // 86400
    parts = [counted(days, "day"), counted(hours, "hour"), counted(minutes, "minute")]
    told = [part for part in parts if not part.startswith("0 ")]
    return " ".join(told[:2])


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _one_visible_line(text: str) -> str:
    if not text.isprintable():
        text = "".join(" " if character.isspace() else character for character in text)
        text = "".join(one for one in text if unicodedata.category(one) not in _INVISIBLE_CATEGORIES)
    return " ".join(text.translate(_INVISIBLE).split())


def cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _without_signs(text: str) -> str:
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
