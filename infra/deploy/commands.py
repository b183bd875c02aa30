"""The commands of a deployment as lists of arguments; this module runs nothing."""

import hashlib
import json
from collections.abc import Iterable, Mapping

from infra.deploy.stages import Stage


def release_of(packages: Iterable[str], template: bytes, parameters: Mapping[str, str]) -> str:
    """A hash of the packages, the template and the parameters: it changes if any of them changes."""
    parts = [*packages, hashlib.sha256(template).hexdigest(), json.dumps(dict(parameters), sort_keys=True)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def deploy(sam: str, stage: Stage, parameters: Mapping[str, str], *, commit: str, confirm: bool) -> list[str]:
    """Shows the change set before it is executed; with `confirm`, asks first."""
    return [
        *(sam, "deploy", "--template-file", "template.yaml"),
        *("--stack-name", stage.stack, "--region", stage.region),
        *("--resolve-s3", "--s3-prefix", stage.stack, "--no-progressbar"),
        *("--capabilities", "CAPABILITY_IAM"),
        "--confirm-changeset" if confirm else "--no-confirm-changeset",
        "--no-fail-on-empty-changeset",
        *("--tags", f"project=switchboard stage={stage.name} commit={commit}"),
        *("--parameter-overrides", *(f'{key}="{value}"' for key, value in sorted(parameters.items()))),
    ]


def delete(sam: str, stage: Stage) -> list[str]:
    """Deletes the stack and its uploads. Resources that the template retains stay."""
    return [sam, "delete", "--stack-name", stage.stack, "--region", stage.region, "--no-prompts"]
