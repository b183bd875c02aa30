"""The fake's HTTP application: Slack's Web API and response URLs, with the faults that were queued for them."""

import asyncio
from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from infra.local.http_server import ConnectionReset, TruncatedResponse
from infra.local.slack.faults import Fault, Faults, Kind
from infra.local.slack.web_api.api import Answer, WebApi
from infra.local.slack.web_api.context import ApiContext
from infra.local.slack.web_api.response_urls import respond

RESPONSE_URL = "response_url"
"""The method name under which faults match requests to response URLs."""


def slack_app(context: ApiContext, api: WebApi, faults: Faults, more_routes: Sequence[BaseRoute] = ()) -> Starlette:
    """`more_routes` are tried first."""

    async def call(request: Request) -> Response:
        method, body = request.path_params["method"], await request.body()
        authorization = request.headers.get("Authorization", "")
        content_type = request.headers.get("Content-Type", "")

        def process() -> Answer:
            return api.call(method, authorization, content_type, request.url.query, body)

        return await answer(method, process)

    async def use_response_url(request: Request) -> Response:
        body = await request.body()
        return await answer(RESPONSE_URL, lambda: respond(context, request.url.path.lstrip("/"), body))

    async def answer(method: str, process: Callable[[], Answer]) -> Response:
        fault = faults.take(method)
        if fault is None:
            return _response(process())
        refusal = _refusal(fault)
        if refusal is not None:
            return _response(api.refuse(method, refusal))
        return await _faulty_response(fault, process)

    return Starlette(
        routes=[
            *more_routes,
            Route("/api/{method:path}", call, methods=["GET", "POST"]),
            Route("/response/{path:path}", use_response_url, methods=["POST"]),
        ]
    )


async def _faulty_response(fault: Fault, process: Callable[[], Answer]) -> Response:
    if fault.kind is Kind.RESET_BEFORE:
        return ConnectionReset()
    if fault.kind is Kind.DELAY:
        await asyncio.sleep(fault.seconds)
    answer = process()
    if fault.kind is Kind.RESET_AFTER:
        return ConnectionReset()
    if fault.kind is Kind.SERVER_ERROR_AFTER:
        return _response(_server_error(fault))
    whole = _response(answer)
    if fault.kind is Kind.TRUNCATED:
        return TruncatedResponse(whole.body, whole.status_code, dict(whole.headers))
    return whole


def _response(answer: Answer) -> Response:
    return JSONResponse(
        answer.body, answer.status, answer.headers | {"Content-Type": "application/json; charset=utf-8"}
    )


def _server_error(fault: Fault) -> Answer:
    return Answer(fault.status, {"ok": False, "error": "internal_error"})


def _refusal(fault: Fault) -> Answer | None:
    if fault.kind is Kind.RATE_LIMITED:
        wait = {"Retry-After": str(int(fault.seconds))}
        return Answer(429, {"ok": False, "error": "ratelimited"}, wait)
    if fault.kind is Kind.SERVER_ERROR:
        return _server_error(fault)
    if fault.kind is Kind.API_ERROR:
        return Answer(200, {"ok": False, "error": fault.error})
    return None
