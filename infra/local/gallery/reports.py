"""The answers of `history` and `doctor`, with every action of the audit log and every finding of a health check."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bot.domain.carriers_file import CarriersFile
from bot.domain.health import CheckStatus, Component, Finding, HealthCheck, Topic
from bot.domain.operations import Operation, OutcomeKind
from bot.domain.people import AuditEntry
from bot.domain.polling import ParkedRow
from bot.domain.records import ConnectionStatus
from bot.errors import SecretUnavailable
from bot.slack.context import OWN_REQUEST
from infra.local.gallery.cards import connection, request
from infra.local.gallery.entries import Entry, Section
from infra.local.gallery.forms import PAUSED
from infra.local.gallery.interactions import typed
from infra.local.gallery.operations import (
    OPERATIONS,
    REFUSAL,
    advanced_request,
    connection_request,
    disconnection,
    existing_group_request,
    outcomes,
)
from infra.local.gallery.ports import GUEST, NOW, PEOPLE
from infra.local.gallery.samples import GUARDIAN, a_retry

NAME = "maple"
DAY = 86_400


# ---------------------------------------------------------------- history


def history_answers() -> Section:
    return Section("History", tuple(_history_answers()))


def _history_answers() -> Iterator[Entry]:
    failed, waits = connection(), request()
    yield typed("History of a connection", f"history {NAME}", records=[failed], audit=_numbered(_people_acted()))
    for name, operation in OPERATIONS.items():
        shown = waits if operation.entity == waits.entity else failed
        entries = [replace(entry, entity=shown.entity) for entry in _numbered(_operation_ended(operation))]
        stored: dict[str, Any] = {"records": [shown], "audit": entries, "operations": [operation]}
        yield typed(f"History: {name.lower()}", f"history {NAME}", **stored)
    requested = replace(failed, requested_by_operation=connection_request().id)
    asked = [_entry("operation_submitted", connection_request())]
    own: dict[str, Any] = {"records": [requested], "operations": [connection_request()], "audit": asked}
    yield typed("History: requested with Switchboard", f"history {NAME}", **own)
    own["audit"] = [_entry("operation_submitted", each) for each in (existing_group_request(), advanced_request())]
    yield typed("History: requested for a group that Noyo knows", f"history {NAME}", **own)
    ending = connection(status=ConnectionStatus.COMPLETED)
    asked = [_entry("operation_submitted", disconnection())]
    yield typed("History: with its disconnection", f"history {NAME}", records=[ending], audit=asked)
    yield typed("History: nothing yet", f"history {NAME}", records=[failed])
    many = [connection(id=f"{number}") for number in range(12)]
    yield typed("History: several matches", f"history {NAME}", records=many[:3])
    yield typed("History: more matches than fit", f"history {NAME}", records=many)
    yield typed("History: no match", "history Willow Works")
    yield typed("History: no name", "history")
    yield typed("History: a guest", f"history {NAME}", actor=GUEST)


def _entry(action: str, operation: Operation, actor: str | None = "UANA", **details: str) -> AuditEntry:
    every = operation.audit_details | details
    return AuditEntry(action, operation.entity, NOW - DAY, actor, action, tuple(every.items()))


def _numbered(entries: Iterator[AuditEntry]) -> list[AuditEntry]:
    """With ids and times in their order, the newest first."""
    return [replace(entry, id=f"{99 - number}", at=entry.at - 60 * number) for number, entry in enumerate(entries)]


def _people_acted() -> Iterator[AuditEntry]:
    retry = a_retry()
    for wanted in ("request", OWN_REQUEST):
        yield _entry("denied", retry, "UGUS", wanted=wanted)
    yield _entry("claimed", retry, "UBEN")
    yield _entry("claimed", retry, "UCARA", owner="UBEN")
    yield _entry("handed_over", retry, "UBEN", owner="UBEN", new_owner="UCARA")
    yield _entry("claim_expired", retry, None, owner="UCARA")
    for resolution in ("arrived", "send_again", "close", "unknown"):
        yield _entry("resolution_chosen", retry, "UCARA", resolution=resolution)
    for action in (
        "released",
        "disconnection_confirmed",
        "disconnection_withdrawn",
        "confirmation_conflict",
        "withdrawal_conflict",
        "resolution_conflict",
        "an_action_of_a_later_version",
    ):
        yield _entry(action, retry, "UBEN")
    yield _entry("a_result_of_a_later_version", retry, "UBEN", outcome="a_later_outcome")
    for details in ({"because": "changed"}, {"first_by": "UBEN"}, {}, {"kind": "unknown"}):
        yield _entry("submission_conflict", retry, **details)


def _operation_ended(operation: Operation) -> Iterator[AuditEntry]:
    yield _entry("operation_submitted", operation, operation.actor)
    yield _entry("submission_conflict", operation, first_by="UCARA")
    yield _entry("operation_pending", operation, None, deferred_since="2025-12-29", sent_before="yes")
    yield _entry("operation_pending", operation, None, delay_reason="Noyo asked us to slow down")
    for state in ("sending", "reconciling", "pending"):
        yield _entry(f"operation_{state}", operation, None)
    kinds = {ended.outcome.kind for _, ended in outcomes(operation) if ended.outcome is not None}
    for kind in sorted(kinds | {OutcomeKind.UNCLEAR}):
        message = {"message": REFUSAL} if kind is OutcomeKind.REFUSED else {}
        yield _entry("operation_ended", operation, None, outcome=kind.value, **message)
    yield _entry("operation_ended", operation, None, outcome=OutcomeKind.CHANGED.value, sent_before="yes")


# ---------------------------------------------------------------- doctor


def doctor_answers() -> Section:
    return Section("Doctor", tuple(_doctor_answers()))


def _doctor_answers() -> Iterator[Entry]:
    fine = tuple(Finding(topic, CheckStatus.OK) for topic in Topic)
    healthy: dict[str, Any] = {"actor": "UDAN", "health": _checks(fine, NOW - 60), "secret_checks": (lambda: None,)}
    yield typed("Everything passed", "doctor", **healthy)
    deferred = [replace(connection_request(), deferred_by=PAUSED.active_pause)]
    yield typed("Everything passed while sending is paused", "doctor", **healthy, pauses=PAUSED, operations=deferred)
    yield typed("No report yet", "doctor", actor="UDAN", polled_at=None)
    yield typed("Old reports", "doctor", actor="UDAN", health=_checks(fine, NOW - 40 * DAY), polled_at=NOW - DAY)
    faulty: dict[str, Any] = {"actor": "UDAN", "oldest_due": NOW - DAY, "unreadable": 3, "parked": _parked()}
    yield typed("Many problems", "doctor", health=_checks(_problems(), NOW - 60), **faulty)
    failed = tuple(Finding(topic, CheckStatus.FAILED, reason="no answer", check_failed=True) for topic in Topic)
    single: dict[str, Any] = {"unreadable": 1, "parked": _parked()[:1], "secret_checks": (_missing_secret,)}
    yield typed("The checks themselves failed", "doctor", actor="UDAN", health=_checks(failed, NOW - 60), **single)
    unknown = tuple(Finding(topic, CheckStatus.UNKNOWN, value=7) for topic in Topic)
    yield typed("Results are missing", "doctor", actor="UDAN", health=_checks(unknown, NOW - 60))
    for title, file in _carriers_files().items():
        yield typed(f"Carriers file: {title}", "doctor", **healthy, carriers_file=file)
    yield typed("Not an admin", "doctor", actor="UANA")


def _carriers_files() -> dict[str, CarriersFile | None]:
    read, never = CarriersFile("{}", "1", NOW - DAY), CarriersFile()
    mistakes = f'{{"guardian": "Guardian", "{GUARDIAN}": {{"name": "Guardian", "phone": "555-0100"}}}}'
    return {
        "mistakes": read.with_content(mistakes, "2", NOW - 3600),
        "not JSON": read.with_content('{\n "guardian": Guardian\n}', "2", NOW - 3600),
        "cannot be read": read.with_failed_read("S3 does not answer", NOW - 120),
        "none without mistakes yet": never.with_failed_read("there is none", NOW - 120),
        "not read yet": never,
        "stored by a newer release": None,
    }


def _checks(findings: tuple[Finding, ...], at: int) -> dict[Component, HealthCheck]:
    return {component: HealthCheck(component, at, findings) for component in Component}


def _missing_secret() -> None:
    raise SecretUnavailable("The secret SECRET_SLACK_BOT has no value.")


def _parked() -> tuple[ParkedRow, ...]:
    return tuple(ParkedRow(f"row {number}", "status is missing", NOW - DAY) for number in range(7))


def _problems() -> tuple[Finding, ...]:
    failed = CheckStatus.FAILED
    return (
        Finding(Topic.SECRET, failed, reason="A secret has no value."),
        Finding(Topic.TOKEN, failed, reason="Slack does not accept the token."),
        Finding(Topic.SCOPES, failed, ("chat:write", "users:read")),
        Finding(Topic.CHANNEL, failed, ("CHANNEL_ALERTS", "CALERTS")),
        Finding(Topic.CHANNEL, failed, ("CHANNEL_DECISIONS", "CDECIDE"), reason="channel_not_found"),
        Finding(Topic.CHANNEL, failed, ("CHANNEL_CONNECTIONS", "CCONNECT"), reason="is_archived"),
        Finding(Topic.PEOPLE, failed, tuple(PEOPLE) * 2),
        Finding(Topic.GROUP, failed, ("SOPS",), reason="empty"),
        Finding(Topic.GROUP, failed, ("SOPS",), reason="unreadable"),
        Finding(Topic.GROUP, failed),
        Finding(Topic.SLACK_CLOCK, failed, value=90),
        Finding(Topic.NOYO, failed, reason="Noyo does not accept the client."),
        Finding(Topic.NOYO, failed),
        Finding(Topic.NOYO_CLOCK, failed, value=-120),
        Finding(Topic.CONCURRENCY, failed, value=10),
        Finding(Topic.CALENDAR, failed, reason="BUSINESS_CALENDAR cannot be used: there is no calendar XX."),
    )
