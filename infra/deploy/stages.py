"""infra/deploy: a stage: one deployment, as infra/stages/NAME.toml describes it; every fault is named at once."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.package.packages import CARRIERS
from infra.package.recipe import ROOT

FOLDER = ROOT / "infra/stages"
OURS = frozenset({"Release", "CarriersFile"})
"""Parameters that deploying fills in itself."""
_KNOWN = {"region", "stack", "parameters", "carriers"}
_SECRET = re.compile(r"xox[a-z]-|AKIA[0-9A-Z]{16}|-----BEGIN|(?i:secret|password|token)\s*[=:]")
_CARRIER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class StageUnfit(Exception):
    """Names everything that is wrong."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`parameters` are those of the template that the file gives; lists are joined by commas."""

    name: str
    stack: str
    region: str
    parameters: Mapping[str, str]
    carriers: Mapping[str, str]


def read_stage(name: str, template: Mapping[str, Any], folder: Path = FOLDER) -> Stage:
    """Raises StageUnfit."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{1,30}", name):
        raise StageUnfit(
            "STAGE must be the name of a file in infra/stages without its .toml, such as production."
        )
    path = folder / f"{name}.toml"
    if not path.is_file():
        raise StageUnfit(f"There is no infra/stages/{name}.toml: copy example.toml beside it and fill it in.")
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise StageUnfit(f"infra/stages/{name}.toml cannot be read: {error}") from error
    return _checked(name, told, template)


def _checked(name: str, told: Mapping[str, Any], template: Mapping[str, Any]) -> Stage:
    given = {key: _text(value) for key, value in told.get("parameters", {}).items()}
    carriers = {key: str(value) for key, value in told.get("carriers", {}).items()}
    stage = Stage(name, told.get("stack") or f"switchboard-{name}", told.get("region", ""), given, carriers)
    faults = [f"{key} is not known here" for key in sorted(set(told) - _KNOWN)]
    faults += _faults(stage, template)
    if faults:
        raise StageUnfit(f"infra/stages/{name}.toml cannot be used:\n  " + "\n  ".join(faults))
    return stage


def _faults(stage: Stage, template: Mapping[str, Any]) -> Iterator[str]:
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", stage.region):
        yield "region must be an AWS region such as us-east-1"
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", stage.stack):
        yield "stack must be letters, digits and -, and begin with a letter"
    declared: Mapping[str, Any] = template.get("Parameters", {})
    for key in sorted(set(declared) - OURS - set(stage.parameters)):
        if "Default" not in declared[key]:
            yield f"{key} is missing: {declared[key].get('Description', '')}".rstrip(": ")
    for key, value in stage.parameters.items():
        yield from _wrong(key, value, declared)
    for carrier, name in stage.carriers.items():
        if not _CARRIER.fullmatch(carrier) or not name:
            yield f"carriers: {carrier} must be a carrier's id at Noyo, with its name"


def _wrong(key: str, value: str, declared: Mapping[str, Any]) -> Iterator[str]:
    if key not in declared or key in OURS:
        yield f"{key} is no parameter of template.yaml that can be given"
        return
    rule = declared[key]
    fits = re.fullmatch(rule.get("AllowedPattern", r"[\s\S]*"), value)
    allowed = [str(one) for one in rule.get("AllowedValues", [value])]
    if _SECRET.search(value):
        yield f"{key} looks like a secret, and secrets belong in Secrets Manager"
    elif not fits or value not in allowed or '"' in value or "\\" in value or "\n" in value:
        yield f"{key} {rule.get('ConstraintDescription') or 'must be one of ' + ', '.join(allowed)}"


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def parameters_of(stage: Stage, template: Mapping[str, Any], release: str) -> dict[str, str]:
    """All that the template declares: from the file, from deploying itself, and for the rest its default.

    A parameter that is not given keeps the value of the deployment before: whoever is taken out of the file could go on
    approving.
    """
    ours = {"Release": release, "CarriersFile": CARRIERS if stage.carriers else ""}
    declared = template.get("Parameters", {})
    defaults = {key: str(rule["Default"]) for key, rule in declared.items() if "Default" in rule}
    return defaults | dict(stage.parameters) | {key: value for key, value in ours.items() if key in declared}
