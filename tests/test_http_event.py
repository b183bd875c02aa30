"""The headers and the signed body of an event, as both endpoints read them."""

import base64

import pytest

from bot.http_event import headers_of, raw_body, text_answer


def test_headers_are_found_in_whatever_case_they_came() -> None:
    assert headers_of({"headers": {"X-Slack-Signature": "v0=1", "age": 3}}) == {"x-slack-signature": "v0=1", "age": "3"}


@pytest.mark.parametrize("event", [{}, {"headers": None}])
def test_no_headers_are_none(event: dict[str, object]) -> None:
    assert headers_of(event) == {}


def test_the_body_is_the_bytes_that_were_sent_either_way_they_came() -> None:
    sent = "name=Größe".encode()

    assert raw_body({"body": sent.decode()}) == sent
    assert raw_body({"body": base64.b64encode(sent).decode(), "isBase64Encoded": True}) == sent
    assert raw_body({}) == b""


@pytest.mark.parametrize("body", ["not base64!", "ä", 7, ["a"]])
def test_a_body_that_is_not_encoded_as_it_says_is_none(body: object) -> None:
    assert raw_body({"body": body, "isBase64Encoded": True}) is None


def test_an_answer_is_plain_text_that_may_be_empty() -> None:
    assert text_answer(401) == {"statusCode": 401, "headers": {"content-type": "text/plain"}, "body": ""}
    assert text_answer(400, "why")["body"] == "why"
