"""Stream records as Lambda passes them to a function."""

from typing import Any


def record(number: int, pk: str = "OPERATION#1", event: str = "INSERT") -> dict[str, Any]:
    return {
        "eventID": f"e{number}",
        "eventName": event,
        "dynamodb": {"Keys": {"pk": {"S": pk}, "sk": {"S": "STATE"}}, "SequenceNumber": str(number)},
    }


def numbers(event: dict[str, Any]) -> list[int]:
    return [int(record_["dynamodb"]["SequenceNumber"]) for record_ in event["Records"]]
