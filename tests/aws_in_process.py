"""For tests: DynamoDB calls of a botocore client go straight to moto's models.

Botocore still validates and serializes each call, and its events still run. What is left out is HTTP within one
process: signing, moto's routing, serializing and parsing the response, which is most of the time of a call.
"""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from types import SimpleNamespace
from typing import Any

from botocore import xform_name
from moto.core import DEFAULT_ACCOUNT_ID as ACCOUNT
from moto.dynamodb.responses import DynamoHandler
from werkzeug.exceptions import HTTPException

from infra.local.aws.moto_tables import fast_tables

Response = tuple[SimpleNamespace, dict[str, Any]]
OPERATIONS = {"GetItem", "BatchGetItem", "Query", "Scan", "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}
_lock = threading.RLock()
"""One call at a time: moto's models are not safe for threads."""


def answer_in_process(client: Any) -> Any:
    """Returns the same client of DynamoDB; within `mock_aws`, moto's models now answer it directly."""

    def answer(model: Any, params: dict[str, Any], **_: Any) -> Response | None:
        return _answer(client.meta.region_name, model.name, params) if model.name in OPERATIONS else None

    client.meta.events.register_last("before-call", answer)  # After the handlers of tests.
    return client


def _answer(region: str, operation: str, params: dict[str, Any]) -> Response:
    handler = DynamoHandler()
    handler.region, handler.current_account = region, ACCOUNT
    handler.body = handler.params = json.loads(params["body"], object_hook=_with_bytes)
    with _lock, fast_tables(region, operation, handler.body) as transaction:
        try:
            result = getattr(handler, xform_name(operation))().result
        except HTTPException as error:
            transaction.undo()
            return _error(error)
    return _http(200), {name: value for name, value in result.items() if value is not None} | _metadata(200)


def _error(error: HTTPException) -> Response:
    status = error.code or 500
    body = json.loads(str(error.description), object_hook=_with_bytes)
    message = body.pop("message", None) or body.pop("Message", "")
    code = body.pop("__type").rpartition("#")[2]
    return _http(status), body | {"Error": {"Code": code, "Message": message}} | _metadata(status)


def _http(status: int) -> SimpleNamespace:
    return SimpleNamespace(status_code=status, headers={})


def _metadata(status: int) -> dict[str, Any]:
    return {"ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": 0}}


def _with_bytes(value: dict[str, Any]) -> dict[str, Any]:
    """Decodes the binary values of JSON, as moto and botocore do."""
    if isinstance(binary := value.get("B"), str) and len(value) == 1:
        return {"B": b64decode(binary)}
    if isinstance(binaries := value.get("BS"), list) and len(value) == 1:
        return {"BS": [b64decode(binary) for binary in binaries]}
    return value
