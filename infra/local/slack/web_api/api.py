"""Answers Web API calls: checks the token, scopes and rate limits, and runs the method."""

import copy
import hmac
from dataclasses import dataclass, field
from typing import Any

from infra.local.slack.validation.blocks import check_blocks
from infra.local.slack.validation.views import check_view
from infra.local.slack.web_api import chat, directory, views
from infra.local.slack.web_api.arguments import Args, Refused, read_arguments, refused_with_findings
from infra.local.slack.web_api.context import ApiContext
from infra.local.slack.workspace import ApiCall, Json

METHODS = {**chat.METHODS, **directory.METHODS, **views.METHODS}


_READS_MESSAGES = frozenset({"channels:history", "groups:history", "im:history"})
SCOPES = {
    "chat.postMessage": frozenset({"chat:write"}),
    "chat.update": frozenset({"chat:write"}),
    "chat.delete": frozenset({"chat:write"}),
    "conversations.history": _READS_MESSAGES,
    "conversations.replies": _READS_MESSAGES,
    "conversations.info": frozenset({"channels:read", "groups:read", "im:read"}),
    "conversations.open": frozenset({"im:write"}),
    "usergroups.list": frozenset({"usergroups:read"}),
    "usergroups.users.list": frozenset({"usergroups:read"}),
    "users.info": frozenset({"users:read"}),
}
"""A method needs one of these scopes: of several, the one for the kind of the conversation."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: Json
    headers: dict[str, str] = field(default_factory=dict)


class WebApi:
    def __init__(self, context: ApiContext, bot_token: str) -> None:
        """`granted_scopes` are the token's scopes; initially all that the methods need."""
        self.granted_scopes = frozenset().union(*SCOPES.values()) | {"commands"}
        self._context, self._token = context, bot_token
        self._revoked: set[str] = set()

    def replace_token(self, bot_token: str) -> None:
        """Replaces the token and revokes the previous one."""
        self._revoked.add(self._token)
        self._token = bot_token

    def call(self, method: str, authorization: str, content_type: str, query: str, body: bytes) -> Answer:
        """Runs the call and records it."""
        try:
            args = read_arguments(method, content_type, query, body)
        except Refused as refusal:
            return self._record(method, {}, Answer(200, refusal.answer()))
        token = args.pop("token", "") or authorization.removeprefix("Bearer ")
        with self._context.workspace.lock:
            return self._record(method, args, self._answer(method, token, Args(args)))

    def refuse(self, method: str, answer: Answer) -> Answer:
        """Records a refusal that a fault requested."""
        return self._record(method, {}, answer)

    def _record(self, method: str, args: Json, answer: Answer) -> Answer:
        call = ApiCall(method, copy.deepcopy(args), answer.body, answer.status)
        self._context.workspace.calls.append(call)
        return answer

    def _answer(self, method: str, token: str, args: Args) -> Answer:
        try:
            result = {"ok": True, **self._run(method, token, args)}
            return Answer(200, result, {"x-oauth-scopes": ",".join(sorted(self.granted_scopes))})
        except Refused as refusal:
            if refusal.retry_after is None:
                return Answer(200, refusal.answer())
            wait = {"Retry-After": str(refusal.retry_after)}
            return Answer(429, refusal.answer(), wait)

    def _run(self, method: str, token: str, args: Args) -> Json:
        if method == "blocks.validate":
            return validate(args)
        if method not in METHODS:
            raise Refused("unknown_method")
        if not token:
            raise Refused("not_authed")
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            raise Refused("token_revoked" if token in self._revoked else "invalid_auth")
        needed = self._needed_scopes(method, args.text("channel"))
        if needed and not needed & self.granted_scopes:
            raise Refused("missing_scope", needed=min(needed), provided=",".join(sorted(self.granted_scopes)))
        now = self._context.workspace.clock()
        wait = self._context.meters.wait_for_method(method, now)
        if wait:
            raise Refused("ratelimited", retry_after=wait)
        return METHODS[method](self._context, args)

    def _needed_scopes(self, method: str, channel_id: str) -> frozenset[str]:
        """Any of these scopes will do."""
        scopes = SCOPES.get(method, frozenset())
        channel = self._context.workspace.channels.get(channel_id)
        if channel is None or len(scopes) == 1:
            return scopes
        kind = "im" if channel.is_im else "groups" if channel.private else "channels"
        return frozenset(scope for scope in scopes if scope.startswith(f"{kind}:"))


def validate(args: Args) -> Json:
    """blocks.validate needs no token, and exactly one of blocks, message or view."""
    given = [name for name in ("blocks", "message", "view") if args.given(name)]
    if len(given) != 1:
        raise refused_with_findings("invalid_arguments", ["exactly one of blocks, message, view"])
    error = f"invalid_{given[0]}"
    findings = _validated(given[0], args.structure(given[0], error))
    if findings:
        raise Refused(error, errors=[_as_error(finding) for finding in findings])
    return {}


def _validated(kind: str, value: Any) -> list[str]:
    if kind == "view":
        surface = value.get("type", "modal") if isinstance(value, dict) else "modal"
        return check_view(value, surface if surface in ("modal", "home") else "modal")
    if kind == "message":
        value = value.get("blocks", []) if isinstance(value, dict) else value
    return check_blocks(value)


def _as_error(finding: str) -> Json:
    message, _, pointer = finding.removesuffix("]").rpartition(" [json-pointer:")
    return {"pointer": pointer, "code": "invalid", "message": message, "field": pointer.rpartition("/")[2]}
