"""Nothing that the bot can show is missing in the gallery, and Slack would accept all of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

import bot.slack
from bot.domain.answers import AnswerProblem
from bot.domain.content import Alert, Content, ManualResolution, RecordCard, Reply, RequestCard, ThreadLine
from bot.domain.operations import Operation, OperationKind, OperationState, OutcomeKind
from bot.domain.records import ConnectionStatus, DisconnectionSource, DisconnectionStatus, needs_our_action
from bot.slack.app import CLICKS, SUBMISSIONS
from bot.slack.commands import COMMANDS
from infra.local.gallery.cards import connection, request
from infra.local.gallery.entries import Entry, HomeTab, Modal, Posted
from infra.local.gallery.page import gallery, sections
from infra.local.gallery.ports import PEOPLE
from infra.local.slack.validation.blocks import check_blocks
from infra.local.slack.validation.views import check_view
from infra.local.slack.workspace import interactive_elements
from tests.infra.local.gallery.texts import shown_text, texts_in

BOT = Path(bot.slack.__file__).parents[1]
FILES = ("slack/views/*.py", "slack/features/*.py", "slack/commands.py", "slack/app.py", "domain/people.py")
"""The files with the texts for people."""
BEFORE_SENT = {OperationState.AWAITING_CONFIRMATION, OperationState.EXPIRED}
"""States that only a disconnection has."""
NOT_SHOWN = {
    "app.py": {"not for this app"},  # For a program, with the status 403.
    "health.py": {"the function that receives slack's requests"},  # It always reports itself.
    "operation_text.py": {"is closed ("},  # Every settled operation has an outcome.
    "people.py": {"look at connections"},  # Every full member may.
}
"""Texts that nobody sees, by file."""


def entries() -> Iterator[Entry]:
    return (entry for section in sections() for entry in section.entries)


def contents(*kinds: Any) -> list[Any]:
    return [entry.content for entry in entries() if isinstance(entry, Posted) and isinstance(entry.content, kinds)]


def operations(*kinds: Any) -> list[Operation]:
    """The operations that contents of these kinds show."""
    shown = contents(*kinds)
    found = [getattr(content, name, None) for content in shown for name in ("operation", "last")]
    return [operation for operation in found if operation is not None]


def test_every_kind_of_content_is_shown() -> None:
    assert {type(content) for content in contents(object)} == set(get_args(Content))


@pytest.mark.parametrize(("record_state", "statuses"), [(connection, ConnectionStatus), (request, DisconnectionStatus)])
def test_every_status_is_shown_on_a_card_an_alert_and_a_line(record_state: Any, statuses: Any) -> None:
    kind = record_state().entity.kind
    cards, alerts = ([each.record_state for each in contents(content)] for content in (RecordCard, Alert))
    lines = {line.event.after for line in contents(ThreadLine) if line.event.entity.kind is kind}
    for shown in (cards, alerts):
        assert {each.status for each in shown if each.entity.kind is kind} >= set(statuses)
    assert lines >= {status.value for status in statuses}
    current = [alert for alert in contents(Alert) if alert.raised_version == alert.record_state.record.version]
    needed = {status for status in statuses if needs_our_action(status)}
    assert {alert.record_state.status for alert in current} >= needed


def test_every_source_of_a_disconnection_request_is_shown() -> None:
    sources = {getattr(card.record_state.record, "source_type", None) for card in contents(RecordCard)}
    assert sources >= set(DisconnectionSource)


@pytest.mark.parametrize("kind", OperationKind)
def test_every_state_of_an_operation_is_shown_in_replies_and_lines(kind: OperationKind) -> None:
    states = set(OperationState)
    if kind is not OperationKind.CREATE_DISCONNECTION:
        states -= BEFORE_SENT
    if kind is OperationKind.REFRESH_RECORD:  # It only reads, so its effect is never unknown.
        states -= {OperationState.RECONCILING, OperationState.NEEDS_RESOLUTION}
    for content in (Reply, ThreadLine):
        assert {each.state for each in operations(content) if each.kind is kind} == states


def test_every_outcome_is_shown_on_a_card_in_a_line_and_in_a_reply() -> None:
    for kinds in ((RecordCard, RequestCard), (ThreadLine,), (Reply,)):
        ended = {each.outcome.kind for each in operations(*kinds) if each.outcome is not None}
        refreshed = {OutcomeKind.OVERDUE} if RecordCard in kinds else set()
        assert ended | refreshed == set(OutcomeKind)


def test_every_unconfirmed_answer_is_shown_on_a_card_and_in_a_reply() -> None:
    for kinds in ((RecordCard, RequestCard), (Reply,)):
        answers = {each.unconfirmed_answer.problem for each in operations(*kinds) if each.unconfirmed_answer}
        assert answers == set(AnswerProblem)


def test_every_kind_of_operation_that_changes_noyo_has_a_question() -> None:
    asked = {each.kind for each in operations(ManualResolution) if each.state is OperationState.NEEDS_RESOLUTION}
    assert asked == set(OperationKind) - {OperationKind.REFRESH_RECORD}


def test_every_form_is_shown_also_with_field_errors() -> None:
    modals = [entry for entry in entries() if isinstance(entry, Modal)]
    assert {modal.view.get("callback_id") for modal in modals} >= set(SUBMISSIONS)
    without_fields = {"confirm_disconnection"}
    assert {modal.view["callback_id"] for modal in modals if modal.errors} == set(SUBMISSIONS) - without_fields


def test_every_button_is_shown() -> None:
    elements = (element for entry in entries() for block in entry.blocks for element in interactive_elements(block))
    assert {element.get("action_id") for element in elements} >= set(CLICKS)


def test_every_command_is_shown_in_the_help() -> None:
    shown = next(str(entry.blocks) for entry in entries() if entry.title == "Help")
    assert all(f"/noyo {command.usage}" in shown for command in COMMANDS.values())


def test_every_text_in_the_source_is_shown() -> None:
    """A new text for people needs an entry in the gallery."""
    shown = "\n".join(shown_text(_content(entry)) for entry in entries())
    texts = {path.name: set(texts_in(path.read_text())) for name in FILES for path in BOT.glob(name)}
    missing = {name: {text for text in found if text not in shown} for name, found in texts.items()}
    assert {name: found for name, found in missing.items() if found} == NOT_SHOWN


def _content(entry: Entry) -> Any:
    return [entry.view, dict(entry.errors)] if isinstance(entry, Modal) else entry.blocks


def test_slack_accepts_every_entry() -> None:
    for section in sections():
        for entry in section.entries:
            is_view = isinstance(entry, Modal | HomeTab)
            found = check_view(entry.view, entry.view["type"]) if is_view else check_blocks(entry.blocks)
            assert found == [], f"{section.title}: {entry.title}"


def test_every_entry_has_its_own_anchor_and_something_to_show() -> None:
    shown = [entry for section in gallery() for entry in section["entries"]]
    assert Counter(entry["id"] for entry in shown).most_common(1)[0][1] == 1
    assert all(next(entry[kind] for kind in ("message", "modal", "home") if kind in entry)["blocks"] for entry in shown)


def test_hostile_text_mentions_nobody_and_links_nowhere() -> None:
    section = next(section for section in gallery() if section["id"] == "hostile-text")
    nodes = list(_nodes(section))
    assert not [node for node in nodes if node.get("kind") == "link" and "evil" in node["target"]]
    pings = {node["text"] for node in nodes if node.get("kind") == "ping"}
    assert pings <= {f"@{name}" for name in PEOPLE.values()}
    assert sum("<script>" in str(node.get("text", "")) for node in nodes) > 20


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _nodes(inner)
