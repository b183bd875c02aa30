"""infra/stack: the roles as a table for whoever signs them, made from the template so that it cannot say otherwise."""

from collections.abc import Iterable

from infra.stack.permissions import Allowed, Permission

WORDS = {
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
}
ORDER = list(dict.fromkeys(WORDS.values()))


def table(roles: Allowed) -> str:
    """Markdown: a row for each thing, a column for each function."""
    functions = list(roles)
    rows = sorted({(_rank(one), thing(one)) for permissions in roles.values() for one in permissions})
    head = ["", *(name.removesuffix("Function") for name in functions)]
    lines = [head, ["---"] * len(head)]
    lines += [[name, *(_words(roles[function], name) for function in functions)] for _, name in rows]
    return "".join("".join(f"| {cell} " if cell else "| " for cell in cells) + "|\n" for cells in lines)


def thing(permission: Permission) -> str:
    """What it is about: `OPERATION#…` in the table, an index, the key, a secret."""
    if permission.resource == "Table":
        return f"`{permission.keys.removesuffix('*')}`"
    if permission.action == "lambda:GetAccountSettings":
        return "Lambda's quota"
    if permission.resource.startswith("Table/index/"):
        return f"index `{permission.resource.rpartition('/')[2]}`"
    return f"`{permission.resource}`"


def _rank(permission: Permission) -> int:
    return 0 if permission.resource == "Table" else 1 if permission.resource.startswith("Table") else 2


def _words(permissions: Iterable[Permission], name: str) -> str:
    # An action without a word is told as it is: none is left out.
    told = {WORDS.get(one.action, one.action) for one in permissions if thing(one) == name}
    return ", ".join(sorted(told, key=lambda word: (ORDER.index(word) if word in ORDER else 99, word)))
