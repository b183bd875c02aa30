"""An event of an HTTP API (payload version 2.0) as both doors take it: its headers, and the bytes as sent."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any


def headers_of(event: Mapping[str, Any]) -> dict[str, str]:
    """By name in lower case."""
    return {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}


def raw_body(event: Mapping[str, Any]) -> bytes | None:
    """What was signed; None where the body is not encoded as the event says."""
    body = event.get("body") or ""
    if not isinstance(body, str):
        return None
    if not event.get("isBase64Encoded"):
        return body.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        return None
