"""Entries with hostile and very long text wherever text from outside is shown. All of it must appear as plain text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from bot.domain.health import CheckStatus, Component, Finding, HealthCheck, Topic
from bot.domain.operations import Operation
from bot.domain.polling import ParkedRow
from bot.domain.record_states import RecordState
from bot.domain.records import ConnectionStatus, DisconnectionStatus, UnknownValue
from bot.slack.views.buttons import Action, ButtonValue
from infra.local.gallery.cards import connection, posted, request
from infra.local.gallery.entries import Entry, Section
from infra.local.gallery.forms import about
from infra.local.gallery.interactions import clicked, submitted, typed
from infra.local.gallery.ports import NOW, waits_from
from infra.local.gallery.samples import a_decision, a_pending_disconnection
from infra.local.gallery.untrusted import every_content

HOSTILE = (
    "<!channel> <@U0EVIL> <https://evil.example|click> <script>alert(1)</script> <img src=x onerror=alert(2)> "
    "javascript:alert(3) *bold* `code` \u202egnp.exe\u2066 \u200b\x00\x07 :tada: &lt;b&gt;"
)
LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch" * 6
ROWS = tuple(ParkedRow(f"<!here> {number}", HOSTILE, NOW - 60) for number in range(2))


def hostile_entries() -> Section:
    return Section("Hostile text", tuple(_entries(HOSTILE)))


def long_entries() -> Section:
    return Section("Very long text", tuple(_entries(LONG)))


def _entries(text: str) -> Iterator[Entry]:
    # The reason of a denial is our own text and may mention people, so what stands for it here must not.
    for number, content in enumerate(every_content(text, text.replace("<@U0", "<@U0 ")), 1):
        yield posted(f"{_kind(content)} {number}", content)
    failed = connection(group_name=text, error=text)
    waits = request(group_name=text, source_type=UnknownValue(text), source_id=text)
    yield from _forms(text, failed, waits)
    yield from _answers(text, failed, waits)


def _kind(content: object) -> str:
    """`Thread line` for a `ThreadLine`."""
    return re.sub(r"(?<!^)[A-Z]", lambda letter: f" {letter[0].lower()}", type(content).__name__)


def _forms(text: str, failed: RecordState, waits: RecordState) -> Iterator[Entry]:
    connected = connection(group_name=text, status=ConnectionStatus.COMPLETED)
    earlier = replace(waits.record, version="earlier", group_name="Maple Bakery", status=UnknownValue(text))
    changed: dict[str, Any] = {"records": [waits], "versions": [earlier], "actor": "UBEN"}
    unconfirmed = waits_from(a_pending_disconnection({"group_name": text, "context": text}), 86400)
    yield typed("Connect", f"connect {text[:150]}")
    yield clicked("Retry", Action.RETRY, about(failed), records=[failed])
    yield clicked("Approve", Action.APPROVE, about(waits, "earlier"), **changed)
    yield clicked("Reject", Action.REJECT, about(waits), **changed)
    form = clicked("Disconnect", Action.DISCONNECT, about(connected), records=[connected], actor="UBEN")
    yield form
    values = {"typed_name": "x", "end_date": "2026-01-09", "reason": "other", "context": text[:400]}
    yield submitted("Disconnect: errors", form, values, records=[connected], actor="UBEN")
    confirm = ButtonValue(operation_id=unconfirmed.id)
    asked: dict[str, Any] = {"operations": [unconfirmed], "records": [connected], "actor": "UCARA"}
    yield clicked("Confirm", Action.CONFIRM, confirm, **asked)
    decided = request(group_name=text, status=DisconnectionStatus.REJECTED)
    yield clicked("Claim", Action.CLAIM, about(waits), records=[decided], actor="UBEN")


def _answers(text: str, failed: RecordState, waits: RecordState) -> Iterator[Entry]:
    decision = a_decision(fields={"context": text})
    stored: dict[str, Any] = {"records": [failed, waits], "operations": [decision]}
    yield clicked("Details of a connection", Action.DETAILS, about(failed), **stored)
    yield clicked("Details of a disconnection request", Action.DETAILS, about(waits), **stored)
    yield typed("Status of several", f"status {text[:10]}", **stored)
    yield typed("Status: no match", f"status {text} and more")
    yield typed("An unknown command", f"{text.replace(' ', '')} x")
    yield typed("Decisions", "decisions", records=[waits], operations=[_unconfirmed(text)])
    yield typed("Pause", f"pause {text}", actor="UDAN")
    finding = Finding(Topic.NOYO, CheckStatus.FAILED, (text,), reason=text)
    checks = {Component.NOYO: HealthCheck(Component.NOYO, NOW - 60, (finding,))}
    rows = tuple(replace(row, reason=text) for row in ROWS)
    yield typed("Doctor", "doctor", actor="UDAN", health=checks, parked=rows)


def _unconfirmed(text: str) -> Operation:
    return waits_from(a_pending_disconnection({"group_name": text, "context": text}), 86400)
