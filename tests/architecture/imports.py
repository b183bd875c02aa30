"""Which room may import which: read from the source text alone, nothing is imported to find out."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass

INNER = frozenset({"bot.domain", "bot.errors"})
ADAPTER = INNER | {"bot.usecases.ports", "bot.usecases", "bot.settings", "bot.http_event", "bot.telemetry"}


@dataclass(frozen=True)
class Room:
    """`inwards`: the other rooms of ours it may import; `outside`: the third parties that live in it."""

    inwards: frozenset[str]
    outside: frozenset[str] = frozenset()


ROOMS = {
    "bot.errors": Room(frozenset({"bot.domain"})),
    "bot.domain": Room(frozenset({"bot.errors"})),
    "bot.telemetry": Room(INNER),
    "bot.usecases.ports": Room(INNER),
    "bot.usecases": Room(INNER | {"bot.usecases.ports", "bot.telemetry"}),
    "bot.metrics": Room(INNER | {"bot.telemetry"}),
    "bot.lambda_context": Room(frozenset()),
    "bot.logs": Room(INNER | {"bot.telemetry", "bot.metrics"}, frozenset({"aws_lambda_powertools"})),
    "bot.settings": Room(INNER),
    "bot.http_event": Room(frozenset()),
    "bot.secrets": Room(INNER | {"bot.usecases.ports", "bot.settings"}, frozenset({"boto3", "botocore"})),
    "bot.noyo": Room(ADAPTER, frozenset({"httpx", "pydantic"})),
    "bot.dynamodb": Room(ADAPTER, frozenset({"boto3", "botocore"})),
    "bot.slack": Room(ADAPTER, frozenset({"slack_bolt", "slack_sdk"})),
}
ROOMS["bot.bootstrap"] = Room(frozenset(ROOMS))
ROOMS["handlers"] = Room(frozenset(ROOMS), frozenset({"aws_lambda_powertools"}))


def room_of(module: str) -> str | None:
    """The room a dotted name lies in: `bot.dynamodb.keys` in `bot.dynamodb`, `handlers.poll` in `handlers`."""
    return next((room for room in ROOMS if module == room or module.startswith(f"{room}.")), None)


def violations(source: str, module: str, *, is_package: bool = False) -> list[str]:
    """What this module's imports break, as sentences; empty when they are in order."""
    imported = list(_imported(source, module, is_package))
    if module == "bot":
        return [f"bot imports {name}: the package itself holds nothing" for name in imported]
    room = room_of(module)
    if room is None:
        return [f"{module} lies in no room: name its room and what it may import"]
    return [f"{module} imports {name}: {broken}" for name in imported if (broken := _broken(room, name))]


def _broken(room: str, name: str) -> str | None:
    top = name.partition(".")[0]
    if top in sys.stdlib_module_names:
        return None
    if top in {"bot", "handlers"}:
        target = room_of(name)
        allowed = target == room or target in ROOMS[room].inwards
        return None if allowed else f"not inwards from {room}"
    if top in {"infra", "tests"}:
        return "what runs in production never needs it"
    return None if top in ROOMS[room].outside else f"{top} does not live in {room}"


def _imported(source: str, module: str, is_package: bool) -> Iterator[str]:
    """Every name imported anywhere in the text: in functions, behind TYPE_CHECKING, by import_module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from _imported_from(node, module, is_package)
        elif isinstance(node, ast.Call) and _calls_import(node.func):
            yield _literal(node)


def _imported_from(node: ast.ImportFrom, module: str, is_package: bool) -> Iterator[str]:
    origin = node.module or ""
    if node.level:
        parts = module.split(".")
        kept = len(parts) - node.level + is_package
        origin = ".".join([*parts[:kept], *([origin] if origin else [])])
    if origin == "bot":
        # `from bot import store` reaches into a room, not into the package.
        yield from (f"bot.{alias.name}" for alias in node.names)
    else:
        yield origin


def _calls_import(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name in {"import_module", "__import__"}


def _literal(node: ast.Call) -> str:
    first = node.args[0] if node.args else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return first.value
    return "(a name made at run time)"
