"""infra/bench: one fresh process: `python -m infra.bench.one SHAPE` answers one request and prints its answer."""

import json
import os
import sys


class Context:
    """As much of Lambda's context as a receiver looks at."""

    function_name = "bench"
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:bench"
    aws_request_id = "bench"

    def get_remaining_time_in_millis(self) -> int:
        return 10_000


def main(shape: str) -> None:
    event = json.loads(sys.stdin.readline())
    if shape == "bolt":
        from infra.bench.bolt_shape import handler
    else:
        if shape == "factory":
            import bot.dynamodb.aws_json

            bot.dynamodb.aws_json.aws_json_client = bot.dynamodb.aws_client
        from handlers.slack import handler
    answer = handler(event, Context())
    print(json.dumps({"status": answer["statusCode"], "body": answer["body"]}), flush=True)
    os._exit(0)  # What winding the process down takes is nothing that anybody waits for.


main(sys.argv[1])
