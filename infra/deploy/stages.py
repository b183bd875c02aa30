"""A stage: one deployment, described in infra/stages/NAME.toml. Reading it reports all errors at once."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.domain.carriers import read_carriers
from infra.package.recipe import ROOT

FOLDER = ROOT / "infra/stages"
AUTOMATIC = frozenset({"Release"})
"""Parameters that `make deploy` sets itself."""
_KEYS = {"region", "stack", "parameters", "carriers"}
_SECRET = re.compile(r"xox[a-z]-|AKIA[0-9A-Z]{16}|-----BEGIN|(?i:secret|password|token)\s*[=:]")


class InvalidStage(Exception):
    """The message lists everything that is wrong."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`parameters` are the template parameters that the file sets; lists are joined with commas."""

    name: str
    stack: str
    region: str
    parameters: Mapping[str, str]
    carriers: Mapping[str, Any] | None
    """Names, or names with details, by id at Noyo; None if the file has no such table."""


def read_stage(name: str, template: Mapping[str, Any], folder: Path = FOLDER) -> Stage:
    """Raises InvalidStage."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{1,30}", name):
        raise InvalidStage("STAGE must be the name of a file in infra/stages without .toml, such as production.")
    path = folder / f"{name}.toml"
    if not path.is_file():
        raise InvalidStage(f"infra/stages/{name}.toml does not exist. Copy infra/stages/example.toml and fill it in.")
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidStage(f"infra/stages/{name}.toml cannot be read: {error}") from error
    return _checked(name, content, template)


def _checked(name: str, content: Mapping[str, Any], template: Mapping[str, Any]) -> Stage:
    parameters = {key: _text(value) for key, value in content.get("parameters", {}).items()}
    carriers = content.get("carriers")
    stage = Stage(name, content.get("stack") or f"switchboard-{name}", content.get("region", ""), parameters, carriers)
    errors = [f"unknown key: {key}" for key in sorted(set(content) - _KEYS)]
    errors += _errors(stage, template)
    if errors:
        raise InvalidStage(f"infra/stages/{name}.toml is invalid:\n  " + "\n  ".join(errors))
    return stage


def _errors(stage: Stage, template: Mapping[str, Any]) -> Iterator[str]:
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", stage.region):
        yield "region must be an AWS region such as us-east-1"
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", stage.stack):
        yield "stack must be letters, digits and -, and begin with a letter"
    declared: Mapping[str, Any] = template.get("Parameters", {})
    for key in sorted(set(declared) - AUTOMATIC - set(stage.parameters)):
        if "Default" not in declared[key]:
            yield f"{key} is missing: {declared[key].get('Description', '')}".rstrip(": ")
    for key, value in stage.parameters.items():
        yield from _parameter_errors(key, value, declared)
    try:
        read_carriers({} if stage.carriers is None else stage.carriers)
    except ValueError as error:
        yield f"carriers: {error}"
    if _SECRET.search(str(stage.carriers)):
        yield "carriers contain what looks like a secret; secrets belong in Secrets Manager"


def _parameter_errors(key: str, value: str, declared: Mapping[str, Any]) -> Iterator[str]:
    if key not in declared or key in AUTOMATIC:
        yield f"{key} is not a parameter that a stage can set"
        return
    rule = declared[key]
    fits = re.fullmatch(rule.get("AllowedPattern", r"[\s\S]*"), value)
    allowed = [str(value) for value in rule.get("AllowedValues", [value])]
    if _SECRET.search(value):
        yield f"{key} looks like a secret; secrets belong in Secrets Manager"
    elif not fits or value not in allowed or '"' in value or "\\" in value or "\n" in value:
        yield f"{key} {rule.get('ConstraintDescription') or 'must be one of ' + ', '.join(allowed)}"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def parameters_of(stage: Stage, template: Mapping[str, Any], release: str) -> dict[str, str]:
    """All parameters of the template: from the stage, set automatically, or with their default.

    CloudFormation would keep the previous value of a parameter that is not given, so that somebody who was removed from
    the file could still approve.
    """
    declared = template.get("Parameters", {})
    defaults = {key: str(rule["Default"]) for key, rule in declared.items() if "Default" in rule}
    automatic = {"Release": release} if "Release" in declared else {}
    return defaults | dict(stage.parameters) | automatic
