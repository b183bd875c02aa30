"""Serves the bot alone on this machine, with the Slack, Noyo and AWS that the settings name."""

import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from bot.errors import SettingsError
from bot.settings import Settings, read_settings
from infra.local.aws.functions import Function, read_functions
from infra.local.aws.invocation import Activity, Crash, Handler
from infra.local.aws.runtime import Intervals, Runtime
from infra.local.aws.table import TEMPLATE
from infra.local.environment import replaced_environ
from infra.local.socket_mode import ROUTE, SIGNING_SECRET, SocketMode, read_app_token, with_signing_secret

PORT = 3000
STOPPED, UNREACHABLE, UNUSABLE = 0, 1, 2

Print = Callable[[str], None]


def serve(
    environ: Mapping[str, str] = os.environ,
    *,
    stopping: threading.Event | None = None,
    out: Print = partial(print, flush=True),  # noqa: B008
    err: Print = partial(print, file=sys.stderr, flush=True),  # noqa: B008
    handlers: Mapping[str, Handler] | None = None,
    template: Path = TEMPLATE,
    intervals: Intervals = Intervals(),  # noqa: B008 - frozen, so one default can be shared
) -> int:
    """Serves until `stopping` is set or the process is interrupted. Returns the process's exit status.

    With `SLACK_APP_TOKEN`, requests arrive over Socket Mode.
    """
    try:
        app_token = read_app_token(environ)
        environ = with_signing_secret(environ) if app_token else environ
        settings, port = read_settings(environ), _port(environ)
    except SettingsError as error:
        err(f"{error}\nREADME.md describes them under Settings.")
        return UNUSABLE
    with ExitStack() as stack:
        try:
            if app_token:
                stack.enter_context(replaced_environ(environ))
            runtime = _runtime(settings, port, stack, err, handlers, template, intervals)
            stack.enter_context(runtime)
            if app_token:
                stack.enter_context(_socket_mode(app_token, environ[SIGNING_SECRET], settings, runtime, err))
        except (BotoCoreError, ClientError, OSError) as error:
            err(f"Switchboard cannot be served: {error}")
            return UNREACHABLE
        with suppress(KeyboardInterrupt):
            out(_summary(settings, runtime, "in Socket Mode" if app_token else "over HTTP"))
            (stopping or threading.Event()).wait()
        out("Stopping: running calls finish first.")
    return STOPPED


def _port(environ: Mapping[str, str]) -> int:
    text = environ.get("PORT", "").strip() or str(PORT)
    if not text.isdigit() or int(text) > 65535:
        raise SettingsError(f"The settings cannot be used: PORT must be a number up to 65535, not {text}.")
    return int(text)


def _runtime(
    settings: Settings,
    port: int,
    stack: ExitStack,
    err: Print,
    handlers: Mapping[str, Handler] | None,
    template: Path,
    intervals: Intervals,
) -> Runtime:
    table = _client(stack, "dynamodb", settings)
    table_description = table.describe_table(TableName=settings.aws.table)["Table"]
    if "LatestStreamArn" not in table_description:
        raise OSError(f"the table {settings.aws.table} has no stream")
    return Runtime(
        read_functions(template),
        streams=_client(stack, "dynamodbstreams", settings),
        stream_arn=table_description["LatestStreamArn"],
        handlers=handlers,
        port=port,
        intervals=intervals,
        activity=Activity(lambda crash: err(_trace(crash))),
        on_problem=err,
    )


def _socket_mode(app_token: str, signing_secret: str, settings: Settings, runtime: Runtime, err: Print) -> SocketMode:
    return SocketMode(
        runtime.routes[ROUTE].invoke,
        app_token=app_token,
        api_url=settings.slack.api_url,
        signing_secret=signing_secret,
        on_problem=err,
    )


def _client(stack: ExitStack, service: str, settings: Settings) -> Any:
    """botocore finds the credentials, and the endpoint if the settings name none."""
    config = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 3})
    aws = settings.aws
    client = Session().create_client(service, region_name=aws.region, endpoint_url=aws.endpoint_url, config=config)
    stack.callback(client.close)
    return client


def _summary(settings: Settings, runtime: Runtime, receives: str) -> str:
    aws = settings.aws
    lines = [
        f"Switchboard ({settings.environment}) is running; Ctrl-C stops it.",
        *(line for function in runtime.functions for line in _triggers(function, runtime.url)),
        f"Slack: {settings.slack.api_url}, {receives}",
        f"Noyo:  {settings.noyo.api_url}",
        f"AWS:   {aws.endpoint_url or 'default endpoint'}, {aws.region}, table {aws.table}",
    ]
    return "\n".join(lines)


def _triggers(function: Function, url: str) -> Iterator[str]:
    for route in function.routes:
        yield f"  {route.method} {url}{route.path} → {function.handler}"
    for mapping in function.mappings:
        yield f"  the table's stream, batches of {mapping.rules.batch_size} → {function.handler}"
    for schedule in function.schedules:
        yield f"  every {schedule.seconds:g} s → {function.handler}"


def _trace(crash: Crash) -> str:
    return f"{crash.function} raised:\n" + "".join(traceback.format_exception(crash.error)).rstrip()
