from datetime import UTC, datetime
from typing import Any

from infra.local.aws.stream_records import lambda_record

STREAM_RECORD: dict[str, Any] = {
    "eventID": "e1",
    "eventName": "REMOVE",
    "eventVersion": "1.1",
    "eventSource": "aws:dynamodb",
    "awsRegion": "us-east-1",
    "dynamodb": {
        "ApproximateCreationDateTime": datetime(2024, 4, 5, 19, 34, 38, tzinfo=UTC),
        "Keys": {"pk": {"S": "OPERATION#1"}},
        "OldImage": {
            "b": {"B": b"\x00\xff"},
            "l": {"L": [{"BS": [b"a"]}, {"N": "1"}]},
            "m": {"M": {"x": {"NULL": True}}},
        },
        "SequenceNumber": "11",
        "SizeBytes": 9,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    },
    "userIdentity": {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"},
}


def test_a_record_has_the_format_of_a_lambda_event() -> None:
    assert lambda_record(STREAM_RECORD, "arn:stream") == {
        "eventID": "e1",
        "eventName": "REMOVE",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "eventSourceARN": "arn:stream",
        "userIdentity": {"principalId": "dynamodb.amazonaws.com", "type": "Service"},
        "dynamodb": {
            "ApproximateCreationDateTime": 1_712_345_678,
            "Keys": {"pk": {"S": "OPERATION#1"}},
            "OldImage": {
                "b": {"B": "AP8="},
                "l": {"L": [{"BS": ["YQ=="]}, {"N": "1"}]},
                "m": {"M": {"x": {"NULL": True}}},
            },
            "SequenceNumber": "11",
            "SizeBytes": 9,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }
