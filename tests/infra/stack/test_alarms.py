"""Alarms and the dashboard: each alarm reaches somebody and says what to do, in the runbook too."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.entities import EntityKind, EntityRef
from bot.domain.operations import OutcomeKind
from bot.domain.outbox import EventKind, OutboxEvent
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
    """As GitHub makes it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def name_of(alarm: dict[str, Any]) -> str:
    stack, _, name = alarm["AlarmName"]["Fn::Sub"].partition(": ")
    assert stack == "${AWS::StackName}"
    return str(name)


@pytest.mark.parametrize("name", ALARMS)
def test_each_alarm_reaches_somebody_when_it_begins_and_when_it_is_over(name: str) -> None:
    topic = [{"Ref": "AlarmTopic"}]

    assert ALARMS[name]["AlarmActions"] == topic
    assert ALARMS[name]["OKActions"] == topic
    assert ALARMS[name]["TreatMissingData"] in ("breaching", "notBreaching")


@pytest.mark.parametrize("name", ALARMS)
def test_each_alarm_says_what_to_do_and_where_more_of_it_is(name: str) -> None:
    described = ALARMS[name]["AlarmDescription"]
    heading = name_of(ALARMS[name])

    assert described.endswith(f" docs/runbook.md#{anchor(heading)}")
    assert 80 < len(described) <= 1024, "CloudWatch takes no more"
    assert heading in PARAGRAPHS


def test_each_paragraph_is_of_an_alarm_and_answers_what_somebody_on_call_asks() -> None:
    assert PARAGRAPHS.keys() == {name_of(alarm) for alarm in ALARMS.values()}
    for heading, text in PARAGRAPHS.items():
        asked = ("How bad",) if "As [above]" in text else ("Means", "How bad", "Look at", "Do", "Over when")
        for question in asked:
            assert f"**{question}**" in text, f"{heading}: {question}"


def test_what_the_runbook_leads_to_is_there() -> None:
    anchors = {anchor(heading) for heading in re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE)}

    assert set(re.findall(r"\]\(#([^)]+)\)", RUNBOOK)) <= anchors


def test_the_queries_look_for_lines_that_are_written() -> None:
    asked = set(re.findall(r'message = "([^"]+)"', RUNBOOK))
    for several in re.findall(r"message in \[([^\]]+)\]", RUNBOOK):
        asked |= set(re.findall(r'"([^"]+)"', several))
    sources = "".join(
        path.read_text(encoding="utf-8")
        for room in ("bot", "handlers")
        for path in (tree.ROOT / room).rglob("*.py")
    )

    assert len(asked) > 10
    assert {text for text in asked - {*LogEvent} if f'"{text}"' not in sources} == set()


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
def test_the_runbook_knows_what_people_come_with(situation: str) -> None:
    assert f"\n### {situation}\n" in RUNBOOK


def test_a_poll_that_does_not_run_is_an_alarm_by_its_silence() -> None:
    silent = {name for name, alarm in ALARMS.items() if alarm["TreatMissingData"] == "breaching"}

    assert silent == {
        "ConnectionsNotPolledAlarm",
        "DisconnectionsNotPolledAlarm",
        "OperationsNotCarriedOutAlarm",
        "NewsNotToldAlarm",
    }


@pytest.mark.parametrize("seconds", TEMPLATE["Parameters"]["PollSeconds"]["AllowedValues"])
def test_an_alarm_on_the_poll_gives_it_time_for_more_than_one_run(seconds: str) -> None:
    rate = TEMPLATE["Mappings"]["PollRates"][seconds]

    assert rate["AlarmPeriod"] % 60 == 0
    assert rate["AlarmPeriod"] >= 2 * int(seconds)
    assert 3 * int(seconds) <= rate["MaxAge"] or rate["MaxAge"] == 600
    for name in ("ConnectionsNotPolledAlarm", "DisconnectionsNotPolledAlarm"):
        found = ALARMS[name]
        assert found["Period"] == {"Fn::FindInMap": ["PollRates", {"Ref": "PollSeconds"}, "AlarmPeriod"]}
        assert found["Threshold"] == {"Fn::FindInMap": ["PollRates", {"Ref": "PollSeconds"}, "MaxAge"]}
        assert rate["AlarmPeriod"] * found["EvaluationPeriods"] <= 86_400, "CloudWatch looks back a day"


def test_what_only_the_poll_tells_is_looked_at_as_seldom_as_it_polls() -> None:
    """An alarm that wants two periods in a row would never be heard where every other one is empty."""
    seldom = {"Fn::FindInMap": ["PollRates", {"Ref": "PollSeconds"}, "AlarmPeriod"]}
    polled = ("ConnectionsNotPolledAlarm", "DisconnectionsNotPolledAlarm", "NoyoRefusesUsAlarm")

    assert {name for name, alarm in ALARMS.items() if alarm.get("Period") == seldom} == set(polled)


def test_a_poll_that_is_kept_to_one_run_is_no_lack_of_room() -> None:
    """While one run takes minutes, each minute's call is refused several times."""
    looked_at = {one["Id"] for one in ALARMS["LambdaThrottlesAlarm"]["Metrics"] if "MetricStat" in one}

    assert looked_at == {"slack", "webhook", "execute_operations", "notify"}


def test_a_wrong_secret_is_heard_of_where_few_people_click() -> None:
    wrong = ALARMS["SignaturesWrongAlarm"]
    periods = {one["MetricStat"]["Period"] for one in wrong["Metrics"] if "MetricStat" in one}

    assert (wrong["Threshold"], wrong["DatapointsToAlarm"], periods) == (5, 1, {900})


def test_no_sum_is_silent_where_one_of_its_parts_is() -> None:
    """A function that nobody called tells nothing, and CloudWatch reckons nothing with what is not there."""
    sums = {name: alarm["Metrics"] for name, alarm in ALARMS.items() if "Metrics" in alarm}

    assert len(sums) > 4
    for name, metrics in sums.items():
        [expression] = [one["Expression"] for one in metrics if "Expression" in one]
        filled = [f"FILL({one['Id']}, 0)" for one in metrics if "MetricStat" in one]
        assert expression in {f"{function}([{', '.join(filled)}])" for function in ("SUM", "MAX")}, name


@pytest.mark.parametrize("began", range(0, 600, 15))
def test_one_message_that_slack_goes_on_refusing_is_heard_of(began: int) -> None:
    """Wherever within a period it began; it is tried by the minute at most, with pauses that grow."""
    alarm = ALARMS["DeliveriesFailAlarm"]
    failed: Counter[int] = Counter()
    at, event = (
        began,
        OutboxEvent("1", EventKind.RECORD_CHANGED, EntityRef(EntityKind.CONNECTION, "1"), at=0, due=0),
    )
    while at < 2 * 3600:
        failed[at // alarm["Period"]] += 1
        due = at + retry_delay(SlackRefused("not_in_channel"), event)
        at, event = -(-due // 60) * 60, replace(event, attempts=event.attempts + 1)

    breached = [failed[period] >= alarm["Threshold"] for period in range(6)]
    looked_at = alarm["EvaluationPeriods"]
    most = max(sum(breached[first : first + looked_at]) for first in range(6 - looked_at))
    assert most >= alarm["DatapointsToAlarm"] > 2


def test_slack_s_three_seconds_are_not_used_up_when_the_alarm_comes() -> None:
    slow = ALARMS["SlackAnsweredSlowlyAlarm"]

    assert slow["Threshold"] < 3000
    assert slow["ExtendedStatistic"] == "p99"


def test_alarms_can_be_mailed_to_somebody_outside_of_slack() -> None:
    subscription = TEMPLATE["Resources"]["AlarmSubscription"]

    assert subscription["Condition"] == "HasAlarmEmail"
    assert subscription["Properties"]["Protocol"] == "email"
    assert subscription["Properties"]["Endpoint"] == {"Ref": "AlarmEmail"}
    assert TEMPLATE["Outputs"]["AlarmTopicArn"]["Value"] == {"Ref": "AlarmTopic"}


def test_the_dashboard_shows_every_alarm_first() -> None:
    widgets = json.loads(TEMPLATE["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"])[
        "widgets"
    ]
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


def most_of(metric: str, dimensions: tuple[tuple[str, ...], ...]) -> int:
    """How many metrics CloudWatch may come to count for this one."""
    total = 0
    for names in dimensions:
        product = 1
        for name in names:
            values = VALUES[name]
            product *= values[metric] if isinstance(values, dict) else values  # type: ignore[assignment, index]
        total += product
    return total


def test_the_runbook_counts_what_is_paid_for() -> None:
    told = {
        name: int(most) for name, most in re.findall(r"^\| `(\w+)` \|.*\| (\d+) \|$", RUNBOOK, re.MULTILINE)
    }
    counted = {
        metric.name: most_of(metric.name, measured.dimensions)
        for measured in METRICS.values()
        for metric in measured.metrics
    }
    del counted["SettledOperations"]  # Kinds times outcomes, of which few ever meet.

    assert told == counted
    assert "| `SettledOperations` |" in RUNBOOK
    assert f" {len(ALARMS)} alarms are" in RUNBOOK
