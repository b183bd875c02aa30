"""infra/local: a record as the streams' API gives it, made into the record that Lambda gives a function."""

import base64
from datetime import datetime
from typing import Any

from infra.local.aws.batches import Record


def lambda_record(record: dict[str, Any], stream_arn: str) -> Record:
    """The differences: the time in Unix seconds, binaries in base64, and whose stream it is."""
    told = record["dynamodb"]
    made: datetime | float = told["ApproximateCreationDateTime"]
    seconds = made.timestamp() if isinstance(made, datetime) else made
    images = {
        name: _texts(told[name]) for name in ("Keys", "NewImage", "OldImage") if told.get(name) is not None
    }
    kept = {name: record[name] for name in _KEPT if name in record}
    if record.get("userIdentity"):
        identity = record["userIdentity"]
        kept["userIdentity"] = {"principalId": identity["PrincipalId"], "type": identity["Type"]}
    return kept | {
        "dynamodb": {
            "ApproximateCreationDateTime": int(seconds),
            **images,
            "SequenceNumber": told["SequenceNumber"],
            "SizeBytes": told["SizeBytes"],
            "StreamViewType": told["StreamViewType"],
        },
        "eventSourceARN": stream_arn,
    }


_KEPT = ("eventID", "eventName", "eventVersion", "eventSource", "awsRegion")


def _texts(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: _texts(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set):
        return [_texts(part) for part in value]
    return value
