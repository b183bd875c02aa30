from pathlib import Path

import pytest

from infra.local.aws.batches import BatchRules
from infra.local.aws.event_filters import matches
from infra.local.aws.functions import Route, Schedule, rate, read_functions
from tests.infra.local.records import record

MAPPED = """
Globals: {Function: {Timeout: 7}}
Resources:
  Table: {Type: "AWS::DynamoDB::Table"}
  One:
    Type: AWS::Serverless::Function
    Properties:
      Handler: made.up.handler
      Events:
        Placed:
          Type: DynamoDB
          Properties: {Stream: !GetAtt Table.StreamArn, StartingPosition: TRIM_HORIZON}
        Often:
          Type: ScheduleV2
          Properties: {ScheduleExpression: rate(5 minutes), Input: '{"what": "sweep"}'}
"""


def test_the_templates_functions_are_read_with_their_events() -> None:
    functions = {function.handler: function for function in read_functions()}

    assert functions["handlers.slack.handler"].routes == (Route("POST", "/slack/events"),)
    for handler, pk, other in (
        ("handlers.execute_operations.handler", "OPERATION#1", "OUTBOX#1"),
        ("handlers.notify.handler", "OUTBOX#1", "OPERATION#1"),
    ):
        (mapping,) = functions[handler].mappings
        assert any(matches(pattern, record(1, pk)) for pattern in mapping.patterns)
        assert not any(matches(pattern, record(1, other)) for pattern in mapping.patterns)
        assert mapping.rules.retries is not None
        assert functions[handler].schedules
    assert functions["handlers.poll.handler"].schedules


def test_missing_properties_have_the_defaults_of_aws(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(MAPPED)

    (function,) = read_functions(tmp_path / "t.yaml")

    assert (function.name, function.timeout, function.memory) == ("One", 7, 128)
    (mapping,) = function.mappings
    assert mapping.patterns == ()
    assert mapping.rules == BatchRules(batch_size=100, bisect=False, retries=None)


def test_a_schedules_own_input_is_kept(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(MAPPED)

    (function,) = read_functions(tmp_path / "t.yaml")

    assert function.schedules == (Schedule("OneOften", 300, {"what": "sweep"}),)


def test_an_unsupported_event_type_raises(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(MAPPED.replace("Type: DynamoDB", "Type: SQS"))

    with pytest.raises(ValueError, match="SQS"):
        read_functions(tmp_path / "t.yaml")


@pytest.mark.parametrize(
    ("expression", "seconds"), [("rate(1 minute)", 60), ("rate(5 minutes)", 300), ("rate(2 days)", 172_800)]
)
def test_a_rate_is_read_in_seconds(expression: str, seconds: int) -> None:
    assert rate(expression) == seconds


@pytest.mark.parametrize("expression", ["cron(0 9 * * ? *)", "rate(0 minutes)", "rate(1 second)", "at(2030-01-01)"])
def test_another_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueError):
        rate(expression)
