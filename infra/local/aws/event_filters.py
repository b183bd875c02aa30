"""Filter patterns of event source mappings, as far as the template uses them."""

from typing import Any

Pattern = dict[str, Any]


def validate_pattern(pattern: Pattern) -> Pattern:
    """Returns the pattern. Raises ValueError for a comparison that is not supported here."""
    for name, wanted in pattern.items():
        if isinstance(wanted, dict):
            validate_pattern(wanted)
        elif not isinstance(wanted, list) or not wanted:
            raise ValueError(f"{name}: a pattern must end in a list of alternatives, not in {wanted!r}")
        else:
            for alternative in wanted:
                _check_alternative(name, alternative)
    return pattern


def _check_alternative(name: str, alternative: Any) -> None:
    plain = alternative is None or isinstance(alternative, str | int | float | bool)
    prefix = isinstance(alternative, dict) and alternative.keys() == {"prefix"}
    if not plain and not (prefix and isinstance(alternative["prefix"], str)):
        raise ValueError(f"{name}: {alternative!r} is not supported on one machine, only values and prefixes are")


def matches(pattern: Pattern, event: Any) -> bool:
    """Whether the event has each name of the pattern, with one of its alternatives."""
    return all(_matches_value(wanted, event.get(name, _ABSENT)) for name, wanted in pattern.items())


_ABSENT = object()


def _matches_value(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(value, dict) and matches(wanted, value)
    return any(_equals(alternative, value) for alternative in wanted)


def _equals(alternative: Any, value: Any) -> bool:
    if isinstance(alternative, dict):
        return isinstance(value, str) and value.startswith(alternative["prefix"])
    return type(alternative) is type(value) and bool(alternative == value)
