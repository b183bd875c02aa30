"""Interprets mrkdwn as Slack does: mentions, links, dates and styles.

Where Slack's behaviour is unclear, the fake assumes the worse: a mention in backticks pings, `&gt;` quotes.
"""

import re
from dataclasses import dataclass
from enum import Enum
from functools import cache

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
_GAP = "\u200b\u200c\u200d\u2060\ufeff"  # next to a mark, these keep it from formatting
_MARKS = (("*", "**"), ("_", "__"), ("~", "~~"))
QUOTE = re.compile(r"^>+ ?", re.M)


class SpanKind(Enum):
    TEXT = "text"
    CODE = "code"
    PING = "ping"
    LINK = "link"
    LABEL = "label"


@dataclass(frozen=True)
class Span:
    """`text` is what the reader sees; `target` is whom it mentions or where it links to."""

    kind: SpanKind
    text: str
    target: str = ""
    explicit: bool = True


def unescape(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def parse(workspace: Workspace, text: str, *, auto_parse: bool, tz: str, urls_only: bool = False) -> list[Span]:
    """`auto_parse` (verbatim is false) also formats bare URLs, @here and #channel."""
    found: list[Span] = []
    end = 0
    for match in _SPECIAL.finditer(text):
        found += _plain(workspace, text[end : match.start()], auto_parse, urls_only)
        found.append(_special(workspace, match[1], tz))
        end = match.end()
    return found + _plain(workspace, text[end:], auto_parse, urls_only)


def _special(workspace: Workspace, inside: str, tz: str) -> Span:
    target, _, label = inside.partition("|")
    if target.startswith("!date^"):
        return _date(workspace, target, label, tz)
    if target.startswith("!subteam^"):
        group = workspace.usergroups.get(target.removeprefix("!subteam^"))
        return _ping(f"@{group.handle}" if group else label or target)
    if target in ("!here", "!channel", "!everyone"):
        return _ping(f"@{target[1:]}")
    if re.fullmatch(r"@[UW]\w+", target):
        return _ping(f"@{workspace.name_of(target[1:])}")
    if re.fullmatch(r"#[CG]\w+", target):
        channel = workspace.channels.get(target[1:])
        return Span(SpanKind.LABEL, f"#{channel.name if channel else label or target[1:]}")
    if _SCHEME.match(target):
        return Span(SpanKind.LINK, unescape(label or target), unescape(target))
    return Span(SpanKind.TEXT, unescape(f"<{inside}>"))


def _date(workspace: Workspace, target: str, fallback: str, tz: str) -> Span:
    _, seconds, pattern, *link = [*target.split("^"), ""]
    shown = shown_date(seconds, pattern, tz, workspace.clock()) or unescape(fallback)
    if link and link[0]:
        return Span(SpanKind.LINK, shown, link[0])
    return Span(SpanKind.LABEL, shown)


def _ping(who: str, explicit: bool = True) -> Span:
    return Span(SpanKind.PING, who, who, explicit)


def _plain(workspace: Workspace, text: str, auto: bool, urls_only: bool) -> list[Span]:
    found: list[Span] = []
    end = 0
    for code in _CODE.finditer(text):
        found += _active(workspace, text[end : code.start()], auto, urls_only)
        found.append(Span(SpanKind.CODE, unescape(code[0])))
        end = code.end()
    return found + _active(workspace, text[end:], auto, urls_only)


def _active(workspace: Workspace, text: str, auto: bool, urls_only: bool) -> list[Span]:
    found: list[Span] = []
    end = 0
    for match in _BARE.finditer(text) if auto or urls_only else ():
        span = _bare(workspace, match, urls_only)
        if span:
            found += [Span(SpanKind.TEXT, unescape(text[end : match.start()])), span]
            end = match.end()
    found.append(Span(SpanKind.TEXT, unescape(text[end:])))
    return [span for span in found if span.text]


def _bare(workspace: Workspace, match: re.Match[str], urls_only: bool) -> Span | None:
    shown = unescape(match[0])
    if match["ping"]:
        return None if urls_only else _ping(shown.lower(), explicit=False)
    if match["channel"]:
        known = shown[1:] in {channel.name for channel in workspace.channels.values()}
        return Span(SpanKind.LABEL, shown) if known and not urls_only else None
    prefix = "mailto:" if match["mail"] else "http://" if match["domain"] else ""
    return Span(SpanKind.LINK, shown, prefix + shown, explicit=False)


def span_text(span: Span) -> str:
    if span.kind is SpanKind.LINK:
        same = span.text == span.target
        return f"{span.text} (link)" if same else f"{span.text} (links to {span.target})"
    if span.kind is SpanKind.PING and span.text in ("@here", "@channel", "@everyone"):
        return f"{span.text} (pings everyone!)"
    return styled(span.text) if span.kind is SpanKind.TEXT else span.text


def styled(text: str) -> str:
    """Bold text is written `**bold**`, so that it differs from literal asterisks."""
    for delimiter, shown in _MARKS:
        text = styled_part(delimiter).sub(rf"{shown}\1{shown}", text)
    return QUOTE.sub("▌ ", text)


@cache
def styled_part(delimiter: str) -> re.Pattern[str]:
    """What the delimiter formats; the first group is the text without it."""
    sign = re.escape(delimiter)
    return re.compile(rf"(?<![\w{sign}]){sign}(?![\s{_GAP}{sign}])([^{sign}\n]*[^{sign}\s{_GAP}]){sign}(?![\w{sign}])")


def shown_mrkdwn(workspace: Workspace, text: str, *, auto_parse: bool, tz: str, urls_only: bool = False) -> str:
    read = parse(workspace, text, auto_parse=auto_parse, tz=tz, urls_only=urls_only)
    return _styled_across(read)


def _styled_across(read: list[Span]) -> str:
    """Styles can span mentions and links, so these are replaced by placeholders while styling."""
    other_spans = [p for p in read if p.kind is not SpanKind.TEXT]
    numbers = iter(range(len(other_spans)))
    joined = "".join(p.text if p.kind is SpanKind.TEXT else f"\x00{next(numbers)}\x01" for p in read)
    return re.sub("\x00(\\d+)\x01", lambda m: span_text(other_spans[int(m[1])]), styled(joined))
