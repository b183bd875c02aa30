"""The token endpoint, and which tokens are valid."""

import base64
import binascii
import hmac
import json
import secrets
from collections.abc import Callable
from typing import Any

from infra.local.noyo.rules import Refusal, Rules


class Tokens:
    def __init__(self, clock: Callable[[], float], client_id: str, client_secret: str) -> None:
        self._clock = clock
        self.replace_client(client_id, client_secret)
        self._expires_at: dict[str, float] = {}

    def replace_client(self, client_id: str, client_secret: str) -> None:
        self._credentials = f"{client_id}:{client_secret}".encode()

    def issue(self, authorization: str | None, body: object, rules: Rules) -> dict[str, Any]:
        if not hmac.compare_digest(_basic(authorization), self._credentials):
            raise Refusal(401, "Client authentication failed")
        if not isinstance(body, dict) or body.get("grant_type") != "client_credentials":
            raise Refusal(400, "grant_type: must be client_credentials")
        token = self._new_token(rules.token_life_seconds)
        factor = 1000 if rules.expires_in_unit == "ms" else 1
        return {"access_token": token, "token_type": "Bearer", "expires_in": rules.token_life_seconds * factor}

    def check(self, authorization: str | None) -> None:
        if authorization is None:
            raise Refusal(401, "Authorization is missing")
        scheme, _, token = authorization.partition(" ")
        if scheme != "Bearer" or token.count(".") != 2:
            raise Refusal(401, "Authorization is malformed")
        if self._clock() >= self._expires_at.get(token, float("-inf")):
            raise Refusal(401, "The token has expired or is not known")

    def expire_all(self) -> None:
        self._expires_at.clear()

    def _new_token(self, life_seconds: int) -> str:
        now = self._clock()
        claims = {"exp": int(now) + life_seconds, "jti": secrets.token_hex(8)}
        parts = ({"alg": "HS256", "typ": "JWT"}, claims, secrets.token_hex(16))
        token = ".".join(_part(part) for part in parts)
        self._expires_at[token] = now + life_seconds
        return token


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _basic(authorization: str | None) -> bytes:
    scheme, _, encoded = (authorization or "").partition(" ")
    if scheme != "Basic":
        return b""
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return b""
