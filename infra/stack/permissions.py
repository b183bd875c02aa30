"""infra/stack: what a role lets a function do and what a function did, in the same words, to be compared."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.table import TEMPLATE, read_template

KEYS = "dynamodb:LeadingKeys"
LAMBDAS_OWN = re.compile(r"logs:|dynamodb:(DescribeStream|GetRecords|GetShardIterator|ListStreams)$")
"""What Lambda itself does in the role's name: it writes the logs and reads the stream. No line of ours calls these."""


@dataclass(frozen=True, slots=True, order=True)
class Permission:
    """`resource` as the template names it: `Table`, `Table/index/due`, `Key`; `keys` a pattern of partition keys."""

    action: str
    resource: str
    keys: str = ""

    def __str__(self) -> str:
        return f"{self.action} on {self.resource}" + (f" for {self.keys}" if self.keys else "")


Allowed = dict[str, frozenset[Permission]]


def allowed(path: Path = TEMPLATE) -> Allowed:
    """By function, what its role allows our own code, by the names that the template gives them."""
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
        if LAMBDAS_OWN.match(action):
            continue
        for resource in _listed(statement["Resource"]):
            for pattern in _listed(patterns):
                yield Permission(action, logical_id(resource), pattern)


def logical_id(value: Any) -> str:
    """`Table` of `!GetAtt Table.Arn`, `Table/index/due` of `!Sub ${Table.Arn}/index/due`, `Secret` of `!Ref Secret`."""
    if isinstance(value, str):
        return value
    (given,) = value.values()
    text = ".".join(given) if isinstance(given, list) else str(given)
    return re.sub(r"\$\{(\w+)(?:\.\w+)?\}", r"\1", text).removesuffix(".Arn")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# ---------------------------------------------------------------- what was called


def called(service: str, operation: str, parameters: dict[str, Any]) -> Iterator[Permission]:
    """What IAM asks for at a call: a permission for each partition key, and for each part of a transaction."""
    if service == "dynamodb":
        yield from _on_the_table(operation, parameters)
    else:
        yield Permission(f"{service}:{operation}", _NAMED[service](parameters))


def _secret(parameters: dict[str, Any]) -> str:
    """Secrets are named for the variable that holds their id, here and, in the template's way, there."""
    found = re.search(r"SECRET(_[A-Z]+)+", parameters["SecretId"])
    return found[0].title().replace("_", "") if found else str(parameters["SecretId"])


_NAMED: dict[str, Callable[[dict[str, Any]], str]] = {
    "kms": lambda _: "Key",
    "secretsmanager": _secret,
    "lambda": lambda _: "*",  # Of the account, whatever it is called with.
}


def _on_the_table(operation: str, parameters: dict[str, Any]) -> Iterator[Permission]:
    if operation == "TransactWriteItems":
        for part in parameters["TransactItems"]:
            ((kind, given),) = part.items()
            action = "ConditionCheckItem" if kind == "ConditionCheck" else f"{kind}Item"
            yield _one("dynamodb:" + action, given.get("Key") or given["Item"])
        yield from _looked_for(parameters["TransactItems"])
    elif operation == "BatchGetItem":
        for given in parameters["RequestItems"].values():
            yield from (_one("dynamodb:BatchGetItem", key) for key in given["Keys"])
    elif operation == "Query":
        yield _query(parameters)
    else:
        yield _one("dynamodb:" + operation, parameters.get("Key") or parameters["Item"])


def _looked_for(parts: list[dict[str, Any]]) -> Iterator[Permission]:
    """What the store reads where the answer to a conditional write was lost: the first item that it left its stamp on.

    That happens seldom, so the right to do it is asked for at each write: no role shall lack it on a bad day.
    """
    conditional = any("ConditionExpression" in given for part in parts for given in part.values())
    written = [part.get("Put", {}).get("Item") or part.get("Update", {}).get("Key") for part in parts]
    for item in [item for item in written if item][: int(conditional)]:
        yield _one("dynamodb:GetItem", item)


def _one(action: str, key: dict[str, Any]) -> Permission:
    return Permission(action, "Table", kind_of(key["pk"]["S"]))


def _query(parameters: dict[str, Any]) -> Permission:
    index = parameters.get("IndexName")
    value = re.match(r"[#\w]+ = (:\w+)", parameters["KeyConditionExpression"])
    if value is None:
        raise ValueError(f"no partition key at the beginning of {parameters['KeyConditionExpression']!r}")
    key = parameters["ExpressionAttributeValues"][value[1]]["S"]
    return Permission("dynamodb:Query", f"Table/index/{index}" if index else "Table", kind_of(key))


def kind_of(partition_key: str) -> str:
    """The kind of a partition key as a role names it: `OPERATION#*` of `OPERATION#V1`; without a # the key itself."""
    kind, found, _ = partition_key.partition("#")
    return f"{kind}#*" if found else kind


# ---------------------------------------------------------------- both ways


def never_called(calls: dict[str, Iterable[Permission]], path: Path = TEMPLATE) -> list[str]:
    """What a role allows and no test ever did, in words."""
    return [
        f"{function} may {permission}, and no test ever did"
        for function, permissions in sorted(allowed(path).items())
        for permission in sorted(permissions - frozenset(calls.get(function, ())))
    ]


def read_calls(path: Path) -> dict[str, Iterable[Permission]]:
    told = json.loads(path.read_text(encoding="utf-8"))
    return {function: [Permission(*one) for one in permissions] for function, permissions in told.items()}
