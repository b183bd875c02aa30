"""One measured process: `python -m infra.bench.process VARIANT` answers one request and prints the answer."""

import json
import os
import sys


class Context:
    """The part of Lambda's context that a receiver uses."""

    function_name = "bench"
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:bench"
    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        return 10_000


def main(variant: str) -> None:
    event = json.loads(sys.stdin.readline())
    if variant == "bolt":
        from infra.bench.bolt_adapter import handler
    else:
        if variant == "factory":
            import bot.dynamodb.clients

            bot.dynamodb.clients.aws_json_client = bot.dynamodb.aws_client
        from handlers.slack import handler
    answer = handler(event, Context())
    print(json.dumps({"status": answer["statusCode"], "body": answer["body"]}), flush=True)
    os._exit(0)  # The shutdown of the process is not measured.


main(sys.argv[1])
