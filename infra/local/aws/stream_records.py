"""Converts records of the DynamoDB Streams API to the records in a Lambda event."""

import base64
from datetime import datetime
from typing import Any

from infra.local.aws.batches import Record


def lambda_record(record: dict[str, Any], stream_arn: str) -> Record:
    """The differences are the time in Unix seconds, binaries in base64, and the stream's ARN."""
    change = record["dynamodb"]
    created: datetime | float = change["ApproximateCreationDateTime"]
    seconds = created.timestamp() if isinstance(created, datetime) else created
    images = {name: _encode(change[name]) for name in ("Keys", "NewImage", "OldImage") if change.get(name) is not None}
    copied = {name: record[name] for name in _COPIED if name in record}
    if record.get("userIdentity"):
        identity = record["userIdentity"]
        copied["userIdentity"] = {"principalId": identity["PrincipalId"], "type": identity["Type"]}
    return copied | {
        "dynamodb": {
            "ApproximateCreationDateTime": int(seconds),
            **images,
            "SequenceNumber": change["SequenceNumber"],
            "SizeBytes": change["SizeBytes"],
            "StreamViewType": change["StreamViewType"],
        },
        "eventSourceARN": stream_arn,
    }


_COPIED = ("eventID", "eventName", "eventVersion", "eventSource", "awsRegion")


def _encode(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: _encode(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set):
        return [_encode(part) for part in value]
    return value
