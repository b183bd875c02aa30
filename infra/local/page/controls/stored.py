"""What the table holds about operations, outbox events and messages, for people who want to look inside."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.dynamodb.expressions import Item, plain_item
from infra.local.slack import NotPossible
from infra.local.slack.workspace import Json
from infra.local.stack import LocalStack

SHOWN = 100
_TIMES = ("due", "at", "submitted_at", "settled_at", "reserved_at")
VIEWS = {
    "operations": ("OPERATION#", ("kind", "entity", "state", "actor", "sends", "submitted_at", "due")),
    "outbox": ("OUTBOX#", ("kind", "entity", "before", "after", "attempts", "at", "due")),
    "messages": ("MESSAGE#", ("channel", "sk", "ts", "closed", "reserved_at")),
}
"""For each view: the prefix of its items' partition keys, and the attributes that it shows."""
_NEWEST_BY = {"operations": "submitted_at", "outbox": "at", "messages": "reserved_at"}


def stored(stack: LocalStack, view: str, zone: ZoneInfo) -> Json:
    """The newest items of a view, how many there are, and the names of the columns."""
    if view not in VIEWS:
        raise NotPossible(f"there is no view {view}")
    prefix, columns = VIEWS[view]
    items = [plain_item(item) for item in stack.items(prefix)]
    items.sort(key=lambda item: int(item.get(_NEWEST_BY[view]) or 0), reverse=True)
    rows = [[_cell(item, name, zone) for name in columns] for item in items[:SHOWN]]
    return {"columns": [_title(name) for name in columns], "rows": rows, "total": len(items)}


def _title(name: str) -> str:
    return {"sk": "message"}.get(name, name.removesuffix("_at").replace("_", " "))


def _cell(item: Item, name: str, zone: ZoneInfo) -> str:
    value = item["pk"].partition("#")[2] if name == "channel" else item.get(name)
    if value is None:
        return ""
    if name in _TIMES:
        return f"{datetime.fromtimestamp(int(value), zone):%d %b %H:%M:%S}"
    return str(value)
