from dataclasses import replace

import pytest

from infra.cost.__main__ import GUIDE, SIZES, table, with_table
from infra.cost.counts import Counts, read_measured
from infra.cost.month import ASSUMED, a_day, a_minute, bill
from infra.cost.prices import Prices
from infra.cost.stack import StackResources, read_stack
from infra.local.aws.table import read_template

STACK = StackResources(alarm_metrics=10, dashboards=1, keys=1, secrets=4, functions=5, scheduled_calls=100_000)
FREE = Prices(*(0.0 for _ in Prices.__slots__))
NOTHING = {name: Counts() for name in read_measured()}


def test_the_table_in_the_guide_is_up_to_date() -> None:
    """To update: `.venv/bin/python -m infra.cost`."""
    text = GUIDE.read_text(encoding="utf-8")

    assert table() in text
    assert with_table(text) == text


def test_each_line_is_amount_times_price() -> None:
    measured = {**NOTHING, "minute": Counts(invocations=1), "request": Counts(write_units=1, kms_calls=2)}
    lines = bill(1000, measured, STACK, prices=replace(FREE, dynamodb_write_unit=1, kms_request=1, alarm_month=0.1))

    assert lines["DynamoDB, writes with their indexes"] == pytest.approx(ASSUMED.requests * 30.4)
    assert lines["KMS, requests"] == pytest.approx(2 * ASSUMED.requests * 30.4)
    assert lines["CloudWatch, alarms"] == 1.0
    assert sum(lines.values()) == pytest.approx(3 * ASSUMED.requests * 30.4 + 1)


def test_events_scale_with_the_connections_and_schedules_do_not() -> None:
    measured = read_measured()
    small, large = a_day(1_000, measured), a_day(10_000, measured)

    assert large.write_units == pytest.approx(10 * small.write_units)
    assert a_minute(1_000, measured) == a_minute(50_000, measured)
    assert a_minute(10, measured).read_units < a_minute(1_000, measured).read_units


def test_more_connections_never_cost_less() -> None:
    bills = [bill(size, read_measured(), STACK) for size in SIZES]

    for line in bills[0]:
        amounts = [lines[line] for lines in bills]
        assert amounts == sorted(amounts), line


def test_the_resources_are_read_from_the_template() -> None:
    stack = read_stack(read_template())

    assert (stack.keys, stack.secrets) == (1, 4)
    assert stack.functions == 5
    assert stack.alarm_metrics == 28  # 18 alarms; AWS bills each metric of a metric-math alarm.
    assert stack.scheduled_calls == pytest.approx(3 * 30.4 * 24 * 60)
