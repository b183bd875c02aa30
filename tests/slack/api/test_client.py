"""Failed calls are classified by what Slack may have done."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bot import policies
from bot.errors import DeadlineExceeded, SecretUnavailable, SlackBusy, SlackNoAnswer, SlackRefused, SlackTokenRejected
from bot.secrets import CachedSecret
from bot.slack.api.client import SlackApiClient, SlackMessageGateway, required
from infra.local.slack import SlackFake
from tests.slack.conftest import CHANNEL
from tests.slack.samples import DISPLAY
from tests.static_secret import StaticSecret


def post(calls: SlackApiClient) -> dict[str, object]:
    return calls.write("chat.postMessage", channel=CHANNEL, text="hello", thread_ts=None)


def posted(slack: SlackFake) -> int:
    return len(slack.workspace.channels[CHANNEL].messages)


def test_an_answer_comes_back_and_nothing_else_was_called(slack: SlackFake, calls: SlackApiClient) -> None:
    assert post(calls)["channel"] == CHANNEL
    assert [call.method for call in slack.calls] == ["chat.postMessage"]


def test_a_reset_after_slack_took_it_is_no_answer_and_is_not_sent_again(
    slack: SlackFake, calls: SlackApiClient
) -> None:
    slack.faults.reset_after()
    with pytest.raises(SlackNoAnswer):
        post(calls)
    assert posted(slack) == 1


def test_a_reset_before_slack_took_it_looks_the_same_from_here(slack: SlackFake, calls: SlackApiClient) -> None:
    slack.faults.reset_before()
    with pytest.raises(SlackNoAnswer):
        post(calls)
    assert posted(slack) == 0


def test_an_answer_that_breaks_off_is_no_answer(slack: SlackFake, calls: SlackApiClient) -> None:
    slack.faults.truncated()
    with pytest.raises(SlackNoAnswer):
        post(calls)
    assert posted(slack) == 1


def test_an_answer_that_comes_too_late_is_no_answer(slack: SlackFake) -> None:
    impatient = SlackApiClient(token=StaticSecret("xoxb-local"), api_url=slack.url, timeout_seconds=1)
    slack.faults.delay(30)  # cancelled when the fake stops
    with pytest.raises(SlackNoAnswer):
        post(impatient)


def test_a_call_waits_no_longer_than_its_caller(slack: SlackFake) -> None:
    """Its own time-out is longer than this test may run."""
    calls = SlackApiClient(token=StaticSecret("xoxb-local"), api_url=slack.url, timeout_seconds=900, left=lambda: 0.3)
    slack.faults.delay(30)
    with pytest.raises(SlackNoAnswer):
        post(calls)


def test_a_call_that_would_come_too_late_is_not_begun(slack: SlackFake) -> None:
    late = SlackApiClient(
        token=StaticSecret("xoxb-local"),
        api_url=slack.url,
        timeout_seconds=1,
        left=lambda: policies.SLACK_MIN_TIMEOUT_SECONDS - 0.01,
    )
    with pytest.raises(DeadlineExceeded):
        post(late)
    assert slack.calls == []


def test_the_last_word_has_a_little_time_to_itself(odd: tuple[type[Odd], SlackApiClient]) -> None:
    """The person learns that the time was up."""
    handler, _ = odd
    handler.headers_sent = {}
    late = SlackApiClient(token=StaticSecret("t"), api_url="http://127.0.0.1:1/", timeout_seconds=1, left=lambda: 0.0)
    late.respond(handler.url, {"text": "too late"})
    assert handler.request_body == b'{"text": "too late"}'
    over = SlackApiClient(token=StaticSecret("t"), api_url="http://127.0.0.1:1/", timeout_seconds=1, left=lambda: -0.4)
    with pytest.raises(DeadlineExceeded):
        over.respond(handler.url, {"text": "much too late"})


@pytest.mark.parametrize("url", ["", "no address", "file:///etc/hostname", "http://127.0.0.1:1/"])
def test_an_address_that_leads_nowhere_is_no_answer(calls: SlackApiClient, url: str) -> None:
    with pytest.raises(SlackNoAnswer):
        calls.respond(url, {"text": "hello"})


def test_an_answer_that_slack_does_not_take_by_a_response_url_is_an_error(
    odd: tuple[type[Odd], SlackApiClient],
) -> None:
    handler, calls = odd
    handler.status, handler.headers_sent, handler.body = 404, {}, b'{"ok": false, "error": "used_url"}'
    with pytest.raises(SlackNoAnswer):
        calls.respond(handler.url, {"text": "hello"})


def test_slack_that_is_not_there_is_no_answer() -> None:
    nobody = SlackApiClient(token=StaticSecret("xoxb-local"), api_url="http://127.0.0.1:1/api/", timeout_seconds=1)
    with pytest.raises(SlackNoAnswer):
        post(nobody)


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_error_is_no_answer(slack: SlackFake, calls: SlackApiClient, status: int) -> None:
    slack.faults.server_error(status=status)
    with pytest.raises(SlackNoAnswer):
        post(calls)


@pytest.mark.parametrize("code", ["internal_error", "fatal_error", "service_unavailable"])
def test_a_no_that_does_not_say_that_nothing_was_done_is_no_answer(
    slack: SlackFake, calls: SlackApiClient, code: str
) -> None:
    slack.faults.api_error(code)
    with pytest.raises(SlackNoAnswer):
        post(calls)


def test_a_clear_no_keeps_slacks_own_name_for_it(slack: SlackFake, calls: SlackApiClient) -> None:
    with pytest.raises(SlackRefused) as refused:
        calls.write("chat.postMessage", channel="CNOWHERE", text="hello")
    assert refused.value.code == "channel_not_found"


def test_a_request_to_slow_down_says_for_how_long(slack: SlackFake, calls: SlackApiClient) -> None:
    slack.faults.rate_limited(7)
    with pytest.raises(SlackBusy) as busy:
        post(calls)
    assert busy.value.retry_after == 7


def test_a_request_to_slow_down_may_come_as_a_plain_no(slack: SlackFake, calls: SlackApiClient) -> None:
    slack.faults.api_error("ratelimited")
    with pytest.raises(SlackBusy) as busy:
        post(calls)
    assert busy.value.retry_after == 30


class Odd(BaseHTTPRequestHandler):
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
def odd() -> Iterator[tuple[type[Odd], SlackApiClient]]:
    handler = type("OneOdd", (Odd,), {})
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
def test_an_answer_that_nobody_can_read_is_no_answer(
    odd: tuple[type[Odd], SlackApiClient], status: int, content_type: str, body: bytes
) -> None:
    handler, calls = odd
    handler.status, handler.headers_sent, handler.body = status, {"Content-Type": content_type}, body
    with pytest.raises(SlackNoAnswer):
        post(calls)


@pytest.mark.parametrize(("retry_after", "seconds"), [("soon", 30), ("0", 1), ("12", 12), ("-5", 30)])
def test_a_pause_that_slack_names_unreadably_is_a_careful_one(
    odd: tuple[type[Odd], SlackApiClient], retry_after: str, seconds: int
) -> None:
    handler, calls = odd
    handler.status, handler.headers_sent, handler.body = 429, {"Retry-After": retry_after}, b"{}"
    with pytest.raises(SlackBusy) as busy:
        post(calls)
    assert busy.value.retry_after == seconds


def test_an_answer_that_lacks_what_it_must_hold_is_no_answer() -> None:
    for answer in ({}, {"ts": 5}, {"ts": ""}):
        for kind in (str, list, dict):
            with pytest.raises(SlackNoAnswer):
                required(answer, "ts", kind, "a.method")


def test_a_message_that_is_not_an_object_is_passed_over(odd: tuple[type[Odd], SlackApiClient]) -> None:
    handler, calls = odd
    handler.body = b'{"ok": true, "messages": [{}, null, "x"]}'
    assert SlackMessageGateway(calls, DISPLAY).find("C0CHANNEL", idempotency_key="key", since=0) is None


# ---------------------------------------------------------------- a token that is replaced


def replaced(*values: str) -> CachedSecret[str]:
    """A secret that returns the next of these values at each read, and the last one from then on."""
    remaining = list(values)
    ticking = itertools.count(step=policies.SECRET_REREAD_SECONDS)
    return CachedSecret(lambda: remaining.pop(0) if len(remaining) > 1 else remaining[0], lambda: float(next(ticking)))


@pytest.mark.parametrize("code", ["invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"])
def test_a_token_that_slack_does_not_accept_is_read_again_and_nothing_is_done_twice(
    slack: SlackFake, code: str
) -> None:
    slack.faults.api_error(code)
    calls = SlackApiClient(token=replaced("xoxb-old", "xoxb-local"), api_url=slack.url, timeout_seconds=5)
    assert post(calls)["channel"] == CHANNEL
    assert posted(slack) == 1


def test_a_token_that_is_refused_with_no_other_to_be_had_means_later(slack: SlackFake) -> None:
    """As long as nobody has given us another one, nothing was done and it is worth trying again."""
    calls = SlackApiClient(token=replaced("xoxb-old"), api_url=slack.url, timeout_seconds=5)
    with pytest.raises(SlackTokenRejected) as later:
        post(calls)
    assert (later.value.code, later.value.retry_after) == ("invalid_auth", 60)
    assert isinstance(later.value, SlackBusy)
    assert len(slack.calls) == 1


def test_a_new_token_that_is_refused_too_is_not_tried_for_ever(slack: SlackFake) -> None:
    calls = SlackApiClient(token=replaced("xoxb-old", "xoxb-new"), api_url=slack.url, timeout_seconds=5)
    with pytest.raises(SlackTokenRejected):
        post(calls)
    assert len(slack.calls) == 2


def test_without_a_token_nothing_is_sent_and_it_is_worth_trying_again(slack: SlackFake) -> None:
    def unreadable() -> str:
        raise SecretUnavailable("The secret SECRET_SLACK_BOT cannot be read.")

    calls = SlackApiClient(token=CachedSecret(unreadable, lambda: 0.0), api_url=slack.url, timeout_seconds=5)
    with pytest.raises(SlackBusy, match="SECRET_SLACK_BOT cannot be read"):
        post(calls)
    assert slack.calls == []
