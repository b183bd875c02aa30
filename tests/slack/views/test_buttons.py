"""Buttons and their values."""

import json

import pytest

from bot.domain.records import connection_ref, pending_connection_ref, person_ref
from bot.errors import UnknownSchema
from bot.slack.views import buttons
from bot.slack.views.buttons import Action, ButtonValue, decode, encode
from bot.slack.views.message import actions
from infra.local.gallery.samples import a_retry

CONNECTION = connection_ref("2b1c7c5e-0000-4000-8000-000000000001")


@pytest.mark.parametrize(
    "value",
    [
        ButtonValue(CONNECTION, "v1"),
        ButtonValue(CONNECTION, "v1", "V0OPERATION"),
        ButtonValue(operation_id="V0OPERATION"),
    ],
)
def test_a_button_value_survives_encoding_and_decoding(value: ButtonValue) -> None:
    assert decode(encode(value)) == value


def test_a_button_value_of_a_newer_version_is_refused() -> None:
    with pytest.raises(UnknownSchema, match="newer message"):
        decode('{"s":2,"what":"ever"}')


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "[]",
        "{",
        "null",
        '{"s":"1"}',
        '{"s":1}',
        '{"s":1,"r":"nothing:x","v":"v1"}',
        '{"s":1,"r":"connection:","v":"v1"}',
        '{"s":1,"r":["connection:x"],"v":"v1"}',
        '{"s":1,"r":"connection:x"}',
        "[" * 1900,
        '{"s":1,"o":"' + "x" * 3000 + '"}',
    ],
)
def test_an_invalid_button_value_is_an_error(garbage: str) -> None:
    with pytest.raises(ValueError):
        decode(garbage)


def test_a_button_value_over_slacks_limit_is_an_error() -> None:
    with pytest.raises(ValueError):
        encode(ButtonValue(operation_id="x" * 2000))


def test_a_button_for_an_operation_or_a_pending_request_has_no_record() -> None:
    assert ButtonValue(CONNECTION, "v1").record == CONNECTION
    with pytest.raises(ValueError):
        _ = ButtonValue(operation_id="V0").record
    with pytest.raises(ValueError):
        _ = ButtonValue(pending_connection_ref("c", "1"), "v").record
    with pytest.raises(ValueError):
        _ = ButtonValue(person_ref("U1"), "v").record


def test_each_resolution_button_asks_for_confirmation_and_carries_what_was_shown() -> None:
    offered = buttons.resolution_buttons(a_retry(id="V0OPERATION", attempts=3), "VERSION")
    assert [button["action_id"] for button in offered] == list(buttons.RESOLUTIONS)
    shown = ButtonValue(operation_id="V0OPERATION", version="3", record_version="VERSION")
    assert all(decode(button["value"]) == shown for button in offered)
    assert all("confirm" in button and "style" not in button for button in offered)


def test_the_accessibility_label_names_the_group_within_slacks_limit() -> None:
    button = buttons.record_button(Action.RETRY, CONNECTION, "v1", name="x" * 200)
    assert button["accessibility_label"].startswith("Retry xxx")
    assert len(button["accessibility_label"]) == 75


def test_the_block_id_of_buttons_changes_with_the_revision() -> None:
    ids = {json.dumps(actions([], revision=revision)["block_id"]) for revision in ("v1", "v2", "v1")}
    assert len(ids) == 2
