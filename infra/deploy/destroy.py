"""Destroys a stack: lists the retained resources, asks for the stack's name, and deletes the data last if requested."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy.errors import DeployError
from infra.deploy.retained import RECOVERY_DAYS, Retained, delete_resource, retained_by
from infra.deploy.stages import Stage


class RunCommand(Protocol):
    def __call__(self, command: list[str], *, dry_run: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Aws:
    """How to prompt a person, to run a command, and to create a botocore client for a service."""

    prompt: Callable[[str], str]
    run: RunCommand
    client: Callable[[str], Any]


def destroy(stage: Stage, *, delete: list[str], data: bool, dry_run: bool, aws: Aws) -> None:
    """Runs the command `delete`; with `data`, deletes the retained resources after it, when nothing writes any more."""
    retained = [] if dry_run else _retained(stage, aws)
    print(_explain(retained, stage, data=data))
    if not dry_run:
        phrase = f"delete the data of {stage.stack}" if data else stage.stack
        if aws.prompt(f"To continue, type: {phrase}\n> ").strip() != phrase:
            raise DeployError("nothing was changed.")
    aws.run(delete, dry_run=dry_run)
    if data:
        _delete_data(retained, aws)


def _retained(stage: Stage, aws: Aws) -> list[Retained]:
    try:
        answer = aws.client("cloudformation").describe_stack_resources(StackName=stage.stack)
    except (BotoCoreError, ClientError) as error:
        raise DeployError(f"the stack {stage.stack} cannot be read in {stage.region}: {error}") from error
    return retained_by(answer["StackResources"])


def _delete_data(retained: Sequence[Retained], aws: Aws) -> None:
    """Deletes each resource; continues after a failure and reports all failures at the end."""
    failures = []
    for resource in retained:
        try:
            delete_resource(resource, aws.client)
            print(f"deleted {resource}")
        except (BotoCoreError, ClientError) as error:
            failures.append(f"{resource} ({error})")
    if failures:
        raise DeployError("the stack is deleted; delete these by hand:\n  " + "\n  ".join(failures))


def _explain(retained: Sequence[Retained], stage: Stage, *, data: bool) -> str:
    listed = "".join(f"\n  {resource}" for resource in retained) or "\n  (its table, key, secrets and carriers)"
    if data:
        return (
            f"This deletes the stack {stage.stack} and its data:{listed}\n"
            f"You can restore the key and the secrets for {RECOVERY_DAYS} days, and the table from AWS's backup for 35."
        )
    return (
        f"This deletes the stack {stage.stack}. These resources stay and still cost money; a later deployment does "
        f"not find them, so keep this list:{listed}"
    )
