"""Reads the arguments of a call, and refuses it with Slack's error names."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from infra.local.slack.workspace import Json

READ_BY_FORM_ONLY = frozenset(
    {
        "chat.getPermalink",
        "conversations.history",
        "conversations.info",
        "conversations.replies",
        "usergroups.list",
        "usergroups.users.list",
        "users.info",
    }
)


class Refused(Exception):
    """Slack refuses the call with this `error` and these details."""

    def __init__(self, error: str, retry_after: int | None = None, **details: Any) -> None:
        super().__init__(error)
        self.error, self.retry_after, self.details = error, retry_after, details

    def answer(self) -> Json:
        return {"ok": False, "error": self.error, **self.details}


def refused_with_findings(error: str, findings: list[str]) -> Refused:
    messages = [f"[ERROR] {finding}" for finding in findings]
    return Refused(error, errors=findings, response_metadata={"messages": messages})


@dataclass(frozen=True)
class Args:
    """The arguments of one call. In form bodies, structures are JSON strings."""

    values: Json

    def given(self, name: str) -> bool:
        return self.values.get(name) is not None

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name)
        return default if value is None else str(value)

    def required(self, name: str, error: str = "invalid_arguments") -> str:
        value = self.text(name)
        if not value:
            finding = f"missing required field: {name}"
            raise refused_with_findings(error, [finding]) if error == "invalid_arguments" else Refused(error)
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        if not self.given(name):
            return default
        return str(self.values[name]).lower() in ("1", "true")

    def structure(self, name: str, error: str) -> Any:
        """An array or object, given directly or as a JSON string; None if absent."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError as problem:
            raise Refused(error) from problem


def read_arguments(method: str, content_type: str, query: str, body: bytes) -> Json:
    """The arguments from query and body. Methods that only read accept no JSON body, and only a form has a token."""
    args: Json = dict(parse_qsl(query, keep_blank_values=True))
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" and method not in READ_BY_FORM_ONLY:
        args |= _json_object(body)
    args.pop("token", None)
    if kind == "application/x-www-form-urlencoded":
        args |= dict(parse_qsl(_decoded(body), keep_blank_values=True))
    elif body and kind != "application/json":
        raise Refused("invalid_post_type")
    return args


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as problem:
        raise Refused("invalid_charset") from problem


def _json_object(body: bytes) -> Json:
    try:
        value = json.loads(body) if body else {}
    except ValueError as problem:
        raise Refused("invalid_json") from problem
    if not isinstance(value, dict):
        raise Refused("json_not_object")
    return value
