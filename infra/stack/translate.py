"""infra/stack: what CloudFormation gets: the template as SAM translates it, written as JSON; and what the linter says.

Run by the interpreter of .cache/template, since the translator asks for other releases than the bot:
    .cache/template/bin/python infra/stack/translate.py template.yaml --to out.json [--lint] [Parameter=value …]
"""

import json
import sys
from pathlib import Path
from typing import Any

REGION = "us-east-1"


def translated(template: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
    """Raises what the translator raises. There is no AWS: nothing in the template may need a managed policy."""
    from boto3.session import Session
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    translator = Translator({}, Parser(), boto_session=Session(region_name=REGION))
    made: dict[str, Any] = translator.translate(_packaged(template), {"AWS::Region": REGION} | parameters)
    return made


def _packaged(template: dict[str, Any]) -> dict[str, Any]:
    """As `sam package` leaves it: the code of each function lies in a bucket."""
    for resource in template["Resources"].values():
        if "CodeUri" in resource.get("Properties", {}):
            folder = resource["Properties"]["CodeUri"]
            resource["Properties"]["CodeUri"] = f"s3://packages/{folder}.zip"
    return template


def lint(path: Path) -> list[str]:
    """What cfn-lint finds, its hints included."""
    from cfnlint.api import ManualArgs, lint_file

    found = lint_file(path, config=ManualArgs(regions=[REGION], include_checks=["I"]))
    return [f"{path.name}:{one.linenumber}: {one.rule.id} {one.message}" for one in found]


def main(arguments: list[str]) -> int:
    from samtranslator.yaml_helper import yaml_parse

    given = [one for one in arguments if not one.startswith("--")]
    source, to, *parameters = given
    template = yaml_parse(Path(source).read_text(encoding="utf-8"))
    made = translated(template, dict(one.split("=", 1) for one in parameters))
    Path(to).write_text(json.dumps(made, indent=1), encoding="utf-8")
    findings = [*lint(Path(source)), *lint(Path(to))] if "--lint" in arguments else []
    for line in findings:
        print(line)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
