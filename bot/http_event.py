"""A request from API Gateway's HTTP API (payload version 2.0) and its answer, for both endpoints."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

HttpAnswer = dict[str, Any]
"""Status, headers and body, as the HTTP API takes them."""


def headers_of(event: Mapping[str, Any]) -> dict[str, str]:
    """Headers by lower-case name."""
    return {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}


def raw_body(event: Mapping[str, Any]) -> bytes | None:
    """The signed bytes; None if the body is not encoded as the event says."""
    body = event.get("body") or ""
    if not isinstance(body, str):
        return None
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        return None


def text_answer(status: int, text: str = "") -> HttpAnswer:
    return {"statusCode": status, "headers": {"content-type": "text/plain"}, "body": text}
