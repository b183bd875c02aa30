"""The measured request: a signed slash command that submits an operation."""

import base64
import time
import uuid
from typing import Any
from urllib.parse import urlencode

SECRET = "local-signing-secret"
COMMAND = "/noyo"


def event() -> dict[str, Any]:
    """`/noyo status <unknown id>`, which submits a refresh, as an event of the HTTP API."""
    from slack_sdk.signature import SignatureVerifier

    body = urlencode(
        {
            "command": COMMAND,
            "text": f"status {uuid.uuid4()}",
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
    at = str(int(time.time()))
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
