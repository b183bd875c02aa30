"""The webhook handler, invoked with events in the format of API Gateway."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from bot import bootstrap
from bot.domain.operations import OperationKind
from bot.errors import SettingsError
from handlers import execute_operations, notify, noyo_webhook
from infra.local.environment import WEBHOOK_SECRET
from tests.handlers.conftest import FakeContext
from tests.system import ALERTS, System
from tests.test_settings import NEEDED

EVENT = "5b1f0d3e-7a52-4b43-9a0e-3d2f6d6a9c11"
TIMESTAMP = "2024-05-08T21:27:45.039587+00:00"


def event(record_id: str, secret: str = WEBHOOK_SECRET) -> dict[str, Any]:
    metadata = {"id": EVENT, "created": 1, "type": "group_connection_request.status_change"}
    body = json.dumps({"data": {"id": record_id}, "event": metadata}).encode()
    digest = hmac.new(secret.encode(), TIMESTAMP.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {
        "version": "2.0",
        "routeKey": "POST /noyo/webhook",
        "rawPath": "/noyo/webhook",
        "headers": {"content-type": "application/json", "x-noyo-timestamp": TIMESTAMP, "x-noyo-signature": digest},
        "requestContext": {"http": {"method": "POST", "path": "/noyo/webhook"}, "requestId": "1"},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def test_a_webhook_causes_a_refresh_and_the_refresh_posts_an_alert(system: System, context: FakeContext) -> None:
    system.wait(60)
    connection = system.noyo.add_connection(group_name="Test Company", status="unable_to_connect")
    for _ in range(2):
        assert noyo_webhook.handler(event(connection["id"]), context)["statusCode"] == 200
    assert system.operation(f"webhook:{EVENT}").kind is OperationKind.REFRESH_RECORD

    execute_operations.handler({}, context)
    notify.handler({}, context)
    assert "Test Company" in system.read_channel(ALERTS)


def test_a_webhook_with_a_wrong_signature_is_refused(system: System, context: FakeContext) -> None:
    connection = system.noyo.add_connection()
    assert noyo_webhook.handler(event(connection["id"], "guessed"), context)["statusCode"] == 401
    assert system.open_operations() == []


def test_without_a_configured_secret_the_handler_raises_a_settings_error(
    monkeypatch: pytest.MonkeyPatch, context: FakeContext
) -> None:
    """API Gateway then answers 500, so Noyo delivers the webhook again."""
    monkeypatch.setattr(noyo_webhook, "deployment", bootstrap.deployment)
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    for name in ("SECRET_NOYO_WEBHOOK", "NOYO_WEBHOOK_SECRET"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(SettingsError, match="NOYO_WEBHOOK_SECRET is missing"):
        noyo_webhook.handler(event("dd9a1813-34f7-4c7e-86bc-f041f2cbd9a1"), context)
