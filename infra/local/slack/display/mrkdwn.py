"""Slack stand-in, what people see: what Slack makes of a piece of mrkdwn.

Pessimistic where Slack is unclear: a mention inside backticks pings, `&gt;` quotes.
"""

import re
from dataclasses import dataclass
from enum import Enum

from infra.local.slack.display.dates import shown_date
from infra.local.slack.workspace import Workspace

_SPECIAL = re.compile(r"<([^<>\n]+)>")
_SCHEME = re.compile(r"^(?:https?|mailto|tel|slack|ftp):", re.I)
_BARE = re.compile(
    r"(?P<url>\bhttps?://[^\s<>|]+)"
    r"|(?P<mail>\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b)"
    r"|(?P<domain>(?<![\w@/.-])(?:[\w-]+\.)+"
    r"(?:com|net|org|io|co|dev|app|info|biz|gov|edu|us|uk|de|example)\b(?:/[^\s<>|]*)?)"
    r"|(?P<ping>(?<![\w@])@(?:here|channel|everyone)\b)"
    r"|(?P<channel>(?<![\w#&])#[\w-]+)",
    re.I,
)
_CODE = re.compile(r"```.+?```|`[^`\n]+`", re.S)
_GAP = "\u200b\u200c\u200d\u2060\ufeff"  # next to a mark, these keep it a plain sign
_MARKS = (("*", "**"), ("_", "__"), ("~", "~~"))


class SpanKind(Enum):
    TEXT = "text"
    CODE = "code"
    PING = "ping"
    LINK = "link"
    LABEL = "label"


@dataclass(frozen=True)
class Span:
    """`shown` is what a person reads; `target` whom it pings or where it leads."""

    kind: SpanKind
    text: str
    target: str = ""
    explicit: bool = True


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def parse(world: Workspace, text: str, *, auto_parse: bool, tz: str, urls_only: bool = False) -> list[Span]:
    """`auto_parse`: bare URLs, @here and #channel come alive (verbatim is false)."""
    found: list[Span] = []
    end = 0
    for match in _SPECIAL.finditer(text):
        found += _plain(world, text[end : match.start()], auto_parse, urls_only)
        found.append(_special(world, match[1], tz))
        end = match.end()
    return found + _plain(world, text[end:], auto_parse, urls_only)


def _special(world: Workspace, inside: str, tz: str) -> Span:
    target, _, label = inside.partition("|")
    if target.startswith("!date^"):
        return _date(world, target, label, tz)
    if target.startswith("!subteam^"):
        group = world.usergroups.get(target.removeprefix("!subteam^"))
        return _ping(f"@{group.handle}" if group else label or target)
    if target in ("!here", "!channel", "!everyone"):
        return _ping(f"@{target[1:]}")
    if re.fullmatch(r"@[UW]\w+", target):
        return _ping(f"@{world.name_of(target[1:])}")
    if re.fullmatch(r"#[CG]\w+", target):
        channel = world.channels.get(target[1:])
        return Span(SpanKind.LABEL, f"#{channel.name if channel else label or target[1:]}")
    if _SCHEME.match(target):
        return Span(SpanKind.LINK, unescape(label or target), unescape(target))
    return Span(SpanKind.TEXT, unescape(f"<{inside}>"))


def _date(world: Workspace, target: str, fallback: str, tz: str) -> Span:
    _, seconds, pattern, *link = [*target.split("^"), ""]
    shown = shown_date(seconds, pattern, tz, world.clock()) or unescape(fallback)
    if link and link[0]:
        return Span(SpanKind.LINK, shown, link[0])
    return Span(SpanKind.LABEL, shown)


def _ping(who: str, explicit: bool = True) -> Span:
    return Span(SpanKind.PING, who, who, explicit)


def _plain(world: Workspace, text: str, auto: bool, urls_only: bool) -> list[Span]:
    found: list[Span] = []
    end = 0
    for code in _CODE.finditer(text):
        found += _alive(world, text[end : code.start()], auto, urls_only)
        found.append(Span(SpanKind.CODE, unescape(code[0])))
        end = code.end()
    return found + _alive(world, text[end:], auto, urls_only)


def _alive(world: Workspace, text: str, auto: bool, urls_only: bool) -> list[Span]:
    found: list[Span] = []
    end = 0
    for match in _BARE.finditer(text) if auto or urls_only else ():
        piece = _bare(world, match, urls_only)
        if piece:
            found += [Span(SpanKind.TEXT, unescape(text[end : match.start()])), piece]
            end = match.end()
    found.append(Span(SpanKind.TEXT, unescape(text[end:])))
    return [piece for piece in found if piece.text]


def _bare(world: Workspace, match: re.Match[str], urls_only: bool) -> Span | None:
    shown = unescape(match[0])
    if match["ping"]:
        return None if urls_only else _ping(shown.lower(), explicit=False)
    if match["channel"]:
        known = shown[1:] in {channel.name for channel in world.channels.values()}
        return Span(SpanKind.LABEL, shown) if known and not urls_only else None
    prefix = "mailto:" if match["mail"] else "http://" if match["domain"] else ""
    return Span(SpanKind.LINK, shown, prefix + shown, explicit=False)


def span_text(piece: Span) -> str:
    if piece.kind is SpanKind.LINK:
        same = piece.text == piece.target
        return f"{piece.text} (link)" if same else f"{piece.text} (links to {piece.target})"
    if piece.kind is SpanKind.PING and piece.text in ("@here", "@channel", "@everyone"):
        return f"{piece.text} (pings everyone!)"
    return styled(piece.text) if piece.kind is SpanKind.TEXT else piece.text


def styled(text: str) -> str:
    """`*bold*` as Slack shows it is marked `**bold**`, so that it differs from the sign."""
    for mark, shown in _MARKS:
        sign = re.escape(mark)
        text = re.sub(
            rf"(?<![\w{sign}]){sign}(?![\s{_GAP}{sign}])([^{sign}\n]*[^{sign}\s{_GAP}])"
            rf"{sign}(?![\w{sign}])",
            rf"{shown}\1{shown}",
            text,
        )
    return re.sub(r"^>+ ?", "▌ ", text, flags=re.M)


def shown_mrkdwn(world: Workspace, text: str, *, auto_parse: bool, tz: str, urls_only: bool = False) -> str:
    read = parse(world, text, auto_parse=auto_parse, tz=tz, urls_only=urls_only)
    return _styled_across(read)


def _styled_across(read: list[Span]) -> str:
    """Marks reach over mentions and links: each such piece is held aside while styling."""
    held = [p for p in read if p.kind is not SpanKind.TEXT]
    places = iter(range(len(held)))
    joined = "".join(p.text if p.kind is SpanKind.TEXT else f"\x00{next(places)}\x01" for p in read)
    return re.sub("\x00(\\d+)\x01", lambda m: span_text(held[int(m[1])]), styled(joined))
