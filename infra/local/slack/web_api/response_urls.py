"""Response URLs: valid five times within thirty minutes, ephemeral by default."""

import json
from typing import Any

from infra.local.slack.client.fields import initial_values
from infra.local.slack.web_api.api import Answer
from infra.local.slack.web_api.arguments import Args, Refused
from infra.local.slack.web_api.context import ApiContext
from infra.local.slack.workspace import ApiCall, Json, Message, ResponseUrl


def respond(context: ApiContext, path: str, body: bytes) -> Answer:
    with context.workspace.lock:
        payload = _payload(body)
        answer = _answered(context, path, payload)
        method = "response_url"
        context.workspace.calls.append(ApiCall(method, payload or {}, answer.body, answer.status))
        return answer


def _payload(body: bytes) -> Json | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _answered(context: ApiContext, path: str, payload: Json | None) -> Answer:
    response_url = context.workspace.response_urls.get(path)
    dead = _dead(context, response_url)
    if response_url is None or dead:
        return Answer(404, {"ok": False, "error": dead or "invalid_url"})
    if payload is None:
        return Answer(400, {"ok": False, "error": "invalid_payload"})
    response_url.uses += 1
    try:
        apply_response(context, response_url, payload)
    except Refused as refusal:
        return Answer(400, refusal.answer())
    return Answer(200, {"ok": True})


def _dead(context: ApiContext, response_url: ResponseUrl | None) -> str | None:
    if response_url is None:
        return None
    if context.workspace.clock() - response_url.created_at > context.limits.response_url_seconds:
        return "expired_url"
    return "used_url" if response_url.uses >= context.limits.response_url_uses else None


def apply_response(context: ApiContext, response_url: ResponseUrl, payload: Json) -> None:
    """Applies the payload sent to a response URL, or returned for a command."""
    source = _source(context, response_url)
    if payload.get("delete_original") is True:
        if source is not None:
            _remove(context, source)
        return
    draft = _draft(context, response_url, payload)
    if payload.get("replace_original") is True and source is not None:
        _overwrite(context, source, draft)
    elif payload.get("response_type", "ephemeral") == "in_channel":
        _post(context, response_url, draft)
    else:
        draft.ts, draft.ephemeral_to = context.workspace.new_ts(), response_url.user_id
        context.workspace.ephemerals.append(draft)


def _source(context: ApiContext, response_url: ResponseUrl) -> Message | None:
    if response_url.message_ts is None:
        return None
    if response_url.ephemeral:
        mine = (m for m in context.workspace.ephemerals if m.ts == response_url.message_ts)
        return next(mine, None)
    return context.workspace.channels[response_url.channel_id].find(response_url.message_ts)


def _draft(context: ApiContext, response_url: ResponseUrl, payload: Json) -> Message:
    kind: Any = payload.get("response_type", "ephemeral")
    if kind not in ("ephemeral", "in_channel"):
        raise Refused("invalid_payload")
    args = Args(payload)
    blocks, text = context.read_blocks(args), args.text("text")
    if not blocks and not text.strip():
        raise Refused("no_text")
    return Message(
        ts="",
        channel_id=response_url.channel_id,
        user_id=context.workspace.bot_user_id,
        text=text[: context.limits.longest_text],
        blocks=blocks,
        values=initial_values(blocks, {}),
        metadata=context.read_metadata(args) or None,
        thread_ts=args.text("thread_ts") or None,
    )


def _overwrite(context: ApiContext, source: Message, draft: Message) -> None:
    source.text, source.blocks, source.values = draft.text, draft.blocks, draft.values
    source.edited_ts = context.workspace.new_ts()
    source.metadata = draft.metadata or source.metadata


def _post(context: ApiContext, response_url: ResponseUrl, draft: Message) -> None:
    channel = context.workspace.channels[response_url.channel_id]
    parent = channel.find(draft.thread_ts) if draft.thread_ts else None
    if draft.thread_ts and parent is None:
        raise Refused("thread_not_found")
    draft.ts = context.workspace.new_ts()
    (channel.messages if parent is None else parent.thread).append(draft)


def _remove(context: ApiContext, source: Message) -> None:
    posted = context.workspace.channels[source.channel_id].messages
    for messages in (context.workspace.ephemerals, posted, *(m.thread for m in posted)):
        messages[:] = [message for message in messages if message is not source]
