"""Uploads the carriers of a stage to the stack's bucket, from which the running bot reads them each minute."""

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.deploy.errors import DeployError
from infra.deploy.stages import Stage

OUTPUT = "CarriersFile"
"""The output of the stack with the address of the file."""


def upload_carriers(stage: Stage, client: Callable[[str], Any], *, release: str = "", dry_run: bool = False) -> None:
    """`client` creates a botocore client for a service. With `release`, only if the stack has this release now: nobody
    may have confirmed it. A stage without carriers leaves a file that is there as it is.
    """
    if dry_run:
        print(f"then upload the carriers to the address in the stack's output {OUTPUT}")
        return
    try:
        stack = client("cloudformation").describe_stacks(StackName=stage.stack)["Stacks"][0]
        if release and release not in [each.get("ParameterValue") for each in stack.get("Parameters", [])]:
            print("The stack was not changed, and neither were its carriers.")
            return
        print(_upload(stage, stack, client("s3")))
    except (BotoCoreError, ClientError) as error:
        raise DeployError(f"the carriers were not uploaded; those in use stay: {error}") from error


def _upload(stage: Stage, stack: dict[str, Any], s3: Any) -> str:
    address = next((each["OutputValue"] for each in stack.get("Outputs", []) if each["OutputKey"] == OUTPUT), "")
    bucket, _, key = address.removeprefix("s3://").partition("/")
    if not key:
        raise DeployError(f"the stack {stage.stack} has no output {OUTPUT}; run make deploy STAGE={stage.name} first.")
    given = stage.carriers is not None
    text = json.dumps(stage.carriers or {}, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    try:
        only_new = {} if given else {"IfNoneMatch": "*"}
        s3.put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType="application/json", **only_new)
    except ClientError as error:
        if given or error.response["Error"]["Code"] != "PreconditionFailed":
            raise
        return f"infra/stages/{stage.name}.toml has no carriers, so {address} stays as it is."
    number = len(stage.carriers or {})
    return f"Uploaded to {address}: {number} carriers. They are in use within two minutes; doctor reports problems."
