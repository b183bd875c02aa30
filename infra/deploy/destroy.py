"""infra/deploy: a stack taken away: it is said what stays, the name of what goes is typed, and the data goes last."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy.errors import NotDone
from infra.deploy.kept import GRACE_DAYS, Kept, kept_by, remove
from infra.deploy.stages import Stage


class Runs(Protocol):
    def __call__(self, command: list[str], *, only_shown: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Aws:
    """How a person is asked, a command run, and a botocore client of a service made."""

    ask: Callable[[str], str]
    run: Runs
    client: Callable[[str], Any]


def destroy(stage: Stage, *, delete: list[str], data: bool, dry: bool, aws: Aws) -> None:
    """`delete` takes the stack away; `data`: and then what it kept. The stack goes first, so that nothing writes."""
    kept = [] if dry else _kept(stage, aws)
    print(_what_becomes_of(kept, stage, data=data))
    if not dry:
        wanted = f"delete the data of {stage.stack}" if data else stage.stack
        if aws.ask(f"To go on, type: {wanted}\n> ").strip() != wanted:
            raise NotDone("nothing was done.")
    aws.run(delete, only_shown=dry)
    if data:
        _remove(kept, aws)


def _kept(stage: Stage, aws: Aws) -> list[Kept]:
    try:
        told = aws.client("cloudformation").describe_stack_resources(StackName=stage.stack)
    except (BotoCoreError, ClientError) as error:
        raise NotDone(f"the stack {stage.stack} cannot be read in {stage.region}: {error}") from error
    return kept_by(told["StackResources"])


def _remove(kept: Sequence[Kept], aws: Aws) -> None:
    """Each by itself: what could not go is named, and the rest goes all the same."""
    left = []
    for one in kept:
        try:
            remove(one, aws.client)
            print(f"removed {one}")
        except (BotoCoreError, ClientError) as error:
            left.append(f"{one} ({error})")
    if left:
        raise NotDone("the stack is gone, and by hand has still to go:\n  " + "\n  ".join(left))


def _what_becomes_of(kept: Sequence[Kept], stage: Stage, *, data: bool) -> str:
    named = "".join(f"\n  {one}" for one in kept) or "\n  (its table, its key and its secrets)"
    if data:
        return (
            f"The stack {stage.stack} goes, and with it all that it knows:{named}\n"
            f"Key and secrets can be called back for {GRACE_DAYS} days, the table from AWS's last backup for 35."
        )
    return (
        f"The stack {stage.stack} goes. These stay, and go on costing something; a later deployment does not "
        f"find them by itself, so keep this list:{named}"
    )
