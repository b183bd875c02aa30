"""The permissions of all roles as a Markdown table, generated from the template for docs/permissions.md."""

from collections.abc import Iterable

from infra.stack.permissions import Allowed, Permission

VERBS = {
    "dynamodb:BatchGetItem": "read",
    "dynamodb:GetItem": "read",
    "dynamodb:Query": "read",
    "dynamodb:PutItem": "put",
    "dynamodb:UpdateItem": "change",
    "dynamodb:DeleteItem": "delete",
    "dynamodb:ConditionCheckItem": "check",
    "kms:Encrypt": "encrypt",
    "kms:Decrypt": "decrypt",
    "secretsmanager:GetSecretValue": "read",
    "lambda:GetAccountSettings": "read",
    "s3:GetObject": "read",
}
ORDER = list(dict.fromkeys(VERBS.values()))


def table(roles: Allowed) -> str:
    """A row for each resource, a column for each function."""
    functions = list(roles)
    rows = sorted({(_rank(each), resource(each)) for permissions in roles.values() for each in permissions})
    head = ["", *(name.removesuffix("Function") for name in functions)]
    lines = [head, ["---"] * len(head)]
    lines += [[name, *(_verbs(roles[function], name) for function in functions)] for _, name in rows]
    return "".join("".join(f"| {cell} " if cell else "| " for cell in cells) + "|\n" for cells in lines)


def resource(permission: Permission) -> str:
    """The resource as the table shows it: a key prefix, an index, the key, or a secret."""
    if permission.resource == "Table":
        return f"`{permission.keys.removesuffix('*')}`"
    if permission.action == "lambda:GetAccountSettings":
        return "Lambda's quota"
    if permission.resource.startswith("Table/index/"):
        return f"index `{permission.resource.rpartition('/')[2]}`"
    return f"`{permission.resource}`"


def _rank(permission: Permission) -> int:
    return 0 if permission.resource == "Table" else 1 if permission.resource.startswith("Table") else 2


def _verbs(permissions: Iterable[Permission], name: str) -> str:
    # An action without a verb appears by its own name, so that none is left out.
    verbs = {VERBS.get(each.action, each.action) for each in permissions if resource(each) == name}
    return ", ".join(sorted(verbs, key=lambda verb: (ORDER.index(verb) if verb in ORDER else 99, verb)))
