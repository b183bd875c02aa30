"""Failed calls are classified by what Slack may have done."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bot import policies
from bot.domain.content import SearchPage
from bot.errors import (
    DeadlineExceeded,
    SecretUnavailable,
    SlackBusy,
    SlackNoAnswer,
    SlackRefused,
    SlackTokenRejected,
    SlackUnavailable,
)
from bot.secrets import CachedSecret
from bot.slack.api.client import SlackApiClient, SlackMessageGateway, required
from infra.local.gallery.samples import DISPLAY
from infra.local.slack import SlackFake
from tests.slack.conftest import CHANNEL
from tests.static_secret import StaticSecret


def post_hello(calls: SlackApiClient) -> dict[str, object]:
    return calls.write("chat.postMessage", channel=CHANNEL, text="hello", thread_ts=None)


def message_count(slack: SlackFake) -> int:
    return len(slack.workspace.channels[CHANNEL].messages)


def test_a_call_returns_slacks_answer_and_makes_no_other_call(slack: SlackFake, calls: SlackApiClient) -> None:
    assert post_hello(calls)["channel"] == CHANNEL
    assert [call.method for call in slack.calls] == ["chat.postMessage"]


def test_a_reset_after_processing_is_no_answer_and_the_call_is_not_repeated(
    slack: SlackFake, calls: SlackApiClient
) -> None:
    slack.faults.reset_after()
    with pytest.raises(SlackNoAnswer):
        post_hello(calls)
    assert message_count(slack) == 1


def test_a_reset_before_processing_is_no_answer_too(slack: SlackFake, calls: SlackApiClient) -> None:
    slack.faults.reset_before()
    with pytest.raises(SlackNoAnswer):
        post_hello(calls)
    assert message_count(slack) == 0


def test_a_truncated_answer_is_no_answer(slack: SlackFake, calls: SlackApiClient) -> None:
    slack.faults.truncated()
    with pytest.raises(SlackNoAnswer):
        post_hello(calls)
    assert message_count(slack) == 1


def test_an_answer_after_the_timeout_is_no_answer(slack: SlackFake) -> None:
    impatient = SlackApiClient(token=StaticSecret("xoxb-local"), api_url=slack.url, timeout_seconds=1)
    slack.faults.delay(30)  # cancelled when the fake stops
    with pytest.raises(SlackNoAnswer):
        post_hello(impatient)


def test_a_call_waits_at_most_until_the_deadline_of_its_request(slack: SlackFake) -> None:
    """The client's own timeout is longer than this test may run."""
    calls = SlackApiClient(token=StaticSecret("xoxb-local"), api_url=slack.url, timeout_seconds=900, left=lambda: 0.3)
    slack.faults.delay(30)
    with pytest.raises(SlackNoAnswer):
        post_hello(calls)


def test_a_call_is_not_started_without_enough_time_left(slack: SlackFake) -> None:
    late = SlackApiClient(
        token=StaticSecret("xoxb-local"),
        api_url=slack.url,
        timeout_seconds=1,
        left=lambda: policies.SLACK_MIN_TIMEOUT_SECONDS - 0.01,
    )
    with pytest.raises(DeadlineExceeded):
        post_hello(late)
    assert slack.calls == []


def test_the_final_response_has_some_reserved_time(
    scripted_server: tuple[type[ScriptedHandler], SlackApiClient],
) -> None:
    """With it, the person learns that the time ran out."""
    handler, _ = scripted_server
    handler.headers_sent = {}
    late = SlackApiClient(token=StaticSecret("t"), api_url="http://127.0.0.1:1/", timeout_seconds=1, left=lambda: 0.0)
    late.respond(handler.url, {"text": "too late"})
    assert handler.request_body == b'{"text": "too late"}'
    expired = SlackApiClient(
        token=StaticSecret("t"), api_url="http://127.0.0.1:1/", timeout_seconds=1, left=lambda: -0.4
    )
    with pytest.raises(DeadlineExceeded):
        expired.respond(handler.url, {"text": "much too late"})


@pytest.mark.parametrize("url", ["", "no address", "file:///etc/hostname", "http://127.0.0.1:1/"])
def test_an_unusable_response_url_is_no_answer(calls: SlackApiClient, url: str) -> None:
    with pytest.raises(SlackNoAnswer):
        calls.respond(url, {"text": "hello"})


def test_a_rejected_response_url_is_no_answer(scripted_server: tuple[type[ScriptedHandler], SlackApiClient]) -> None:
    handler, calls = scripted_server
    handler.status, handler.headers_sent, handler.body = 404, {}, b'{"ok": false, "error": "used_url"}'
    with pytest.raises(SlackNoAnswer):
        calls.respond(handler.url, {"text": "hello"})


def test_an_unreachable_slack_is_no_answer() -> None:
    unreachable = SlackApiClient(token=StaticSecret("xoxb-local"), api_url="http://127.0.0.1:1/api/", timeout_seconds=1)
    with pytest.raises(SlackNoAnswer):
        post_hello(unreachable)


@pytest.mark.parametrize(("status", "is_over"), [(500, True), (502, False), (503, True), (504, False)])
def test_a_call_is_over_if_slack_itself_answers_that_it_failed(
    slack: SlackFake, calls: SlackApiClient, status: int, is_over: bool
) -> None:
    slack.faults.server_error(status=status)
    with pytest.raises(SlackNoAnswer) as error:
        post_hello(calls)
    assert isinstance(error.value, SlackUnavailable) == is_over


def test_a_503_without_json_says_that_slack_failed(
    scripted_server: tuple[type[ScriptedHandler], SlackApiClient],
) -> None:
    handler, calls = scripted_server
    handler.status, handler.headers_sent, handler.body = 503, {"Content-Type": "text/html"}, b"<html>Sorry</html>"
    with pytest.raises(SlackUnavailable):
        post_hello(calls)


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_error_is_no_answer(slack: SlackFake, calls: SlackApiClient, status: int) -> None:
    slack.faults.server_error(status=status)
    with pytest.raises(SlackNoAnswer):
        post_hello(calls)


@pytest.mark.parametrize("code", ["internal_error", "fatal_error", "service_unavailable"])
def test_an_error_code_that_does_not_rule_out_an_effect_is_no_answer(
    slack: SlackFake, calls: SlackApiClient, code: str
) -> None:
    slack.faults.api_error(code)
    with pytest.raises(SlackNoAnswer):
        post_hello(calls)


def test_a_refusal_has_slacks_error_code(slack: SlackFake, calls: SlackApiClient) -> None:
    with pytest.raises(SlackRefused) as refused:
        calls.write("chat.postMessage", channel="CNOWHERE", text="hello")
    assert refused.value.code == "channel_not_found"


def test_a_rate_limit_has_the_time_to_wait(slack: SlackFake, calls: SlackApiClient) -> None:
    slack.faults.rate_limited(7)
    with pytest.raises(SlackBusy) as busy:
        post_hello(calls)
    assert busy.value.retry_after == 7


def test_a_rate_limit_may_be_an_error_code(slack: SlackFake, calls: SlackApiClient) -> None:
    slack.faults.api_error("ratelimited")
    with pytest.raises(SlackBusy) as busy:
        post_hello(calls)
    assert busy.value.retry_after == 30


class ScriptedHandler(BaseHTTPRequestHandler):
    url, retry_header = "", b""
    status, headers_sent, body = 200, {"Content-Type": "application/json"}, b""

    def do_POST(self) -> None:
        type(self).request_body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        for name, value in self.headers_sent.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def scripted_server() -> Iterator[tuple[type[ScriptedHandler], SlackApiClient]]:
    handler = type("OneScriptedHandler", (ScriptedHandler,), {})
    server = HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    handler.url = url
    yield handler, SlackApiClient(token=StaticSecret("xoxb-local"), api_url=url, timeout_seconds=5)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("status", "content_type", "body"),
    [
        (200, "text/html", b"<html>a proxy says hello</html>"),
        (200, "application/json", b""),
        (200, "application/json", b"[]"),
        (200, "application/json", b"[1]"),
        (200, "application/json", b'"ok"'),
        (200, "application/json", b"\xff\xfe"),
        (200, "application/json; charset=none-such", b"{}"),
        (200, "application/gzip", b"\x1f\x8b"),
        (200, "application/json", b'{"ok": false}'),
        (200, "application/json", b'{"ok": false, "error": {"code": 1}}'),
        (404, "text/html", b"no such page"),
    ],
)
def test_an_unreadable_answer_is_no_answer(
    scripted_server: tuple[type[ScriptedHandler], SlackApiClient], status: int, content_type: str, body: bytes
) -> None:
    handler, calls = scripted_server
    handler.status, handler.headers_sent, handler.body = status, {"Content-Type": content_type}, body
    with pytest.raises(SlackNoAnswer):
        post_hello(calls)


@pytest.mark.parametrize(
    ("retry_after", "seconds"), [("soon", 30), ("0", 1), ("12", 12), ("-5", 30), ("86400", 300), ("9" * 5000, 300)]
)
def test_an_unreadable_retry_after_becomes_thirty_seconds(
    scripted_server: tuple[type[ScriptedHandler], SlackApiClient], retry_after: str, seconds: int
) -> None:
    handler, calls = scripted_server
    handler.status, handler.headers_sent, handler.body = 429, {"Retry-After": retry_after}, b"{}"
    with pytest.raises(SlackBusy) as busy:
        post_hello(calls)
    assert busy.value.retry_after == seconds


def test_an_answer_without_a_required_field_is_no_answer() -> None:
    for answer in ({}, {"ts": 5}, {"ts": ""}):
        for kind in (str, list, dict):
            with pytest.raises(SlackNoAnswer):
                required(answer, "ts", kind, "a.method")


def test_a_message_that_is_not_an_object_is_skipped(
    scripted_server: tuple[type[ScriptedHandler], SlackApiClient],
) -> None:
    handler, calls = scripted_server
    handler.body = b'{"ok": true, "messages": [{}, null, "x"]}'
    page = SlackMessageGateway(calls, DISPLAY).find("C0CHANNEL", idempotency_key="key", since=0)
    assert page == SearchPage(None, None)


# ---------------------------------------------------------------- token rotation


def rotating_secret(*values: str) -> CachedSecret[str]:
    """A secret that returns the next value each time it is read, then the last one."""
    remaining = list(values)
    ticking = itertools.count(step=policies.SECRET_REREAD_SECONDS)
    return CachedSecret(lambda: remaining.pop(0) if len(remaining) > 1 else remaining[0], lambda: float(next(ticking)))


@pytest.mark.parametrize("code", ["invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"])
def test_a_rejected_token_is_read_again_and_the_call_takes_effect_once(slack: SlackFake, code: str) -> None:
    slack.faults.api_error(code)
    calls = SlackApiClient(token=rotating_secret("xoxb-old", "xoxb-local"), api_url=slack.url, timeout_seconds=5)
    assert post_hello(calls)["channel"] == CHANNEL
    assert message_count(slack) == 1


def test_a_rejected_token_without_a_newer_one_can_be_tried_again_later(slack: SlackFake) -> None:
    """Nothing was done, and an operator may store a new token at any time."""
    calls = SlackApiClient(token=rotating_secret("xoxb-old"), api_url=slack.url, timeout_seconds=5)
    with pytest.raises(SlackTokenRejected) as later:
        post_hello(calls)
    assert (later.value.code, later.value.retry_after) == ("invalid_auth", 60)
    assert isinstance(later.value, SlackBusy)
    assert len(slack.calls) == 1


def test_a_rejected_newer_token_is_tried_only_once(slack: SlackFake) -> None:
    calls = SlackApiClient(token=rotating_secret("xoxb-old", "xoxb-new"), api_url=slack.url, timeout_seconds=5)
    with pytest.raises(SlackTokenRejected):
        post_hello(calls)
    assert len(slack.calls) == 2


def test_without_a_readable_token_nothing_is_sent_and_it_can_be_tried_again(slack: SlackFake) -> None:
    def unreadable() -> str:
        raise SecretUnavailable("The secret SECRET_SLACK_BOT cannot be read.")

    calls = SlackApiClient(token=CachedSecret(unreadable, lambda: 0.0), api_url=slack.url, timeout_seconds=5)
    with pytest.raises(SlackBusy, match="SECRET_SLACK_BOT cannot be read"):
        post_hello(calls)
    assert slack.calls == []
