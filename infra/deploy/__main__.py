"""`make deploy STAGE=…`, `make carriers STAGE=…` and `make destroy STAGE=…`.

A deployment always has a commit; it shows what will change and asks for confirmation. Carriers can be uploaded without
a deployment. Destroying a stack lists its retained resources and asks you to type the name of the stack.
"""

import argparse
import os
import shlex
import subprocess
import sys
from functools import partial
from typing import Any

from infra.deploy import commands
from infra.deploy.carriers import upload_carriers
from infra.deploy.destroy import Aws, destroy
from infra.deploy.errors import DeployError
from infra.deploy.stages import InvalidStage, Stage, parameters_of, read_stage
from infra.local.aws.table import TEMPLATE, read_template
from infra.package.both import build_both
from infra.package.interpreters import NoInterpreter
from infra.package.recipe import ROOT, BuildFailed

SAM = ".cache/sam/bin/sam"
STAGES = ":(exclude)infra/stages"
"""Uncommitted files of stages do not prevent a deployment."""


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        stage = read_stage(options.stage, read_template())
        if options.command == "deploy":
            _deploy(stage, options)
        elif options.command == "carriers":
            upload_carriers(stage, partial(_client, region=stage.region), dry_run=_dry_run(options))
        else:
            destroy(
                stage,
                delete=commands.delete(SAM, stage),
                data=options.data == "delete",
                dry_run=_dry_run(options),
                aws=Aws(prompt=input, run=run_command, client=partial(_client, region=stage.region)),
            )
    except (InvalidStage, DeployError, NoInterpreter, BuildFailed) as reason:
        print(f"make {options.command}: {reason}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    parser.add_argument("command", choices=("deploy", "carriers", "destroy"))
    parser.add_argument("stage")
    parser.add_argument("--dry-run", choices=("yes", "1", "no", ""), default="")
    parser.add_argument("--confirm", choices=("yes", "no"), default="yes", help="no: deploys without confirmation")
    parser.add_argument("--uncommitted", choices=("yes", "no"), default="no")
    parser.add_argument("--python", default="")
    parser.add_argument("--data", choices=("keep", "delete"), default="keep")
    return parser


def _deploy(stage: Stage, options: argparse.Namespace) -> None:
    commit = commit_tag(uncommitted=options.uncommitted == "yes")
    packages = build_both(python=options.python)
    template = read_template()
    release = commands.release_of(
        [package.digest for package in packages], TEMPLATE.read_bytes(), parameters_of(stage, template, "")
    )
    for package in packages:
        print(package)
    parameters = parameters_of(stage, template, release)
    run_command(
        commands.deploy(SAM, stage, parameters, commit=commit, confirm=options.confirm == "yes"),
        dry_run=_dry_run(options),
    )
    upload_carriers(stage, partial(_client, region=stage.region), release=release, dry_run=_dry_run(options))


def _client(service: str, region: str) -> Any:
    import botocore.session

    return botocore.session.Session().create_client(service, region_name=region)


def commit_tag(*, uncommitted: bool) -> str:
    changed = _git("status", "--porcelain", "--", ".", STAGES)
    if changed and not uncommitted:
        raise DeployError(
            "there are uncommitted changes, so nobody could find out later what was deployed:\n"
            f"{changed}\nCommit them, or set UNCOMMITTED=yes."
        )
    return _git("rev-parse", "--short=12", "HEAD") + ("-changed" if changed else "")


def _git(*words: str) -> str:
    process = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    if process.returncode:
        raise DeployError(f"git failed: {process.stderr.strip()}")
    return process.stdout.rstrip()


def run_command(command: list[str], *, dry_run: bool) -> None:
    print(f"$ {shlex.join(command)}", flush=True)
    if dry_run:
        return
    process = subprocess.run(command, cwd=ROOT, env=os.environ | {"SAM_CLI_TELEMETRY": "0"}, check=False)
    if process.returncode:
        raise DeployError(f"{command[0]} {command[1]} failed with status {process.returncode}; see its output above.")


def _dry_run(options: argparse.Namespace) -> bool:
    return options.dry_run in ("yes", "1")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
