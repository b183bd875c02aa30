"""infra/local: the filter patterns of an event source mapping, as far as the template uses them."""

from typing import Any

Pattern = dict[str, Any]


def validate_pattern(pattern: Pattern) -> Pattern:
    """The same pattern. Raises ValueError for a comparison that is not played here: guessing would wake wrongly."""
    for name, wanted in pattern.items():
        if isinstance(wanted, dict):
            validate_pattern(wanted)
        elif not isinstance(wanted, list) or not wanted:
            raise ValueError(f"{name}: a pattern ends in a list of what may be there, not in {wanted!r}")
        else:
            for alternative in wanted:
                _known(name, alternative)
    return pattern


def _known(name: str, alternative: Any) -> None:
    plain = alternative is None or isinstance(alternative, str | int | float | bool)
    prefix = isinstance(alternative, dict) and alternative.keys() == {"prefix"}
    if not plain and not (prefix and isinstance(alternative["prefix"], str)):
        raise ValueError(
            f"{name}: {alternative!r} is not played on one machine, only values and prefixes are"
        )


def matches(pattern: Pattern, event: Any) -> bool:
    """Every name of the pattern is there, and holds one of what it may."""
    return all(_fits(wanted, event.get(name, _ABSENT)) for name, wanted in pattern.items())


_ABSENT = object()


def _fits(wanted: Any, there: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(there, dict) and matches(wanted, there)
    return any(_is(alternative, there) for alternative in wanted)


def _is(alternative: Any, there: Any) -> bool:
    if isinstance(alternative, dict):
        return isinstance(there, str) and there.startswith(alternative["prefix"])
    return type(alternative) is type(there) and bool(alternative == there)
