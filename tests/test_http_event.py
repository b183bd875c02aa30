"""The headers and the signed body of an event, as both endpoints read them."""

import base64

import pytest

from bot.http_event import headers_of, raw_body, text_answer


def test_header_names_are_case_insensitive() -> None:
    assert headers_of({"headers": {"X-Slack-Signature": "v0=1", "age": 3}}) == {"x-slack-signature": "v0=1", "age": "3"}


@pytest.mark.parametrize("event", [{}, {"headers": None}])
def test_an_event_without_headers_has_an_empty_mapping(event: dict[str, object]) -> None:
    assert headers_of(event) == {}


def test_the_body_is_the_bytes_that_were_sent_with_and_without_base64() -> None:
    sent = "name=Größe".encode()

    assert raw_body({"body": sent.decode()}) == sent
    assert raw_body({"body": base64.b64encode(sent).decode(), "isBase64Encoded": True}) == sent
    assert raw_body({}) == b""


@pytest.mark.parametrize("body", ["not base64!", "ä", 7, ["a"]])
def test_an_invalid_base64_body_is_none(body: object) -> None:
    assert raw_body({"body": body, "isBase64Encoded": True}) is None


def test_an_answer_is_plain_text_that_may_be_empty() -> None:
    assert text_answer(401) == {"statusCode": 401, "headers": {"content-type": "text/plain"}, "body": ""}
    assert text_answer(400, "why")["body"] == "why"
