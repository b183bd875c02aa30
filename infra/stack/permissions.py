"""The permissions of roles and the calls of functions in one format, so that they can be compared."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from bot.domain.requests import WEBHOOK_ID
from infra.local.aws.table import TEMPLATE, read_template

KEYS = "dynamodb:LeadingKeys"
LAMBDA_SERVICE = re.compile(r"logs:|dynamodb:(DescribeStream|GetRecords|GetShardIterator|ListStreams)$")
"""Actions of the Lambda service itself: it writes the logs and reads the stream. Our code does not call them."""


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """`resource` is a logical id, such as `Table`, `Table/index/due` or `Key`; `keys` a pattern of partition keys."""

    action: str
    resource: str
    keys: str = ""

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}" + (f" for {self.keys}" if self.keys else "")


Allowed = dict[str, frozenset[Permission]]


def allowed(path: Path = TEMPLATE) -> Allowed:
    """The permissions of each function's role, by the function's logical id."""
    resources = read_template(path)["Resources"]
    return {
        name: frozenset(_of_role(resources[_role(resource)]))
        for name, resource in resources.items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def _role(function: dict[str, Any]) -> str:
    return logical_id(function["Properties"]["Role"])


def _of_role(role: dict[str, Any]) -> Iterator[Permission]:
    for policy in role["Properties"]["Policies"]:
        for statement in policy["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                yield from of_statement(statement)


def of_statement(statement: dict[str, Any]) -> Iterator[Permission]:
    patterns = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get(KEYS, [""])
    for action in _listed(statement["Action"]):
        if LAMBDA_SERVICE.match(action):
            continue
        for resource in _listed(statement["Resource"]):
            for pattern in _listed(patterns):
                yield Permission(action, logical_id(resource), pattern)


def logical_id(value: Any) -> str:
    """`Table` of `!GetAtt Table.Arn`, `Table/index/due` of `!Sub ${Table.Arn}/index/due`, `Secret` of `!Ref Secret`."""
    if isinstance(value, str):
        return value
    (argument,) = value.values()
    text = ".".join(argument) if isinstance(argument, list) else str(argument)
    return re.sub(r"\$\{(\w+)(?:\.\w+)?\}", r"\1", text).removesuffix(".Arn")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# ---------------------------------------------------------------- calls


def called(service: str, operation: str, parameters: dict[str, Any]) -> Iterator[Permission]:
    """The permissions that IAM requires for a call: one for each partition key and each part of a transaction."""
    if service == "dynamodb":
        yield from _on_the_table(operation, parameters)
    else:
        yield Permission(f"{service}:{operation}", _RESOURCE[service](parameters))


def _secret(parameters: dict[str, Any]) -> str:
    """The logical id of a secret, derived from the variable that contains its id."""
    variable = re.search(r"SECRET(_[A-Z]+)+", parameters["SecretId"])
    return variable[0].title().replace("_", "") if variable else str(parameters["SecretId"])


_RESOURCE: dict[str, Callable[[dict[str, Any]], str]] = {
    "kms": lambda _: "Key",
    "secretsmanager": _secret,
    "lambda": lambda _: "*",  # It concerns the whole account.
    "s3": lambda parameters: f"CarriersBucket/{parameters['Key']}",
}


def _on_the_table(operation: str, parameters: dict[str, Any]) -> Iterator[Permission]:
    if operation == "TransactWriteItems":
        for part in parameters["TransactItems"]:
            ((kind, write),) = part.items()
            action = "ConditionCheckItem" if kind == "ConditionCheck" else f"{kind}Item"
            yield _on_key("dynamodb:" + action, write.get("Key") or write["Item"])
        yield from _reads_after_lost_answer(parameters["TransactItems"])
    elif operation == "BatchGetItem":
        for requested in parameters["RequestItems"].values():
            yield from (_on_key("dynamodb:BatchGetItem", key) for key in requested["Keys"])
    elif operation == "Query":
        yield _query(parameters)
    else:
        yield _on_key("dynamodb:" + operation, parameters.get("Key") or parameters["Item"])


def _reads_after_lost_answer(parts: list[dict[str, Any]]) -> Iterator[Permission]:
    """After a lost answer to a conditional write, the table client reads the first item that it wrote.

    That is rare, so every conditional write requires this permission: no role may lack it when it is needed.
    """
    conditional = any("ConditionExpression" in write for part in parts for write in part.values())
    written = [part.get("Put", {}).get("Item") or part.get("Update", {}).get("Key") for part in parts]
    for item in [item for item in written if item][: int(conditional)]:
        yield _on_key("dynamodb:GetItem", item)


def _on_key(action: str, key: dict[str, Any]) -> Permission:
    return Permission(action, "Table", kind_of(key["pk"]["S"]))


def _query(parameters: dict[str, Any]) -> Permission:
    index = parameters.get("IndexName")
    value = re.match(r"[#\w]+ = (:\w+)", parameters["KeyConditionExpression"])
    if value is None:
        raise ValueError(f"{parameters['KeyConditionExpression']!r} does not begin with a partition key")
    key = parameters["ExpressionAttributeValues"][value[1]]["S"]
    return Permission("dynamodb:Query", f"Table/index/{index}" if index else "Table", kind_of(key))


NARROW_PATTERNS = ("HEALTH#webhook", f"OPERATION#{WEBHOOK_ID}*")
"""All that the public endpoint for webhooks may write. Other roles allow these keys with the whole kind."""


def kind_of(partition_key: str) -> str:
    """The pattern of a partition key in the roles: `OPERATION#*` for `OPERATION#V1`; without a # the key itself."""
    for pattern in NARROW_PATTERNS:
        if fnmatchcase(partition_key, pattern):
            return pattern
    kind, separator, _ = partition_key.partition("#")
    return f"{kind}#*" if separator else kind


# ---------------------------------------------------------------- comparison


def allows(permissions: Iterable[Permission], needed: Permission) -> bool:
    """Whether a role with these permissions allows it, by the same pattern of keys or by the whole kind."""
    kind = needed.keys.partition("#")[0]
    return not {needed, replace(needed, keys=f"{kind}#*")}.isdisjoint(permissions)


def unused_permissions(calls: dict[str, Iterable[Permission]], path: Path = TEMPLATE) -> list[str]:
    """A sentence for each permission that no test used."""
    return [
        f"{function} has the permission {permission}, but no test used it"
        for function, permissions in sorted(allowed(path).items())
        for permission in sorted(permissions - frozenset(calls.get(function, ())))
    ]


def read_calls(path: Path) -> dict[str, Iterable[Permission]]:
    calls = json.loads(path.read_text(encoding="utf-8"))
    return {
        function: [Permission(*permission) for permission in permissions] for function, permissions in calls.items()
    }
