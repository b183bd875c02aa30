"""Texts as nodes that the page shows: plain values, so that the browser never interprets what a message contains."""

import re
from collections.abc import Iterator
from typing import Any

from infra.local.slack.display.dates import shown_date
from infra.local.slack.display.mrkdwn import QUOTE, Span, SpanKind, parse, styled_part
from infra.local.slack.display.rendering import rich_ping
from infra.local.slack.workspace import Json, User, Workspace

Node = Json
"""`kind` says how the page shows it: text, style, ping, link, label, code, preformatted or quote."""

_STYLES = (("*", "bold"), ("_", "italic"), ("~", "strike"))
_SAFE_LINK = re.compile(r"^(?:https?|mailto|tel):", re.I)
_EVERYONE = {"@here", "@channel", "@everyone"}
_PLACEHOLDER = re.compile("\x00(\\d+)\x01")


class TextPresenter:
    """Presents texts to one reader: dates in the reader's time zone, mentions of the reader marked."""

    def __init__(self, workspace: Workspace, reader: User) -> None:
        self._workspace, self._reader = workspace, reader
        groups = [group for group in workspace.usergroups.values() if reader.id in group.members]
        self._own_names = _EVERYONE | {f"@{reader.name}"} | {f"@{group.handle}" for group in groups}

    def people(self) -> dict[str, str]:
        """The names of the people of the workspace, by id: what a field for a person offers."""
        users = self._workspace.users.values()
        return {user.id: user.name for user in users if not (user.is_bot or user.deleted)}

    def text(self, text: Json) -> list[Node]:
        """A text object: plain_text is literal, mrkdwn is formatted."""
        if text["type"] == "plain_text":
            return [_plain(text["text"])]
        return self.mrkdwn(text["text"], auto_parse=not text.get("verbatim", False))

    def mrkdwn(self, text: str, *, auto_parse: bool, urls_only: bool = False) -> list[Node]:
        """Styles can span mentions and links, so these are replaced by placeholders while styles are found."""
        text = _PLACEHOLDER.sub("", text)
        spans = parse(self._workspace, text, auto_parse=auto_parse, tz=self._reader.tz, urls_only=urls_only)
        others = [span for span in spans if span.kind is not SpanKind.TEXT]
        numbers = iter(range(len(others)))
        joined = "".join(span.text if span.kind is SpanKind.TEXT else f"\x00{next(numbers)}\x01" for span in spans)
        return list(self._lines(joined, [self._span(span) for span in others]))

    def _lines(self, text: str, others: list[Node]) -> Iterator[Node]:
        """Consecutive quoted lines make one quote."""
        quoted: list[str] = []
        plain: list[str] = []
        for line in text.split("\n"):
            is_quoted = QUOTE.match(line) is not None
            if is_quoted and plain:
                yield from _styled("\n".join(plain), others)
            if quoted and not is_quoted:
                yield _quote("\n".join(quoted), others)
            if is_quoted:
                quoted, plain = [*quoted, QUOTE.sub("", line)], []
            else:
                quoted, plain = [], [*plain, line]
        if quoted:
            yield _quote("\n".join(quoted), others)
        else:
            yield from _styled("\n".join(plain), others)

    def _span(self, span: Span) -> Node:
        if span.kind is SpanKind.PING:
            return self.ping(span.text)
        if span.kind is SpanKind.LINK:
            return link(span.text, span.target)
        if span.kind is SpanKind.CODE:
            fence = span.text.startswith("```")
            return {"kind": "preformatted" if fence else "code", "text": span.text.strip("`")}
        return {"kind": "label", "text": span.text}

    def ping(self, text: str) -> Node:
        return {"kind": "ping", "text": text, "own": text in self._own_names}

    # ---------------------------------------------------------------- rich text

    def leaves(self, leaves: list[Json]) -> list[Node]:
        return [self._leaf(leaf) for leaf in leaves]

    def _leaf(self, leaf: Json) -> Node:
        node = self._unstyled(leaf)
        if leaf.get("style", {}).get("code"):
            node = {"kind": "code", "text": node.get("text", "")}
        for style in ("bold", "italic", "strike"):
            if leaf.get("style", {}).get(style):
                node = {"kind": "style", "style": style, "nodes": [node]}
        return node

    def _unstyled(self, leaf: Json) -> Node:
        kind = leaf["type"]
        if kind == "text":
            return _plain(leaf["text"])
        if kind == "link":
            return link(leaf.get("text") or leaf["url"], leaf["url"])
        if kind == "date":
            shown = shown_date(str(leaf["timestamp"]), leaf["format"], self._reader.tz, self._workspace.clock())
            return {"kind": "label", "text": shown or str(leaf.get("fallback", leaf["timestamp"]))}
        if kind == "channel" and leaf["channel_id"] in self._workspace.channels:
            return {"kind": "label", "text": f"#{self._workspace.channels[leaf['channel_id']].name}"}
        pinged = rich_ping(self._workspace, leaf)
        if pinged:
            return self.ping(pinged)
        return {"kind": "label", "text": f":{leaf['name']}:" if kind == "emoji" else f"[{kind}]"}


def link(text: str, target: str) -> Node:
    """A target that a browser could run as a script is shown as text."""
    if not _SAFE_LINK.match(target):
        return _plain(f"{text} ({target})")
    return {"kind": "link", "text": text, "target": target}


def _plain(text: Any) -> Node:
    return {"kind": "text", "text": str(text)}


def _quote(text: str, others: list[Node]) -> Node:
    return {"kind": "quote", "nodes": list(_styled(text, others))}


def _styled(text: str, others: list[Node], styles: tuple[tuple[str, str], ...] = _STYLES) -> Iterator[Node]:
    if not styles:
        yield from _with_others(text, others)
        return
    (delimiter, style), *rest = styles
    end = 0
    for found in styled_part(delimiter).finditer(text):
        yield from _styled(text[end : found.start()], others, tuple(rest))
        yield {"kind": "style", "style": style, "nodes": list(_styled(found[1], others, tuple(rest)))}
        end = found.end()
    yield from _styled(text[end:], others, tuple(rest))


def _with_others(text: str, others: list[Node]) -> Iterator[Node]:
    end = 0
    for found in _PLACEHOLDER.finditer(text):
        if text[end : found.start()]:
            yield _plain(text[end : found.start()])
        yield others[int(found[1])]
        end = found.end()
    if text[end:]:
        yield _plain(text[end:])
