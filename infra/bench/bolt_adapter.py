"""The reference: a receiver as Bolt's documentation describes it for Lambda.

The app checks its token, the handler is created for each request, the listener acknowledges the command, and a lazy
listener does the work in another invocation, which boto3 starts.
"""

import os
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.aws_lambda import SlackRequestHandler
from slack_sdk import WebClient

client = WebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
app = App(client=client, signing_secret=os.environ["SLACK_SIGNING_SECRET"], process_before_response=True)


def acknowledge(ack: Any) -> None:
    ack("Request received.")


def process(body: dict[str, Any]) -> None:
    """Runs in another invocation, which is not measured."""
    raise AssertionError(f"unexpected invocation: {body['command']}")


app.command("/noyo")(ack=acknowledge, lazy=[process])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    answer: dict[str, Any] = SlackRequestHandler(app=app).handle(event, context)  # type: ignore[no-untyped-call]
    return answer
