"""The first run's summary."""

import json

from bot.domain.content import Summary
from bot.domain.records import ConnectionStatus
from bot.slack.views.cards import MAX_LISTED, render
from infra.local.gallery.samples import DISPLAY, a_connection, a_disconnection, a_record_state
from infra.local.slack.validation.blocks import check_blocks
from tests.slack.rendering import rendered_text


def record_states(number: int) -> tuple:
    return tuple(a_record_state(a_connection(id=f"{count:08d}-0000-4000-8000-000000000001")) for count in range(number))


def test_the_summary_counts_open_records_and_lists_waiting_ones_with_buttons() -> None:
    text = rendered_text(Summary(12, 1, (a_record_state(), a_record_state(a_disconnection())), 2))
    assert "Following 12 open connections and 1 open disconnection request at Noyo." in text
    assert "2 of them need action." in text
    assert "• Connection · Test Company · Guardian: Unable to connect\nCarrier group id: 00110011" in text
    assert "Message from the carrier: Group not found\n[Retry…] [Details]" in text
    waits = "• Disconnection request · Test Company · Guardian: Needs review\nLast managed day: 31 Dec 2026\n"
    assert f"{waits}[Approve Disconnection…] [Reject, Keep Connected…] [Details]" in text


def test_a_summary_without_waiting_records_says_so() -> None:
    assert "Nothing needs action." in rendered_text(Summary(1, 0, (), 0))


def test_one_waiting_record_is_in_the_singular() -> None:
    record_state = a_record_state(
        a_connection(carrier_group_id=None, error=None, status=ConnectionStatus.CARRIER_AUTHORIZATION)
    )
    text = rendered_text(Summary(1, 0, (record_state,), 1))
    assert "1 of them needs action." in text
    assert "[Retry…]" not in text


def test_records_beyond_the_limit_are_counted_with_advice() -> None:
    content = Summary(100, 0, record_states(60), 61)
    assert "41 more need action. /noyo status lists all of them." in rendered_text(content)
    assert "1 more needs action." in rendered_text(Summary(100, 0, record_states(20), MAX_LISTED + 1))
    blocks = json.loads(render(content, DISPLAY).blocks)
    assert check_blocks(blocks) == []
    assert len(blocks) <= 50


def test_a_repeated_record_is_listed_once() -> None:
    blocks = json.loads(render(Summary(1, 0, (a_record_state(), a_record_state()), 2), DISPLAY).blocks)
    assert check_blocks(blocks) == []
