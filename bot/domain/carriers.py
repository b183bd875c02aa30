"""What a deployment says of its carriers: names and aliases, whom to contact, and what each one needs in a request.

The text comes from an operator. `parse_carriers` checks all of it, so that nothing else has to.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.domain.records import is_uuid

EXTRA_FIELDS = ("broker_federal_ein", "broker_tin", "employer_email_address")
"""What Noyo takes with a connection request only because some carriers ask for it."""
MAX_TEXT = 255
MAX_ALIASES = 20
MAX_PATTERN = 100
MAX_BYTES = 350_000
"""Of all carriers as JSON without spaces. DynamoDB takes items of at most 400 kB."""
MAX_REPEATS = 3
"""Quantifiers of an alternative that can match more than one length. Each multiplies the time of a failing match by the
length of the text: three take milliseconds for the longest carrier group id, five more than a second."""

_ITEM = r"(?:[A-Za-z0-9 _/-]|\\[.dw/-]|\[\^?[A-Za-z0-9 _./-]+\])"
_COUNT = r"(?:\{[0-9]{1,3}(?:,[0-9]{0,3})?\}|[?*+])?"
_PATTERN = re.compile(rf"(?:{_ITEM}{_COUNT}|\|)+")
_REPEAT = re.compile(r"\{[0-9]+,[0-9]*\}|(?<!\\)[?*+]")
_KEYS = {"name", "aliases", "contact", "fields", "pattern", "example", "hint"}


@dataclass(frozen=True, slots=True)
class CarrierDetails:
    """What one carrier needs. Empty text: nothing is configured."""

    aliases: tuple[str, ...] = ()
    contact: str = ""
    """Whom people contact about a failed connection."""
    fields: tuple[str, ...] | None = None
    """The extra fields that the carrier needs; None: unknown, so people may fill in any of them."""
    pattern: str = ""
    """A regular expression for the whole carrier group id."""
    example: str = ""
    hint: str = ""

    def accepts(self, carrier_group_id: str) -> bool:
        return not self.pattern or re.fullmatch(self.pattern, carrier_group_id, re.ASCII) is not None


UNKNOWN_CARRIER = CarrierDetails()


class KnownCarriers(Protocol):
    """What everything that shows carriers asks: `Carriers`, or those in use at the moment."""

    @property
    def names(self) -> Mapping[str, str]: ...

    @property
    def details(self) -> Mapping[str, CarrierDetails]: ...

    def name(self, carrier_id: str) -> str: ...

    def details_of(self, carrier_id: str) -> CarrierDetails: ...

    def called(self) -> list[tuple[str, str]]: ...

    def matching(self, query: str) -> list[tuple[str, str]]: ...


@dataclass(frozen=True, slots=True)
class Carriers:
    """Names and details by carrier id (lower-case UUID text)."""

    names: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, CarrierDetails] = field(default_factory=dict)

    def name(self, carrier_id: str) -> str:
        """The carrier's name; an id that nobody has named is shown as it is."""
        return self.names.get(carrier_id, carrier_id)

    def details_of(self, carrier_id: str) -> CarrierDetails:
        return self.details.get(carrier_id.lower(), UNKNOWN_CARRIER)

    def called(self) -> list[tuple[str, str]]:
        """(id, name) pairs, with the aliases as further names."""
        aliases = [(carrier_id, alias) for carrier_id, known in self.details.items() for alias in known.aliases]
        return [*self.names.items(), *aliases]

    def matching(self, query: str) -> list[tuple[str, str]]:
        """(id, name) pairs whose name, alias or id holds `query`, by name."""
        wanted = query.strip().casefold()
        found = {
            carrier_id: self.names[carrier_id]
            for carrier_id, name in self.called()
            if wanted in name.casefold() or carrier_id.startswith(wanted)
        }
        return sorted(found.items(), key=lambda pair: pair[1].casefold())


class _Object(dict[str, Any]):
    """An object of JSON; of a key that is given twice it has the last value."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        keys = [key for key, _ in pairs]
        self.repeated = sorted({key for key in keys if keys.count(key) > 1}) if len(self) < len(keys) else []


def parse_carriers(text: str) -> Carriers:
    """From the text of a carriers file. Raises ValueError, which lists all mistakes."""
    try:
        content = json.loads(text, object_pairs_hook=_Object)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}, column {error.colno}: this is not JSON ({error.msg})") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    return read_carriers(content)


def read_carriers(content: object) -> Carriers:
    """From an object of carrier id to name, or to name and details. Raises ValueError, which lists all mistakes."""
    if not isinstance(content, dict):
        raise ValueError("it must hold one object of carrier id to name or details")
    mistakes = [f"{carrier_id}: {mistake}" for carrier_id, given in content.items() for mistake in _mistakes(given)]
    mistakes += [f"{key} must be the id of a carrier at Noyo, with its name" for key in content if not is_uuid(key)]
    ids = [key.lower() for key in content]
    repeated = {carrier_id for carrier_id in ids if ids.count(carrier_id) > 1} if len(set(ids)) < len(ids) else set()
    repeated |= {key.lower() for key in _repeated(content)}
    mistakes += [f"{carrier_id} is given twice" for carrier_id in sorted(repeated)]
    mistakes += _size_mistakes(content)
    if mistakes:
        raise ValueError("; ".join(mistakes))
    names = {
        key.lower(): (given if isinstance(given, str) else given["name"]).strip() for key, given in content.items()
    }
    details = {key.lower(): _details(given) for key, given in content.items() if not isinstance(given, str)}
    return Carriers(names, details)


def compact_json(content: object) -> str:
    """How the table stores carriers."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _size_mistakes(content: object) -> Iterator[str]:
    size = len(compact_json(content).encode("utf-8", "replace"))
    if size > MAX_BYTES:
        yield (
            f"it is too large: {size:,} bytes without spaces, of at most {MAX_BYTES:,}; leave out carriers that you do "
            "not use, or shorten their texts"
        )


def _repeated(given: object) -> list[str]:
    return given.repeated if isinstance(given, _Object) else []


def _details(given: Mapping[str, object]) -> CarrierDetails:
    """`given` has no mistakes."""
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in given.items() if key != "name"}
    return CarrierDetails(**values)  # type: ignore[arg-type]


def _mistakes(given: object) -> Iterator[str]:
    if isinstance(given, str):
        given = {"name": given}
    if not isinstance(given, dict):
        yield "it must be a name, or an object with a name"
        return
    yield from (f"unknown key {key}" for key in sorted(set(given) - _KEYS))
    yield from (f"{key} is given twice" for key in _repeated(given))
    if not _is_text(given.get("name")):
        yield f"name must be its name: 1 to {MAX_TEXT} visible characters"
    for key in ("contact", "example", "hint"):
        if key in given and not _is_text(given[key]):
            yield f"{key} must be 1 to {MAX_TEXT} visible characters in one line"
    if not _is_list(given.get("aliases", []), MAX_ALIASES):
        yield f"aliases must be a list of at most {MAX_ALIASES} names"
    fields = given.get("fields", [])
    if not _is_list(fields, len(EXTRA_FIELDS)) or not set(fields) <= set(EXTRA_FIELDS):
        yield f"fields must be a list of {', '.join(EXTRA_FIELDS)}"
    if "pattern" in given:
        yield from _pattern_mistakes(given["pattern"], given.get("example"))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= MAX_TEXT and value.isprintable()


def _is_list(value: object, most: int) -> bool:
    return isinstance(value, list) and len(value) <= most and all(map(_is_text, value))


def _pattern_mistakes(pattern: object, example: object) -> Iterator[str]:
    """A pattern that could take long to match is a mistake, too: the receiver answers within three seconds."""
    if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN or not _PATTERN.fullmatch(pattern):
        yield (
            f"pattern must be at most {MAX_PATTERN} characters: letters, digits, spaces, _ / - \\. \\d \\w, [classes], "
            "| and counts such as {6}, {6,8}, ?, * or +; no groups, and no ^ or $, since it applies to the whole id"
        )
        return
    if any(len(_REPEAT.findall(alternative)) > MAX_REPEATS for alternative in pattern.split("|")):
        yield f"pattern may hold at most {MAX_REPEATS} of {{6,8}}, ?, * and + (in each alternative)"
        return
    try:
        matches = isinstance(example, str) and re.fullmatch(pattern, example, re.ASCII) is not None
    except (re.error, OverflowError) as error:
        yield f"pattern is not valid: {error}"
        return
    if not matches:
        yield "pattern needs an example that it accepts"
