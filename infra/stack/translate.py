"""Translates the SAM template into the CloudFormation template, written as JSON, and lints both.

Run it with the interpreter of .cache/template, because the translator needs other releases than the bot:
    .cache/template/bin/python infra/stack/translate.py template.yaml --to out.json [--lint] [Parameter=value …]
"""

import json
import sys
from pathlib import Path
from typing import Any

REGION = "us-east-1"


def translated(template: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
    """Raises the errors of the translator. It runs without AWS, so the template must not use managed policies."""
    from boto3.session import Session
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    translator = Translator({}, Parser(), boto_session=Session(region_name=REGION))
    translation: dict[str, Any] = translator.translate(_packaged(template), {"AWS::Region": REGION} | parameters)
    return translation


def _packaged(template: dict[str, Any]) -> dict[str, Any]:
    """Like `sam package`: the code of each function is in a bucket."""
    for resource in template["Resources"].values():
        if "CodeUri" in resource.get("Properties", {}):
            folder = resource["Properties"]["CodeUri"]
            resource["Properties"]["CodeUri"] = f"s3://packages/{folder}.zip"
    return template


def lint(path: Path) -> list[str]:
    """The findings of cfn-lint, including informational ones."""
    from cfnlint.api import ManualArgs, lint_file

    findings = lint_file(path, config=ManualArgs(regions=[REGION], include_checks=["I"]))
    return [f"{path.name}:{finding.linenumber}: {finding.rule.id} {finding.message}" for finding in findings]


def main(arguments: list[str]) -> int:
    from samtranslator.yaml_helper import yaml_parse

    positional = [argument for argument in arguments if not argument.startswith("--")]
    source, to, *parameters = positional
    template = yaml_parse(Path(source).read_text(encoding="utf-8"))
    translation = translated(template, dict(parameter.split("=", 1) for parameter in parameters))
    Path(to).write_text(json.dumps(translation, indent=1), encoding="utf-8")
    findings = [*lint(Path(source)), *lint(Path(to))] if "--lint" in arguments else []
    for line in findings:
        print(line)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
