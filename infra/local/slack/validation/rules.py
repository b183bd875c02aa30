"""Rules that check JSON and report what is wrong, and where.

A rule takes the findings so far, a JSON pointer and a value. Findings have the wording of Slack's:
`must be less than 3001 characters [json-pointer:/blocks/0/text/text]`.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Findings = list[str]
Rule = Callable[[Findings, str, Any], None]


def add_finding(findings: Findings, pointer: str, problem: str) -> None:
    findings.append(f"{problem} [json-pointer:{pointer}]")


def string(most: int, least: int = 0) -> Rule:
    def rule(findings: Findings, pointer: str, value: Any) -> None:
        if not isinstance(value, str):
            add_finding(findings, pointer, "must be a string")
        elif len(value) > most:
            add_finding(findings, pointer, f"must be less than {most + 1} characters")
        elif len(value) < least:
            add_finding(findings, pointer, f"must be more than {least - 1} characters")

    return rule


def formatted(form: str, pattern: str) -> Rule:
    def rule(findings: Findings, pointer: str, value: Any) -> None:
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
            add_finding(findings, pointer, f"must be in the format {form}")

    return rule


def integer(least: int, most: int) -> Rule:
    def rule(findings: Findings, pointer: str, value: Any) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            add_finding(findings, pointer, "must be an integer")
        elif not least <= value <= most:
            add_finding(findings, pointer, f"must be between {least} and {most}")

    return rule


def number(findings: Findings, pointer: str, value: Any) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        add_finding(findings, pointer, "must be a number")


def boolean(findings: Findings, pointer: str, value: Any) -> None:
    if not isinstance(value, bool):
        add_finding(findings, pointer, "must be a boolean")


def unchecked(findings: Findings, pointer: str, value: Any) -> None:
    """For values that the fake stores without a check."""


def one_of(*allowed: object) -> Rule:
    def rule(findings: Findings, pointer: str, value: Any) -> None:
        if value not in allowed:
            add_finding(findings, pointer, "must be one of: " + ", ".join(map(str, allowed)))

    return rule


def items(each: Rule, most: int, least: int = 0) -> Rule:
    def rule(findings: Findings, pointer: str, value: Any) -> None:
        if not isinstance(value, list):
            add_finding(findings, pointer, "must be an array")
            return
        if len(value) > most:
            add_finding(findings, pointer, f"no more than {most} items allowed")
        if len(value) < least:
            add_finding(findings, pointer, f"no less than {least} items allowed")
        for index, item in enumerate(value):
            each(findings, f"{pointer}/{index}", item)

    return rule


def fields(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None, *also: Rule) -> Rule:
    """An object with these required and optional fields and no others; `also` are rules across fields."""
    known = {**required, **(optional or {})}

    def rule(findings: Findings, pointer: str, value: Any) -> None:
        if not isinstance(value, dict):
            add_finding(findings, pointer, "must be an object")
            return
        for name in required.keys() - value.keys():
            add_finding(findings, pointer, f"missing required field: {name}")
        for name, inner in value.items():
            if name not in known:
                add_finding(findings, pointer, f"invalid additional property: {name}")
            elif inner is None:
                add_finding(findings, f"{pointer}/{name}", "must not be null")
            else:
                known[name](findings, f"{pointer}/{name}", inner)
        for rule_across in also:
            rule_across(findings, pointer, value)

    return rule


def by_type(rules: Mapping[str, Rule], allowed: Iterable[str] | None = None) -> Rule:
    """An object whose `type` selects its rule; other types than the allowed ones are refused."""
    choices = frozenset(rules if allowed is None else allowed)

    def rule(findings: Findings, pointer: str, value: Any) -> None:
        if not isinstance(value, dict):
            add_finding(findings, pointer, "must be an object")
            return
        kind = value.get("type")
        if not isinstance(kind, str):
            add_finding(findings, pointer, "missing required field: type")
        elif kind not in choices or kind not in rules:
            add_finding(findings, f"{pointer}/type", f"unsupported type: {kind}")
        else:
            rules[kind](findings, pointer, value)

    return rule


def any_of(*names: str) -> Rule:
    """Across fields: at least one of them is required."""

    def rule(findings: Findings, pointer: str, value: Any) -> None:
        if not any(value.get(name) for name in names):
            add_finding(findings, pointer, "missing required field: " + " or ".join(names))

    return rule


def distinct(where: str, what: str) -> Rule:
    """Across fields: the items under `where` have different values of `what`."""

    def rule(findings: Findings, pointer: str, value: Any) -> None:
        values = value.get(where)
        check_unique(findings, f"{pointer}/{where}", values if isinstance(values, list) else [], what)

    return rule


def check_unique(findings: Findings, pointer: str, values: list[Any], what: str) -> None:
    seen: set[str] = set()
    for index, item in enumerate(values):
        name = item.get(what) if isinstance(item, dict) else None
        if isinstance(name, str) and name in seen:
            add_finding(findings, f"{pointer}/{index}/{what}", f"`{what}` {name} already exists")
        elif isinstance(name, str):
            seen.add(name)
