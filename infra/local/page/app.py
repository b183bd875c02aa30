"""The page's HTTP application: its files, what each pane shows (server-sent events), and what people do on it.

Only pages of this server may use it: others are refused by their Origin, and other host names by the Host header.
"""

import asyncio
import json
import mimetypes
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from infra.local.gallery.page import gallery
from infra.local.page.blocks import option_node
from infra.local.page.screen import Location, screen
from infra.local.slack import NotPossible, Reply, SlackFake
from infra.local.slack.workspace import Json

ASSETS = Path(__file__).parent / "assets"
CHANGES_EVERY = 0.15
"""Seconds between two checks for changes."""
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
MAX_MESSAGES = 1000

Act = Callable[[Json], Json]


class PeoplesActions:
    """What people do on the page. Each returns what the page shows of the answer."""

    def __init__(self, slack: SlackFake) -> None:
        self._slack = slack
        self.count = 0
        """How many there were; some change what is shown without the bot's taking part."""

    def act(self, name: str, given: Json) -> Json:
        """Raises LookupError if there is no such person, so that the bot hears of none."""
        act = self._named().get(name)
        if act is None:
            raise NotPossible(f"the page has no action {name}")
        _ = self._slack.workspace.users[given["person"]]
        try:
            return act(given)
        finally:
            self.count += 1

    def _named(self) -> dict[str, Act]:
        return {
            "type": self._type,
            "click": self._click,
            "use": self._use,
            "fill": self._fill,
            "submit": self._submit,
            "close": self._close,
            "suggest": self._suggest,
            "open_home": self._open_home,
            "shortcut": self._shortcut,
            "message_shortcut": self._message_shortcut,
        }

    def _type(self, given: Json) -> Json:
        """A command, which Slack does not send from a thread, or a message, which the bot does not read."""
        person, channel, text, thread = given["person"], given["channel"], given["text"], given.get("thread", "")
        if not text.startswith("/"):
            self._slack.say(person, channel, text, thread)
            return {}
        command, _, words = text.partition(" ")
        if thread:
            return {"error": f"{command} is not supported in threads. Sorry!"}
        reply = self._slack.command(person, channel, command, words)
        return {"error": f'{command} failed with the error "{reply.error}"'} if reply.error else {}

    def _click(self, given: Json) -> Json:
        find = {"block_id": given["block"], "value": given.get("value")}
        person, ts, action = given["person"], given["ts"], given["action"]
        if given["ephemeral"]:
            return _seen(self._slack.click_ephemeral(person, ts, action, **find))
        return _seen(self._slack.click(person, given["channel"], ts, action, **find))

    def _use(self, given: Json) -> Json:
        """Uses an element of a view."""
        find = {"block_id": given["block"], "value": given.get("value")}
        return _seen(self._slack.click_in_view(given["person"], given["view"], given["action"], **find))

    def _fill(self, given: Json) -> Json:
        self._slack.fill(given["person"], given["view"], given["values"])
        return {}

    def _submit(self, given: Json) -> Json:
        return _seen(self._slack.submit(given["person"], given["view"], given["values"]))

    def _close(self, given: Json) -> Json:
        self._slack.close_view(given["person"], given["view"])
        return {}

    def _suggest(self, given: Json) -> Json:
        person, action, query = given["person"], given["action"], given["query"]
        if "view" in given:
            found = self._slack.suggest(person, given["view"], action, query)
        else:
            channel, ts, ephemeral = given["channel"], given["ts"], given["ephemeral"]
            found = self._slack.suggest_in_message(person, channel, ts, action, query, ephemeral=ephemeral)
        return {"options": [option_node(option) for option in found]}

    def _open_home(self, given: Json) -> Json:
        self._slack.open_home(given["person"])
        return {}

    def _shortcut(self, given: Json) -> Json:
        return _seen(self._slack.shortcut(given["person"], given["callback"]))

    def _message_shortcut(self, given: Json) -> Json:
        person, channel, ts = given["person"], given["channel"], given["ts"]
        return _seen(self._slack.message_shortcut(person, channel, ts, given["callback"]))


def _seen(reply: Reply) -> Json:
    return {"error": reply.error} if reply.error else {}


def page_app(slack: SlackFake, about: Json, more: Sequence[Route] = ()) -> Starlette:
    """`about` is what the page needs to know once: the people, the commands and shortcuts, and what to try.

    `more` adds routes.
    """
    actions = PeoplesActions(slack)

    async def asset(request: Request) -> Response:
        return _asset(request.path_params["name"])

    async def list_gallery(_: Request) -> Response:
        return JSONResponse(await asyncio.to_thread(gallery))

    async def follow(request: Request) -> Response:
        try:
            location = _location(request.query_params, slack.workspace.newest_ts)
            screen(slack.workspace, location)
        except (LookupError, ValueError):
            return JSONResponse({"error": "There is no such person or conversation."}, 404)
        return StreamingResponse(_screens(slack, actions, location), media_type="text/event-stream")

    async def act(request: Request) -> Response:
        return await answer_action(request, actions.act)

    return Starlette(
        routes=[
            Route("/", _answering(lambda: _asset("index.html"))),
            Route("/assets/{name}", asset),
            Route("/about", _answering(lambda: JSONResponse(about))),
            Route("/gallery", _answering(lambda: _asset("gallery.html"))),
            Route("/gallery/entries", list_gallery),
            Route("/screens", follow),
            Route("/actions/{name}", act, methods=["POST"]),
            *more,
        ],
        middleware=[Middleware(BaseHTTPMiddleware, dispatch=_only_for_this_page)],
    )


def _answering(respond: Callable[[], Response]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        return respond()

    return answer


async def answer_action(request: Request, act: Callable[[str, Json], Json]) -> Response:
    """Calls `act` with the name in the path and the JSON body. Says what is missing or not possible."""
    try:
        given = _read(await request.body())
        return JSONResponse(await asyncio.to_thread(act, request.path_params["name"], given))
    except NotPossible as refused:
        return JSONResponse({"error": f"This is not possible: {refused}."}, 409)
    except (AttributeError, LookupError, TypeError, ValueError):
        return JSONResponse({"error": "The request has missing or wrong fields."}, 400)
    except ClientDisconnect:
        return Response(status_code=400)


def _read(body: bytes) -> Json:
    """A request's JSON. Raises ValueError if it cannot be read, or holds text that no answer could contain."""
    try:
        given: Json = json.loads(body)
        json.dumps(given, ensure_ascii=False).encode()  # JSON can name half a character; UTF-8 cannot
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return given


def _location(query: Mapping[str, str], newest_ts: str) -> Location:
    messages = max(1, min(int(query.get("messages", "40")), MAX_MESSAGES))
    since = query.get("since") or newest_ts
    return Location(query["person"], query["conversation"], since, query.get("thread", ""), messages)


async def _only_for_this_page(request: Request, answer: RequestResponseEndpoint) -> Response:
    own = f"http://{request.headers.get('host', '')}"
    if request.url.hostname not in ("127.0.0.1", "localhost") or request.headers.get("origin", own) != own:
        return JSONResponse({"error": "This address is for its own page."}, 403)
    response = await answer(request)
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _asset(name: str) -> Response:
    path = next((known for known in ASSETS.iterdir() if known.name == name), None)
    if path is None:
        return JSONResponse({"error": f"There is no {name}."}, 404)
    return Response(path.read_bytes(), media_type=mimetypes.guess_type(name)[0])


def _screens(slack: SlackFake, actions: PeoplesActions, location: Location) -> AsyncIterator[str]:
    """Every screen that differs from the one before."""
    workspace = slack.workspace
    revision = lambda: (workspace.revision, actions.count, int(workspace.clock() // 60))  # noqa: E731
    return changes(lambda: screen(workspace, location), revision)


async def changes(read: Callable[[], Json], revision: Callable[[], object]) -> AsyncIterator[str]:
    """As server-sent events: what `read` returns if it differs from before. It is called for each new `revision`."""
    seen: object = None
    shown = ""
    while True:
        current = revision()
        if current != seen:
            seen = current
            now = json.dumps(await asyncio.to_thread(read))
            if now != shown:
                shown = now
                yield f"data: {now}\n\n"
        await asyncio.sleep(CHANGES_EVERY)
