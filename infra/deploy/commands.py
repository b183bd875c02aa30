"""infra/deploy: what is run, as lists of words: nothing here runs anything."""

import hashlib
import json
from collections.abc import Iterable, Mapping

from infra.deploy.stages import Stage


def release_of(packages: Iterable[str], template: bytes, parameters: Mapping[str, str]) -> str:
    """The same for the same packages, template and parameters, and another one for any other."""
    told = [*packages, hashlib.sha256(template).hexdigest(), json.dumps(dict(parameters), sort_keys=True)]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def deploy(sam: str, stage: Stage, parameters: Mapping[str, str], *, commit: str, confirm: bool) -> list[str]:
    """Shows what would change before it does; with `confirm` it asks first."""
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
    """The stack, and what was uploaded for it. What the template retains stays."""
    return [sam, "delete", "--stack-name", stage.stack, "--region", stage.region, "--no-prompts"]
