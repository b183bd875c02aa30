"""Alarms and the dashboard: each alarm notifies somebody and has instructions in the runbook."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.operations import OutcomeKind
from bot.domain.outbox import EventKind, OutboxEvent
from bot.domain.records import EntityKind, EntityRef
from bot.errors import SlackRefused
from bot.logs import METRICS
from bot.slack.endpoint import KINDS
from bot.telemetry import LogEvent
from bot.usecases.notifications.publish import retry_delay
from infra.local.aws.table import read_template
from tests.architecture import tree

TEMPLATE = read_template()
ALARMS: dict[str, dict[str, Any]] = {
    name: resource["Properties"]
    for name, resource in TEMPLATE["Resources"].items()
    if resource["Type"] == "AWS::CloudWatch::Alarm"
}
RUNBOOK = (tree.ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
PARAGRAPH = re.compile(r"^### ([^\n]+)\n(.+?)(?=^##)", re.MULTILINE | re.DOTALL)
SECTION = RUNBOOK.partition("\n## Alarms\n")[2].partition("\n## Situations\n")[0] + "\n## end"
PARAGRAPHS = dict(PARAGRAPH.findall(SECTION))


def anchor(heading: str) -> str:
    """The anchor that GitHub generates for a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def name_of(alarm: dict[str, Any]) -> str:
    stack, _, name = alarm["AlarmName"]["Fn::Sub"].partition(": ")
    assert stack == "${AWS::StackName}"
    return str(name)


@pytest.mark.parametrize("name", ALARMS)
def test_each_alarm_notifies_when_it_begins_and_ends(name: str) -> None:
    topic = [{"Ref": "AlarmTopic"}]

    assert ALARMS[name]["AlarmActions"] == topic
    assert ALARMS[name]["OKActions"] == topic
    assert ALARMS[name]["TreatMissingData"] in ("breaching", "notBreaching")


@pytest.mark.parametrize("name", ALARMS)
def test_each_alarm_says_what_to_do_and_links_the_runbook(name: str) -> None:
    description = ALARMS[name]["AlarmDescription"]
    heading = name_of(ALARMS[name])

    assert description.endswith(f" docs/runbook.md#{anchor(heading)}")
    assert 80 < len(description) <= 1024, "the limit of CloudWatch"
    assert heading in PARAGRAPHS


def test_each_alarm_has_a_section_in_the_runbook_that_answers_all_questions() -> None:
    assert PARAGRAPHS.keys() == {name_of(alarm) for alarm in ALARMS.values()}
    for heading, text in PARAGRAPHS.items():
        questions = ("How bad",) if "As [above]" in text else ("Means", "How bad", "Look at", "Do", "Over when")
        for question in questions:
            assert f"**{question}**" in text, f"{heading}: {question}"


def test_all_links_inside_the_runbook_exist() -> None:
    anchors = {anchor(heading) for heading in re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE)}

    assert set(re.findall(r"\]\(#([^)]+)\)", RUNBOOK)) <= anchors


def test_the_queries_of_the_runbook_use_existing_log_messages() -> None:
    messages = set(re.findall(r'message = "([^"]+)"', RUNBOOK))
    for several in re.findall(r"message in \[([^\]]+)\]", RUNBOOK):
        messages |= set(re.findall(r'"([^"]+)"', several))
    sources = "".join(
        path.read_text(encoding="utf-8")
        for package in ("bot", "handlers")
        for path in (tree.ROOT / package).rglob("*.py")
    )

    assert len(messages) > 10
    assert {text for text in messages - {*LogEvent} if f'"{text}"' not in sources} == set()


@pytest.mark.parametrize(
    "situation",
    [
        "A card seems stuck",
        "Noyo is down",
        "Slack is down",
        "A secret leaked",
        "A wrong decision was made",
        "Restore the table from point-in-time",
    ],
)
def test_the_runbook_covers_common_situations(situation: str) -> None:
    assert f"\n### {situation}\n" in RUNBOOK


def test_missing_data_of_a_scheduled_worker_is_an_alarm() -> None:
    alarms_on_missing_data = {name for name, alarm in ALARMS.items() if alarm["TreatMissingData"] == "breaching"}

    assert alarms_on_missing_data == {
        "ConnectionsNotPolledAlarm",
        "DisconnectionsNotPolledAlarm",
        "OperationsNotExecutedAlarm",
        "EventsNotPublishedAlarm",
    }


@pytest.mark.parametrize("seconds", TEMPLATE["Parameters"]["PollSeconds"]["AllowedValues"])
def test_alarms_on_the_poll_allow_for_more_than_one_run(seconds: str) -> None:
    rate = TEMPLATE["Mappings"]["PollRates"][seconds]

    assert rate["AlarmPeriod"] % 60 == 0
    assert rate["AlarmPeriod"] >= 2 * int(seconds)
    assert 3 * int(seconds) <= rate["MaxAge"] or rate["MaxAge"] == 600
    for name in ("ConnectionsNotPolledAlarm", "DisconnectionsNotPolledAlarm"):
        alarm = ALARMS[name]
        assert alarm["Period"] == {"Fn::FindInMap": ["PollRates", {"Ref": "PollSeconds"}, "AlarmPeriod"]}
        assert alarm["Threshold"] == {"Fn::FindInMap": ["PollRates", {"Ref": "PollSeconds"}, "MaxAge"]}
        assert rate["AlarmPeriod"] * alarm["EvaluationPeriods"] <= 86_400, "the limit of CloudWatch"


def test_alarms_on_metrics_of_the_poll_use_its_period() -> None:
    """With a shorter period, every other period would be empty, and two consecutive ones never breach."""
    period = {"Fn::FindInMap": ["PollRates", {"Ref": "PollSeconds"}, "AlarmPeriod"]}
    polled = ("ConnectionsNotPolledAlarm", "DisconnectionsNotPolledAlarm", "NoyoCredentialsRejectedAlarm")

    assert {name for name, alarm in ALARMS.items() if alarm.get("Period") == period} == set(polled)


def test_throttling_of_the_poll_is_not_an_alarm() -> None:
    """With a reserved concurrency of 1, a long run throttles the invocations of the next minutes."""
    metrics = ALARMS["LambdaThrottlesAlarm"]["Metrics"]
    functions = {metric["Id"] for metric in metrics if "MetricStat" in metric}

    assert functions == {"slack", "webhook", "execute_operations", "notify"}


def test_a_wrong_secret_is_noticed_with_little_traffic() -> None:
    wrong = ALARMS["SignaturesRejectedAlarm"]
    periods = {metric["MetricStat"]["Period"] for metric in wrong["Metrics"] if "MetricStat" in metric}

    assert (wrong["Threshold"], wrong["DatapointsToAlarm"], periods) == (5, 1, {900})


def test_sums_fill_missing_data_with_0() -> None:
    """A function without invocations has no data, and CloudWatch evaluates no expression with missing data."""
    sums = {name: alarm["Metrics"] for name, alarm in ALARMS.items() if "Metrics" in alarm}

    assert len(sums) > 4
    for name, metrics in sums.items():
        [expression] = [metric["Expression"] for metric in metrics if "Expression" in metric]
        filled = [f"FILL({metric['Id']}, 0)" for metric in metrics if "MetricStat" in metric]
        assert expression in {f"{function}([{', '.join(filled)}])" for function in ("SUM", "MAX")}, name


@pytest.mark.parametrize("began", range(0, 600, 15))
def test_a_single_message_that_slack_keeps_refusing_raises_the_alarm(began: int) -> None:
    """Whenever it began within a period; retries are at least a minute apart, with growing delays."""
    alarm = ALARMS["PublishFailuresAlarm"]
    failed: Counter[int] = Counter()
    at, event = (began, OutboxEvent("1", EventKind.RECORD_CHANGED, EntityRef(EntityKind.CONNECTION, "1"), at=0, due=0))
    while at < 2 * 3600:
        failed[at // alarm["Period"]] += 1
        due = at + retry_delay(SlackRefused("not_in_channel"), event)
        at, event = -(-due // 60) * 60, replace(event, attempts=event.attempts + 1)

    breached = [failed[period] >= alarm["Threshold"] for period in range(6)]
    evaluated = alarm["EvaluationPeriods"]
    most = max(sum(breached[first : first + evaluated]) for first in range(6 - evaluated))
    assert most >= alarm["DatapointsToAlarm"] > 2


def test_the_alarm_on_slow_responses_comes_before_slacks_timeout() -> None:
    slow = ALARMS["SlowResponsesAlarm"]

    assert slow["Threshold"] < 3000
    assert slow["ExtendedStatistic"] == "p99"


def test_alarms_can_be_sent_by_email() -> None:
    subscription = TEMPLATE["Resources"]["AlarmSubscription"]

    assert subscription["Condition"] == "HasAlarmEmail"
    assert subscription["Properties"]["Protocol"] == "email"
    assert subscription["Properties"]["Endpoint"] == {"Ref": "AlarmEmail"}
    assert TEMPLATE["Outputs"]["AlarmTopicArn"]["Value"] == {"Ref": "AlarmTopic"}


def test_the_dashboard_shows_all_alarms_first() -> None:
    widgets = json.loads(TEMPLATE["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])["widgets"]
    first = min(widgets, key=lambda widget: (widget["y"], widget["x"]))

    assert first["type"] == "alarm"
    assert set(first["properties"]["alarms"]) == {f"${{{name}.Arn}}" for name in ALARMS}
    for widget in widgets:
        assert widget["x"] + widget["width"] <= 24


VALUES = {
    "kind": len(KINDS) + 1,
    "cold": 2,
    "list": 2,
    "service": {"Throttled": 4, "CredentialsRejected": 2},
    "endpoint": 2,
    "outcome": len(OutcomeKind),
}


def max_billed_metrics(metric: str, dimensions: tuple[tuple[str, ...], ...]) -> int:
    """The largest number of CloudWatch metrics for this metric."""
    total = 0
    for names in dimensions:
        product = 1
        for name in names:
            values = VALUES[name]
            product *= values[metric] if isinstance(values, dict) else values  # type: ignore[assignment, index]
        total += product
    return total


def test_the_runbook_states_the_number_of_billed_metrics() -> None:
    stated = {name: int(most) for name, most in re.findall(r"^\| `(\w+)` \|.*\| (\d+) \|$", RUNBOOK, re.MULTILINE)}
    counted = {
        metric.name: max_billed_metrics(metric.name, measured.dimensions)
        for measured in METRICS.values()
        for metric in measured.metrics
    }
    del counted["SettledOperations"]  # Kinds times outcomes; most combinations never occur.

    assert stated == counted
    assert "| `SettledOperations` |" in RUNBOOK
    assert f" {len(ALARMS)} alarms are" in RUNBOOK
