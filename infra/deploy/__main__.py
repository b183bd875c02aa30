"""infra/deploy: `make deploy STAGE=…` and `make destroy STAGE=…`.

Whoever types it is about to change what a team works with. So a deployment is a commit that can be found again, it
shows what will change and asks; and destroying says what stays, and asks for the name of what goes.
"""

import argparse
import os
import shlex
import subprocess
import sys
from typing import Any

from infra.deploy import commands
from infra.deploy.destroy import Aws, destroy
from infra.deploy.errors import NotDone
from infra.deploy.stages import Stage, StageUnfit, parameters_of, read_stage
from infra.local.table import TEMPLATE, read_template
from infra.package.both import build_both
from infra.package.interpreters import NoInterpreter
from infra.package.recipe import ROOT, BuildFailed

SAM = ".cache/sam/bin/sam"
STAGES = ":(exclude)infra/stages"
"""Who keeps a stage's file out of the repository may."""


def main(arguments: list[str]) -> int:
    asked = _parser().parse_args(arguments)
    try:
        stage = read_stage(asked.stage, read_template())
        if asked.what == "deploy":
            _deploy(stage, asked)
        else:
            destroy(
                stage,
                delete=commands.delete(SAM, stage),
                data=asked.data == "delete",
                dry=_dry(asked),
                aws=Aws(ask=input, run=_run, client=lambda service: _client(service, stage.region)),
            )
    except (StageUnfit, NotDone, NoInterpreter, BuildFailed) as reason:
        print(f"make {asked.what}: {reason}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy", description=__doc__)
    parser.add_argument("what", choices=("deploy", "destroy"))
    parser.add_argument("stage")
    parser.add_argument("--dry-run", choices=("yes", "1", "no", ""), default="")
    parser.add_argument("--confirm", choices=("yes", "no"), default="yes", help="no: deploys without asking")
    parser.add_argument("--uncommitted", choices=("yes", "no"), default="no")
    parser.add_argument("--python", default="")
    parser.add_argument("--data", choices=("keep", "delete"), default="keep")
    return parser


def _deploy(stage: Stage, asked: argparse.Namespace) -> None:
    commit = _commit(uncommitted=asked.uncommitted == "yes")
    built = build_both(python=asked.python, carriers=stage.carriers)
    template = read_template()
    release = commands.release_of(
        [one.digest for one in built], TEMPLATE.read_bytes(), parameters_of(stage, template, "")
    )
    for one in built:
        print(one)
    parameters = parameters_of(stage, template, release)
    _run(
        commands.deploy(SAM, stage, parameters, commit=commit, confirm=asked.confirm == "yes"),
        only_shown=_dry(asked),
    )


def _client(service: str, region: str) -> Any:
    import botocore.session

    return botocore.session.Session().create_client(service, region_name=region)


def _commit(*, uncommitted: bool) -> str:
    changed = _git("status", "--porcelain", "--", ".", STAGES)
    if changed and not uncommitted:
        raise NotDone(
            "there are changes that are in no commit, so nobody could find again what ran:\n"
            f"{changed}\nCommit them, or say UNCOMMITTED=yes."
        )
    return _git("rev-parse", "--short=12", "HEAD") + ("-changed" if changed else "")


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotDone(f"git says: {done.stderr.strip()}")
    return done.stdout.rstrip()


def _run(command: list[str], *, only_shown: bool) -> None:
    print(f"$ {shlex.join(command)}", flush=True)
    if only_shown:
        return
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"SAM_CLI_TELEMETRY": "0"}, check=False)
    if done.returncode:
        raise NotDone(
            f"{command[0]} {command[1]} ended with status {done.returncode}; what it said is above."
        )


def _dry(asked: argparse.Namespace) -> bool:
    return asked.dry_run in ("yes", "1")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
