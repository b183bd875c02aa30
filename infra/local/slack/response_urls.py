"""Slack stand-in, response_url: five uses in thirty minutes, ephemeral unless said."""

import json
from typing import Any

from .arguments import Args, Refused
from .fields import fresh_values
from .office import Office
from .web_api import Answer
from .workspace import ApiCall, Json, Message, ResponseUrl


def respond(context: Office, path: str, body: bytes) -> Answer:
    with context.world.lock:
        payload = _payload(body)
        answer = _answered(context, path, payload)
        method = "response_url"
        context.world.calls.append(ApiCall(method, payload or {}, answer.body, answer.status))
        return answer


def _payload(body: bytes) -> Json | None:
    try:
        held = json.loads(body)
    except ValueError:
        return None
    return held if isinstance(held, dict) else None


def _answered(context: Office, path: str, payload: Json | None) -> Answer:
    kept = context.world.response_urls.get(path)
    dead = _dead(context, kept)
    if kept is None or dead:
        return Answer(404, {"ok": False, "error": dead or "invalid_url"})
    if payload is None:
        return Answer(400, {"ok": False, "error": "invalid_payload"})
    kept.uses += 1
    try:
        apply_response(context, kept, payload)
    except Refused as refusal:
        return Answer(400, refusal.answer())
    return Answer(200, {"ok": True})


def _dead(context: Office, kept: ResponseUrl | None) -> str | None:
    if kept is None:
        return None
    if context.world.clock() - kept.made_at > context.limits.response_url_seconds:
        return "expired_url"
    return "used_url" if kept.uses >= context.limits.response_url_uses else None


def apply_response(context: Office, kept: ResponseUrl, payload: Json) -> None:
    """What a response_url, or the body of an answer to a command, makes happen."""
    source = _source(context, kept)
    if payload.get("delete_original") is True:
        if source is not None:
            _remove(context, source)
        return
    draft = _draft(context, kept, payload)
    if payload.get("replace_original") is True and source is not None:
        _overwrite(context, source, draft)
    elif payload.get("response_type", "ephemeral") == "in_channel":
        _post(context, kept, draft)
    else:
        draft.ts, draft.ephemeral_to = context.world.new_ts(), kept.user_id
        context.world.ephemerals.append(draft)


def _source(context: Office, kept: ResponseUrl) -> Message | None:
    if kept.message_ts is None:
        return None
    if kept.ephemeral:
        mine = (m for m in context.world.ephemerals if m.ts == kept.message_ts)
        return next(mine, None)
    return context.world.channels[kept.channel_id].find(kept.message_ts)


def _draft(context: Office, kept: ResponseUrl, payload: Json) -> Message:
    kind: Any = payload.get("response_type", "ephemeral")
    if kind not in ("ephemeral", "in_channel"):
        raise Refused("invalid_payload")
    args = Args(payload)
    blocks, text = context.blocks_of(args), args.text("text")
    if not blocks and not text.strip():
        raise Refused("no_text")
    return Message(
        ts="",
        channel_id=kept.channel_id,
        user_id=context.world.bot_user_id,
        text=text[: context.limits.longest_text],
        blocks=blocks,
        values=fresh_values(blocks, {}),
        metadata=context.metadata_of(args) or None,
        thread_ts=args.text("thread_ts") or None,
    )


def _overwrite(context: Office, source: Message, draft: Message) -> None:
    source.text, source.blocks, source.values = draft.text, draft.blocks, draft.values
    source.edited_ts = context.world.new_ts()
    source.metadata = draft.metadata or source.metadata


def _post(context: Office, kept: ResponseUrl, draft: Message) -> None:
    channel = context.world.channels[kept.channel_id]
    parent = channel.find(draft.thread_ts) if draft.thread_ts else None
    if draft.thread_ts and parent is None:
        raise Refused("thread_not_found")
    draft.ts = context.world.new_ts()
    (channel.messages if parent is None else parent.thread).append(draft)


def _remove(context: Office, source: Message) -> None:
    held = context.world.channels[source.channel_id].messages
    for kept in (context.world.ephemerals, held, *(m.thread for m in held)):
        kept[:] = [message for message in kept if message is not source]
