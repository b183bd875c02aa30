"""The bill of a month, line by line: measured calls times assumptions times list prices."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.cost.counts import Counts
from infra.cost.prices import GB, PRICES, Prices
from infra.cost.stack import MONTH_SECONDS, StackResources

DAYS = 30.4


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Events a day for each 1,000 connections, and durations in seconds. Nothing here is measured."""

    changes: float = 20
    of_which_alerts: float = 3
    discovered: float = 2
    """Connections that were created without Switchboard."""
    requests: float = 4
    retries: float = 2
    disconnections: float = 1
    refreshes: float = 60
    noyo_seconds: float = 0.4
    slack_seconds: float = 0.2
    dynamodb_seconds: float = 0.006
    kms_seconds: float = 0.01
    own_seconds: float = 0.02
    start_seconds: float = 1.2
    starts_a_day: float = 60
    memory_gb: float = 1.0
    page_rows: int = 100
    platform_log_bytes: int = 450
    access_log_bytes: int = 400
    call_bytes: int = 2_500
    secrets_a_process: int = 2
    secret_read_seconds: int = 900
    metrics_always: int = 11
    metrics_in_use: int = 20
    hours_in_use: int = 250
    alarm_emails: int = 20
    upload_gb: float = 0.5
    log_months: float = 1.0
    months: float = 12


ASSUMED = Assumptions()


def a_day(connections: int, measured: Mapping[str, Counts], assumed: Assumptions = ASSUMED) -> Counts:
    """The usage of all events of a day, without the schedules. Noyo sends a webhook for each change."""
    thousands = connections / 1000
    alerts = measured["alert"] * assumed.of_which_alerts
    changes = measured["change by webhook"] * (assumed.changes - assumed.of_which_alerts)
    people = (
        measured["request"] * assumed.requests
        + measured["retry"] * assumed.retries
        + (measured["disconnection"] + measured["decision"]) * assumed.disconnections
        + measured["refresh"] * assumed.refreshes
    )
    discovered = measured["discovered"] * assumed.discovered
    return (alerts + changes + people + discovered) * thousands + measured["compared record"] * connections


def a_minute(connections: int, measured: Mapping[str, Counts], assumed: Assumptions = ASSUMED) -> Counts:
    """The usage of the schedules: as measured with few connections, plus one read of each row of the newest page."""
    return measured["minute"] + Counts(read_units=min(connections, assumed.page_rows))


def bill(
    connections: int,
    measured: Mapping[str, Counts],
    stack: StackResources,
    *,
    prices: Prices = PRICES,
    assumed: Assumptions = ASSUMED,
) -> dict[str, float]:
    """Dollars by line, after `assumed.months` months of storing permanent items."""
    day = a_day(connections, measured, assumed)
    minutes = a_minute(connections, measured, assumed) * (MONTH_SECONDS / 60)
    month = day * DAYS + minutes
    stored = (
        measured["discovered"].permanent_bytes * connections
        + day.permanent_bytes * DAYS * assumed.months
        + max(day.expiring_bytes, 0) * DAYS
    ) / GB
    logs = (
        month.log_bytes + month.invocations * assumed.platform_log_bytes + month.requests * assumed.access_log_bytes
    ) / GB
    secret_reads = stack.functions * assumed.secrets_a_process * MONTH_SECONDS / assumed.secret_read_seconds
    metrics = assumed.metrics_always + assumed.metrics_in_use * assumed.hours_in_use / (24 * DAYS)
    sent = (month.noyo_calls + month.slack_calls) * assumed.call_bytes / GB
    return {
        "Lambda, requests": month.invocations * prices.lambda_request,
        "Lambda, GB-seconds": _gb_seconds(month, assumed) * prices.lambda_gb_second_arm,
        "API Gateway": month.requests * prices.http_api_request,
        "DynamoDB, reads": month.read_units * prices.dynamodb_read_unit,
        "DynamoDB, writes with their indexes": month.write_units * prices.dynamodb_write_unit,
        "DynamoDB, storage after a year": stored * prices.dynamodb_gb_month,
        "DynamoDB, point-in-time recovery": stored * prices.dynamodb_backup_gb_month,
        "DynamoDB, stream to Lambda": 0.0,
        "KMS, key": stack.keys * prices.kms_key_month,
        "KMS, requests": month.kms_calls * prices.kms_request,
        "Secrets Manager, secrets": stack.secrets * prices.secret_month,
        "Secrets Manager, reads": secret_reads * prices.secret_request,
        "CloudWatch, logs": logs * (prices.log_gb + prices.log_gb_month * assumed.log_months),
        "CloudWatch, metrics": metrics * prices.metric_month,
        "CloudWatch, alarms": stack.alarm_metrics * prices.alarm_month,
        "CloudWatch, dashboard": stack.dashboards * prices.dashboard_month,
        "SNS, alarms by email": assumed.alarm_emails * prices.email,
        "EventBridge Scheduler": stack.scheduled_calls * prices.schedule_call,
        "S3, uploaded packages": assumed.upload_gb * prices.upload_gb_month,
        "S3, reads of the carriers file": MONTH_SECONDS / 60 * prices.s3_read,
        "Data transfer out": sent * prices.transfer_gb,
    }


def _gb_seconds(counts: Counts, assumed: Assumptions) -> float:
    waiting = (
        counts.noyo_calls * assumed.noyo_seconds
        + counts.slack_calls * assumed.slack_seconds
        + counts.dynamodb_calls * assumed.dynamodb_seconds
        + counts.kms_calls * assumed.kms_seconds
    )
    starting = assumed.starts_a_day * DAYS * assumed.start_seconds
    return (waiting + counts.invocations * assumed.own_seconds + starting) * assumed.memory_gb
