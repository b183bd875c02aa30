"""The measured requests, signed, as events of the HTTP API."""

import base64
import json
import time
import uuid
from typing import Any
from urllib.parse import urlencode

SECRET = "local-signing-secret"
COMMAND = "/noyo"


def event(text: str | None = None) -> dict[str, Any]:
    """`/noyo` with this text; without one `/noyo status <unknown id>`, which submits a refresh."""
    return _signed(
        {
            "command": COMMAND,
            "text": f"status {uuid.uuid4()}" if text is None else text,
            "user_id": "U0BENCH",
            "user_name": "bench",
            "channel_id": "C0BENCH",
            "channel_name": "bench",
            "team_id": "T0LOCAL",
            "team_domain": "local",
            "api_app_id": "A0LOCAL",
            "trigger_id": uuid.uuid4().hex,
            "response_url": "https://hooks.slack.com/commands/none",
            "token": "none",
        }
    )


def suggestion(action_id: str, query: str) -> dict[str, Any]:
    """What is typed in a field of an answer that only one person sees."""
    payload = {
        "type": "block_suggestion",
        "user": {"id": "U0BENCH", "username": "bench", "name": "bench", "team_id": "T0LOCAL"},
        "team": {"id": "T0LOCAL", "domain": "local"},
        "api_app_id": "A0LOCAL",
        "token": "none",
        "container": {"type": "message", "message_ts": "1.0", "channel_id": "C0BENCH", "is_ephemeral": True},
        "channel": {"id": "C0BENCH", "name": "bench"},
        "block_id": action_id,
        "action_id": action_id,
        "value": query,
    }
    return _signed({"payload": json.dumps(payload)})


def _signed(form: dict[str, str]) -> dict[str, Any]:
    from slack_sdk.signature import SignatureVerifier

    body, at = urlencode(form), str(int(time.time()))
    signature = SignatureVerifier(SECRET).generate_signature(timestamp=at, body=body)
    return {
        "version": "2.0",
        "routeKey": "POST /slack/events",
        "rawPath": "/slack/events",
        "rawQueryString": "",
        "headers": {
            "content-type": "application/x-www-form-urlencoded",
            "x-slack-request-timestamp": at,
            "x-slack-signature": signature,
        },
        "requestContext": {"http": {"method": "POST", "path": "/slack/events"}},
        "body": base64.b64encode(body.encode()).decode(),
        "isBase64Encoded": True,
    }
