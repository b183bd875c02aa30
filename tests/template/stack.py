"""For tests: the template as CloudFormation gets it, translated and linted by the tools in .cache/template."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.table import TEMPLATE
from infra.stack.permissions import logical_id

ROOT = Path(__file__).parents[2]
TRANSLATOR = ROOT / ".cache/template/bin/python"
FUNCTION = "AWS::Lambda::Function"


@dataclass(frozen=True)
class Translated:
    """`problems` are the lines of whoever found something wrong; `stack` is None where there was no translation."""

    problems: str
    stack: Stack | None


class Stack:
    def __init__(self, template: dict[str, Any]) -> None:
        self.template = template
        self.resources: dict[str, dict[str, Any]] = template["Resources"]

    def properties(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.resources[name].get("Properties", {})
        return found

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """By name, the properties of each resource of a type, such as `AWS::Lambda::Function`."""
        return {name: self.properties(name) for name, one in self.resources.items() if one["Type"] == kind}

    def the(self, kind: str) -> dict[str, Any]:
        """The only one of its type."""
        (found,) = self.of_type(kind).values()
        return found

    @property
    def functions(self) -> dict[str, dict[str, Any]]:
        return self.of_type(FUNCTION)

    def role_of(self, function: str) -> str:
        return logical_id(self.functions[function]["Role"])

    def statements(self, role: str) -> list[dict[str, Any]]:
        return [
            statement
            for policy in self.properties(role)["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]

    def of_roles(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each statement of each function's role, with the function."""
        for function in self.functions:
            for statement in self.statements(self.role_of(function)):
                yield function, statement

    def environment(self, function: str) -> dict[str, Any]:
        found: dict[str, Any] = self.functions[function]["Environment"]["Variables"]
        return found

    def alias_of(self, function: str) -> str:
        (found,) = (
            name
            for name, alias in self.of_type("AWS::Lambda::Alias").items()
            if alias["FunctionName"] == {"Ref": function}
        )
        return found

    def version_of(self, function: str) -> str:
        """The published version that the function's alias points at."""
        pointed: list[str] = self.properties(self.alias_of(function))["FunctionVersion"]["Fn::GetAtt"]
        return pointed[0]


def translate(source: Path = TEMPLATE, *, lint: bool = False, to: Path, **parameters: str) -> Translated:
    """`parameters` by their names, as somebody gives them who deploys."""
    assert TRANSLATOR.exists(), "the tools are not there: make test-template puts them into .cache/template"
    given = [f"{name}={value}" for name, value in parameters.items()]
    command = [
        TRANSLATOR,
        ROOT / "infra/stack/translate.py",
        source,
        to,
        *(["--lint"] if lint else []),
        *given,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if done.returncode == 0:
        return Translated("", Stack(json.loads(to.read_text(encoding="utf-8"))))
    return Translated(done.stdout + done.stderr, None)
