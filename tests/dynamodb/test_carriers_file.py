"""The carriers file is read from S3 or from this machine; an unchanged one is not read again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ResponseStreamingError
from botocore.parsers import ResponseParserError

from bot import policies
from bot.dynamodb.carriers_file import carriers_source
from bot.errors import CarriersFileUnavailable
from bot.settings import CarriersAt
from bot.usecases.ports.runtime import CarriersSource
from tests.aws import aws_here, worker_client

BUCKET, KEY = "carriers-of-a-stack", "carriers.json"
TEXT = '{"é": 1}'


class InS3:
    def __init__(self) -> None:
        self._client = worker_client("s3")
        self._client.create_bucket(Bucket=BUCKET)
        self.source = carriers_source(CarriersAt(BUCKET, KEY), lambda: self._client)

    def put(self, content: bytes) -> None:
        self._client.put_object(Bucket=BUCKET, Key=KEY, Body=content)


class OnThisMachine:
    def __init__(self, folder: Path) -> None:
        self._path = folder / KEY
        self.source = carriers_source(CarriersAt("", str(self._path)), lambda: pytest.fail("no client is needed"))

    def put(self, content: bytes) -> None:
        self._path.write_bytes(content)


@pytest.fixture(params=["s3", "here"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[InS3 | OnThisMachine]:
    with aws_here():
        yield InS3() if request.param == "s3" else OnThisMachine(tmp_path)


def test_a_file_is_read_once_until_it_changes(location: InS3 | OnThisMachine) -> None:
    location.put(TEXT.encode())
    first = location.source.read("")
    assert first is not None
    assert first.text == TEXT
    assert location.source.read(first.tag) is None

    location.put(b"{}")
    second = location.source.read(first.tag)

    assert second is not None
    assert (second.text, second.tag != first.tag) == ("{}", True)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\xfe", "it is not text in UTF-8"),
        (b" " * (policies.CARRIERS_FILE_MAX_BYTES + 1), "it is too large"),
        (None, "there is none|No such file"),
    ],
)
def test_what_cannot_be_read_is_said(location: InS3 | OnThisMachine, content: bytes | None, why: str) -> None:
    if content is not None:
        location.put(content)
    with pytest.raises(CarriersFileUnavailable, match=why):
        location.source.read("")


def test_a_mark_of_the_byte_order_is_no_part_of_the_text(location: InS3 | OnThisMachine) -> None:
    location.put(b"\xef\xbb\xbf{}")
    content = location.source.read("")
    assert content is not None
    assert json.loads(content.text) == {}


class Broken:
    """A client of S3 that fails, or whose body does."""

    def __init__(self, error: Exception, *, body: bool = False) -> None:
        self._error, self._body = error, body

    def get_object(self, **_: Any) -> dict[str, Any]:
        if self._body:
            return {"Body": self, "ETag": "1"}
        raise self._error

    def read(self, _: int) -> bytes:
        raise self._error


def source(client: Broken) -> CarriersSource:
    return carriers_source(CarriersAt(BUCKET, KEY), lambda: client)


@pytest.mark.parametrize(
    ("client", "why"),
    [
        (Broken(ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")), "this function's role may not read it"),
        (Broken(ClientError({"Error": {"Code": "NoSuchBucket"}}, "GetObject")), "its bucket does not exist"),
        (Broken(ClientError({"Error": {"Code": "SlowDown"}}, "GetObject")), r"S3 refused \(SlowDown\)"),
        (Broken(ConnectTimeoutError(endpoint_url="https://s3.example")), r"S3 does not answer \(ConnectTimeoutError\)"),
        (Broken(ResponseParserError("<html>")), "S3 does not answer"),
        (Broken(ResponseStreamingError(error="reset"), body=True), "S3 does not answer"),
    ],
)
def test_an_error_of_s3_is_named(client: Broken, why: str) -> None:
    with pytest.raises(CarriersFileUnavailable, match=why):
        source(client).read("")


def test_without_a_file_no_carrier_has_a_name() -> None:
    none = carriers_source(None, lambda: pytest.fail("no client is needed"))

    content = none.read("")
    assert content is not None
    assert content.text == "{}"
    assert none.read(content.tag) is None
