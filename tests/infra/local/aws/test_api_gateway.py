import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

import pytest

from infra.local.aws.api_gateway import ApiGateway, Integration
from infra.local.aws.functions import Route

ROUTE = Route("POST", "/slack/events")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class FakeFunction:
    """Records its events and returns always the same result, or raises it."""

    def __init__(self, result: Any = None) -> None:
        self.result = result
        self.events: list[dict[str, Any]] = []

    def __call__(self, event: dict[str, Any]) -> Any:
        self.events.append(event)
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


Post = Callable[..., tuple[int, dict[str, str], bytes]]


@contextmanager
def serving(invoke: Callable[[Any], Any], timeout: float = 20, **options: Any) -> Iterator[Post]:
    with ApiGateway({ROUTE: Integration(invoke, timeout)}, **options) as gateway:
        connection = HTTPConnection(urlsplit(gateway.url).netloc, timeout=20)

        def post(
            body: bytes = b"", headers: Any = FORM, method: str = "POST", target: str = "/slack/events"
        ) -> tuple[int, dict[str, str], bytes]:
            connection.putrequest(method, target)
            for name, value in headers.items() if isinstance(headers, dict) else headers:
                connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer: HTTPResponse = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

        yield post
        connection.close()


def event_for(body: bytes = b"", **request: Any) -> dict[str, Any]:
    function = FakeFunction({"statusCode": 200})
    with serving(function) as post:
        post(body, **request)
    (event,) = function.events
    return event


def response_to(result: Any) -> tuple[int, dict[str, str], bytes]:
    with serving(FakeFunction(result)) as post:
        return post(b"a=b")


def test_a_form_is_passed_in_base64() -> None:
    event = event_for(b"text=%F0%9F%98%80+a&x=")

    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b"text=%F0%9F%98%80+a&x="


def test_json_is_passed_as_text() -> None:
    event = event_for('{"name": "Ä"}'.encode(), headers={"Content-Type": "application/json; charset=utf-8"})

    assert (event["body"], event["isBase64Encoded"]) == ('{"name": "Ä"}', False)


def test_json_that_is_not_utf_8_is_passed_in_base64() -> None:
    event = event_for(b'{"\xff"', headers={"Content-Type": "application/json"})

    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == b'{"\xff"'


def test_the_content_types_passed_as_text_are_configurable() -> None:
    function = FakeFunction({"statusCode": 200})
    with serving(function, text_types=("application/x-www-form-urlencoded",)) as post:
        post(b"a=b")

    assert (function.events[0]["body"], function.events[0]["isBase64Encoded"]) == ("a=b", False)


def test_a_request_without_a_body_has_none() -> None:
    event = event_for()

    assert "body" not in event
    assert event["isBase64Encoded"] is False


def test_headers_are_lower_case_and_joined_and_cookies_are_separate() -> None:
    headers = [("X-Slack-Signature", "v0=aB"), ("X-Two", "1"), ("x-two", "2"), ("Cookie", "a=1; b=2")]

    event = event_for(b"", headers=headers)

    assert event["headers"]["x-slack-signature"] == "v0=aB"
    assert event["headers"]["x-two"] == "1,2"
    assert "cookie" not in event["headers"]
    assert event["cookies"] == ["a=1", "b=2"]


def test_the_event_describes_the_request_and_its_client() -> None:
    event = event_for(b"", target="/slack/events?a=1&a=2&b=", headers={"User-Agent": "Slackbot 1.0"})

    assert (event["version"], event["routeKey"]) == ("2.0", "POST /slack/events")
    assert (event["rawPath"], event["rawQueryString"]) == ("/slack/events", "a=1&a=2&b=")
    assert event["queryStringParameters"] == {"a": "1,2", "b": ""}
    context = event["requestContext"]
    assert context["http"] == {
        "method": "POST",
        "path": "/slack/events",
        "protocol": "HTTP/1.1",
        "sourceIp": "127.0.0.1",
        "userAgent": "Slackbot 1.0",
    }
    assert context["stage"] == "$default"
    assert context["requestId"]
    json.dumps(event)


def test_the_whole_response_of_the_function_is_returned() -> None:
    headers = {"Content-Type": "application/json", "X-Slack-No-Retry": 1}

    status, got, body = response_to({"statusCode": 418, "headers": headers, "body": '{"é":1}', "cookies": ["a=1"]})

    assert (status, body) == (418, '{"é":1}'.encode())
    assert (got["content-type"], got["x-slack-no-retry"], got["set-cookie"]) == ("application/json", "1", "a=1")


def test_a_base64_body_is_returned_as_bytes() -> None:
    status, _, body = response_to({"statusCode": "200", "isBase64Encoded": True, "body": "AP8="})

    assert (status, body) == (200, b"\x00\xff")


def test_a_result_without_a_content_type_is_plain_text() -> None:
    assert response_to({"statusCode": 200, "body": "hi"})[1]["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("answer", "body"), [({"text": "hi"}, b'{"text": "hi"}'), ("hi", b"hi"), (None, b"null"), ([1], b"[1]")]
)
def test_a_result_without_a_status_code_is_a_json_body(answer: Any, body: bytes) -> None:
    status, headers, got = response_to(answer)

    assert (status, headers["content-type"], got) == (200, "application/json", body)


@pytest.mark.parametrize(
    "answer",
    [
        RuntimeError("a secret"),
        {"statusCode": "ok"},
        {"statusCode": 999},
        {"statusCode": True},
        {"statusCode": 200, "body": {"text": "hi"}},
        {"statusCode": 200, "headers": {"A": ["b"]}},
        {"statusCode": 200, "headers": {"A": "b\r\nc: d"}},
        {"statusCode": 200, "body": "?", "isBase64Encoded": True},
    ],
    ids=str,
)
def test_a_crash_or_an_invalid_result_is_an_internal_error_without_details(answer: Any) -> None:
    status, _, body = response_to(answer)

    assert (status, json.loads(body)) == (500, {"message": "Internal Server Error"})


def test_a_function_that_exceeds_its_timeout_gets_a_503() -> None:
    released = threading.Event()
    with serving(lambda _: released.wait(20), timeout=0.05) as post:
        status, _, body = post(b"a=b")
        released.set()

    assert (status, json.loads(body)) == (503, {"message": "Service Unavailable"})


@pytest.mark.parametrize(
    ("method", "target"),
    [("GET", "/slack/events"), ("POST", "/slack/events/"), ("POST", "/noyo/webhook"), ("POST", "/")],
)
def test_requests_without_a_route_are_not_found(method: str, target: str) -> None:
    function = FakeFunction({"statusCode": 200})
    with serving(function) as post:
        status, _, body = post(b"", method=method, target=target)

    assert (status, json.loads(body)) == (404, {"message": "Not Found"})
    assert function.events == []


def test_a_body_without_a_length_is_refused() -> None:
    function = FakeFunction({"statusCode": 200})
    with serving(function) as post:
        status, _, _ = post(b"", headers={"Transfer-Encoding": "chunked"})

    assert status == 413
    assert function.events == []


def test_requests_are_answered_concurrently() -> None:
    both = threading.Barrier(2, timeout=20)

    def together(_: Any) -> dict[str, Any]:
        both.wait()
        return {"statusCode": 200}

    statuses: list[int] = []
    with ApiGateway({ROUTE: Integration(together, 20)}) as gateway:

        def post() -> None:
            connection = HTTPConnection(urlsplit(gateway.url).netloc, timeout=20)
            connection.request("POST", "/slack/events", b"a=b", FORM)
            statuses.append(connection.getresponse().status)
            connection.close()

        threads = [threading.Thread(target=post) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert statuses == [200, 200]
