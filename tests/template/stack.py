"""For tests: the template, translated and linted by the tools in .cache/template."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.aws.table import TEMPLATE
from infra.stack.permissions import logical_id

ROOT = Path(__file__).parents[2]
TRANSLATOR = ROOT / ".cache/template/bin/python"
FUNCTION = "AWS::Lambda::Function"


@dataclass(frozen=True)
class Translation:
    """`problems` is the output of the translator and the linter; `stack` is None after an error."""

    problems: str
    stack: Stack | None


class Stack:
    def __init__(self, template: dict[str, Any]) -> None:
        self.template = template
        self.resources: dict[str, dict[str, Any]] = template["Resources"]

    def properties(self, name: str) -> dict[str, Any]:
        properties: dict[str, Any] = self.resources[name].get("Properties", {})
        return properties

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of all resources of a type, such as `AWS::Lambda::Function`, by name."""
        return {name: self.properties(name) for name, each in self.resources.items() if each["Type"] == kind}

    def only(self, kind: str) -> dict[str, Any]:
        """The properties of the only resource of a type."""
        (properties,) = self.of_type(kind).values()
        return properties

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

    def role_statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """All statements of all roles, each with its function."""
        for function in self.functions:
            for statement in self.statements(self.role_of(function)):
                yield function, statement

    def environment(self, function: str) -> dict[str, Any]:
        variables: dict[str, Any] = self.functions[function]["Environment"]["Variables"]
        return variables

    def alias_of(self, function: str) -> str:
        (alias_name,) = (
            name
            for name, alias in self.of_type("AWS::Lambda::Alias").items()
            if alias["FunctionName"] == {"Ref": function}
        )
        return alias_name

    def version_of(self, function: str) -> str:
        """The published version of the function's alias."""
        reference: list[str] = self.properties(self.alias_of(function))["FunctionVersion"]["Fn::GetAtt"]
        return reference[0]


def translate(source: Path = TEMPLATE, *, lint: bool = False, to: Path, **parameters: str) -> Translation:
    """`parameters`: the parameters of the deployment."""
    assert TRANSLATOR.exists(), "make test-template installs the tools in .cache/template"
    arguments = [f"{name}={value}" for name, value in parameters.items()]
    command = [TRANSLATOR, ROOT / "infra/stack/translate.py", source, to, *(["--lint"] if lint else []), *arguments]
    process = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if process.returncode == 0:
        return Translation("", Stack(json.loads(to.read_text(encoding="utf-8"))))
    return Translation(process.stdout + process.stderr, None)
