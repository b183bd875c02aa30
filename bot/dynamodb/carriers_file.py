"""The carriers file of a deployment: an object in S3, or a file on this machine. For workers only.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from bot import policies
from bot.errors import CarriersFileUnavailable
from bot.settings import CarriersAt
from bot.usecases.ports.runtime import CarriersContent, CarriersSource

_UNCHANGED = 304
_WHY = {
    "AccessDenied": "there is none, or this function's role may not read it",
    "NoSuchBucket": "its bucket does not exist",
    "NoSuchKey": "there is none",
}


class S3Client(Protocol):
    def get_object(self, **parameters: Any) -> dict[str, Any]: ...


class S3File:
    """Implements `bot.usecases.ports.runtime.CarriersSource`. The client is created on first use."""

    def __init__(self, make_client: Callable[[], S3Client], bucket: str, key: str) -> None:
        self._make_client, self._bucket, self._key = make_client, bucket, key

    @cached_property
    def _client(self) -> S3Client:
        return self._make_client()

    def read(self, unchanged_tag: str) -> CarriersContent | None:
        condition = {"IfNoneMatch": unchanged_tag} if unchanged_tag else {}
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key, **condition)
            content = answer["Body"].read(policies.CARRIERS_FILE_MAX_BYTES + 1)
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == _UNCHANGED:
                return None
            code = str(error.response.get("Error", {}).get("Code", ""))
            raise _unavailable(_WHY.get(code, f"S3 refused ({code})")) from error
        except (BotoCoreError, ResponseParserError) as error:
            raise _unavailable(f"S3 does not answer ({type(error).__name__})") from error
        return CarriersContent(_text(content), answer["ETag"])


class LocalFile:
    """Implements `bot.usecases.ports.runtime.CarriersSource`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, unchanged_tag: str) -> CarriersContent | None:
        try:
            content = self._path.read_bytes()
        except OSError as error:
            raise _unavailable(f"{error.strerror}: {self._path}") from error
        tag = hashlib.sha256(content).hexdigest()
        return CarriersContent(_text(content), tag) if tag != unchanged_tag else None


class NoFile:
    """Implements `bot.usecases.ports.runtime.CarriersSource`: no carrier has a name."""

    def read(self, unchanged_tag: str) -> CarriersContent | None:
        return CarriersContent("{}", "none") if unchanged_tag != "none" else None


def carriers_source(at: CarriersAt | None, make_client: Callable[[], S3Client]) -> CarriersSource:
    if at is None:
        return NoFile()
    return S3File(make_client, at.bucket, at.key) if at.bucket else LocalFile(Path(at.key))


def _text(content: bytes) -> str:
    if len(content) > policies.CARRIERS_FILE_MAX_BYTES:
        raise _unavailable("it is too large")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unavailable("it is not text in UTF-8") from error


def _unavailable(why: str) -> CarriersFileUnavailable:
    return CarriersFileUnavailable(why)
