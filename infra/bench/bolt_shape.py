"""infra/bench: the reference: a receiver in the shape that Bolt's documentation gives for Lambda.

The app checks its token, the handler is built for each request, the listener acks and a lazy listener does the work in
another invocation, which boto3 starts.
"""

import os
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.aws_lambda import SlackRequestHandler
from slack_sdk import WebClient

client = WebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_URL"])
app = App(
    client=client,
    signing_secret=os.environ["SLACK_SIGNING_SECRET"],
    process_before_response=True,
)


def acknowledge(ack: Any) -> None:
    ack("On its way.")


def work(body: dict[str, Any]) -> None:
    """Runs in another invocation, which is not measured."""
    raise AssertionError(f"not here: {body['command']}")


app.command("/noyo")(ack=acknowledge, lazy=[work])


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    answer: dict[str, Any] = SlackRequestHandler(app=app).handle(event, context)  # type: ignore[no-untyped-call]
    return answer
