"""*Correct and Send Again*: after Noyo's refusal, the form is filled in and nothing is typed twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.operations import OperationState
from bot.slack.features import correct
from bot.slack.views.buttons import correct_button
from infra.local.noyo import Fault
from tests.slack.incoming import context_of, modal_text, press_button
from tests.system import ANA, BEN, GUARDIAN, REQUEST, System

EIN, TIN = REQUEST["federal_ein"], "987654321"
OTHER = "5d1f1c0e-6a2b-4f0e-9d55-0a8f3b1c7e42"


@pytest.fixture
def system() -> Iterator[System]:
    with System() as started:
        started.noyo.rules = replace(started.noyo.rules, formats={GUARDIAN: "[0-9]{4}"})
        started.settle(10)
        yield started


def refused(system: System, **fields: str) -> str:
    """A request of Ana's that Noyo refused; returns the id of its modal, which is also the operation's."""
    system.request_connection(ANA, **{"broker_tin": TIN, **fields})
    view = system.slack.view_of(ANA)
    assert view is not None
    system.settle(20)
    assert system.operation(view.id).state is OperationState.REFUSED
    return view.id


def clicks(system: System, view: str) -> Any:
    return system.slack.click_in_view(ANA, view, "correct_request")


def submits(system: System, view: str, **fields: str) -> Any:
    return system.slack.submit(ANA, view, fields)


def sent(system: System) -> list[dict[str, Any]]:
    return [request.body for request in system.writes()]


def with_carriers(tmp_path: Path, **details: object) -> Iterator[System]:
    file = tmp_path / "carriers.json"
    file.write_text(json.dumps({GUARDIAN: {"name": "Guardian", **details}}), encoding="utf-8")
    with System(CARRIERS_FILE=str(file)) as started:
        started.noyo.rules = replace(started.noyo.rules, formats={GUARDIAN: "[0-9]{4}"})
        started.settle(10)
        yield started


def fields_shown(system: System) -> dict[str, Any]:
    view = system.slack.view_of(ANA)
    assert view is not None
    return {block["block_id"]: block for block in view.blocks if block["type"] == "input"}


def test_only_the_wrong_value_is_typed_again(system: System) -> None:
    view = refused(system)
    assert "Correct and Send Again…" in modal_text(system)

    clicks(system, view)
    assert submits(system, view, carrier_group_id="1234").errors == {}
    system.settle(20)

    [first, second] = sent(system)
    assert first["group_data"]["carrier_group_id"] == "00110011"
    assert second == {
        "carrier_id": GUARDIAN,
        "federal_ein": EIN,
        "group_data": {"carrier_group_id": "1234", "group_name": "Test Company", "broker_tin": TIN},
    }
    assert "Sent to Noyo" in modal_text(system)
    assert system.operation(f"{view}+1").state is OperationState.SUCCEEDED


def test_noyos_words_are_under_the_field_that_they_name(system: System) -> None:
    clicks(system, refused(system))

    view = system.slack.view_of(ANA)
    assert view is not None
    names = [block["block_id"] for block in view.blocks]
    after = view.blocks[names.index("carrier_group_id") + 1 :][:2]
    assert "not in this carrier's format" in json.dumps(after)
    assert "carrier_group_id:" not in modal_text(system)


def test_words_that_name_no_field_are_on_top(system: System) -> None:
    system.noyo.faults.add(Fault("false_answer", method="POST", status=422, body={"message": "Not today."}))
    system.request_connection(ANA)
    system.settle(20)
    view = system.slack.view_of(ANA)
    assert view is not None

    clicks(system, view.id)

    shown = system.slack.view_of(ANA)
    assert shown is not None
    assert "Not today." in json.dumps(shown.blocks[:2])


def test_after_a_duplicate_the_id_is_corrected(system: System) -> None:
    system.noyo.rules = replace(system.noyo.rules, formats={})
    system.noyo.add_connection(carrier_id=GUARDIAN, carrier_group_id="00110011", group_name="Another Inc")
    view = refused(system)

    clicks(system, view)
    assert "Noyo already has a connection with this carrier and carrier group id." in modal_text(system)
    submits(system, view, carrier_group_id="22")
    system.settle(20)

    assert sent(system)[-1]["group_data"]["carrier_group_id"] == "22"


def test_sensitive_values_are_never_shown(system: System) -> None:
    view = refused(system, employer_email_address="hr@example.com")
    clicks(system, view)

    shown = fields_shown(system)
    for name in ("federal_ein", "broker_tin", "employer_email_address"):
        assert "initial_value" not in shown[name]["element"]
        assert shown[name]["optional"] is True
        assert shown[name]["hint"]["text"].startswith("Kept from before")
    assert "Kept" not in str(shown["broker_federal_ein"].get("hint"))
    everything = json.dumps([vars(call) for call in system.slack.calls], default=str) + str(system.items())
    for secret in (EIN, TIN, "hr@example.com"):
        assert secret not in everything


def test_a_value_that_is_typed_replaces_the_kept_one(system: System) -> None:
    view = refused(system)
    clicks(system, view)
    submits(system, view, carrier_group_id="1234", broker_tin="111223333")
    system.settle(20)

    assert sent(system)[-1]["group_data"]["broker_tin"] == "111223333"
    assert sent(system)[-1]["federal_ein"] == EIN


def test_kept_values_can_be_deleted(system: System) -> None:
    view = refused(system)
    clicks(system, view)
    without = {"carrier_group_id": "1234", "discard_kept": "yes"}
    assert submits(system, view, **without).errors == {"federal_ein": "Enter the employer's federal EIN: nine digits."}

    submits(system, view, federal_ein="111223333", **without)
    system.settle(20)

    assert sent(system)[-1]["federal_ein"] == "111223333"
    assert "broker_tin" not in sent(system)[-1]["group_data"]


def test_a_correction_that_is_refused_is_corrected_again(system: System) -> None:
    view = refused(system)
    for number in ("abc", "abcd", "1234"):
        clicks(system, view)
        submits(system, view, carrier_group_id=number)
        system.settle(20)

    assert [body["group_data"]["carrier_group_id"] for body in sent(system)] == ["00110011", "abc", "abcd", "1234"]
    assert {body["federal_ein"] for body in sent(system)} == {EIN}
    assert "Sent to Noyo" in modal_text(system)


def test_the_values_are_dropped_after_fifteen_minutes(system: System) -> None:
    view = refused(system)
    assert system.operation(view).encrypted is not None

    system.settle(15 * 60 + 60)

    assert (system.operation(view).encrypted, system.operation(view).due) == (None, None)


def test_after_fifteen_minutes_the_form_says_what_has_to_be_typed(system: System) -> None:
    """Also if the worker that drops them is late."""
    view = refused(system)
    system.wait(15 * 60)

    clicks(system, view)

    assert "were deleted after 15 minutes" in modal_text(system)
    assert "optional" not in str(fields_shown(system)["federal_ein"]["label"])
    assert set(submits(system, view, carrier_group_id="1234").errors) == {"federal_ein"}
    system.settle(20)
    assert len(sent(system)) == 1


def test_a_form_that_stayed_open_for_longer_sends_nothing_without_the_values(system: System) -> None:
    view = refused(system)
    clicks(system, view)
    system.settle(15 * 60 + 60)

    submits(system, view, carrier_group_id="1234")

    assert "were deleted after 15 minutes" in modal_text(system)
    system.settle(20)
    assert len(sent(system)) == 1
    submits(system, view, carrier_group_id="1234", federal_ein="111223333")
    system.settle(20)
    assert sent(system)[-1]["federal_ein"] == "111223333"


def direct_message(system: System) -> tuple[str, str]:
    """Ana closes the modal before the answer; returns where and when it was posted."""
    system.request_connection(ANA)
    shown = system.slack.view_of(ANA)
    assert shown is not None
    system.slack.close_view(ANA, shown.id)
    system.settle(20)
    return shown.id, system.slack.direct_messages(ANA)[-1].ts


def test_a_direct_message_offers_it_too_and_a_request_is_corrected_once(system: System) -> None:
    refused_id, ts = direct_message(system)
    channel = next(key for key, each in system.slack.workspace.channels.items() if each.find(ts) is not None)
    stacks = system.slack.workspace.view_stacks
    windows = []
    for _ in ("on her computer", "on her telephone"):
        system.slack.click(ANA, channel, ts, "correct_request")
        windows.append(stacks[ANA])
    assert submits(system, windows[1][0].id, carrier_group_id="1234").errors == {}

    stacks[ANA] = windows[0]
    submits(system, windows[0][0].id, carrier_group_id="4321")
    assert "This form was sent before" in modal_text(system)
    system.settle(20)
    assert len(sent(system)) == 2

    system.slack.click(ANA, channel, ts, "correct_request")
    assert "You corrected this request before." in modal_text(system)
    assert system.operation(f"{refused_id}+1").state is OperationState.SUCCEEDED


def test_another_person_cannot_correct_it(system: System) -> None:
    view = refused(system)

    press_button(system, correct_button(view), BEN)

    assert "Only the person who asked for this can correct it." in modal_text(system, BEN)
    assert not isinstance(correct.find(context_of(system, BEN), view), correct.Correction)


def test_what_succeeded_meanwhile_is_not_sent_again(system: System) -> None:
    view = refused(system)
    system.noyo.rules = replace(system.noyo.rules, formats={})
    system.slack.workspace.view_stacks.clear()
    system.request_connection(BEN)
    system.settle(20)

    press_button(system, correct_button(view))

    assert "The same was requested again meanwhile." in modal_text(system)
    assert len(sent(system)) == 2


def test_a_request_that_is_gone_or_was_not_refused_cannot_be_corrected(system: System) -> None:
    press_button(system, correct_button("V0GONE"))
    assert "This request was settled long ago. Start again with /noyo connect." in modal_text(system)
    system.slack.workspace.view_stacks.clear()
    system.request_connection(ANA, carrier_group_id="1234")
    view = system.slack.view_of(ANA)
    assert view is not None

    found = correct.find(context_of(system, ANA), view.id)

    assert "There is nothing to correct." in str(found)


def test_another_group_can_be_chosen_and_noyo_gets_no_ein_of_it(system: System) -> None:
    known = system.noyo.add_connection(carrier_id=OTHER, carrier_group_id="7", group_name="Harbor Foods LLC")
    system.settle(310)
    view = refused(system)
    clicks(system, view)
    system.slack.suggest(ANA, view, "group", "harbor")
    system.slack.click_in_view(ANA, view, "group", value=known["group_id"])
    assert "Kept from before" in str(fields_shown(system)["broker_tin"])

    submits(system, view, carrier_group_id="1234")
    system.settle(20)

    assert system.writes()[-1].path == f"/api/v1/groups/{known['group_id']}/group_connections"
    assert sent(system)[-1] == {"carrier_id": GUARDIAN, "group_data": {"carrier_group_id": "1234", "broker_tin": TIN}}


def test_a_kept_value_that_the_carrier_asks_for_is_not_typed_again(tmp_path: Path) -> None:
    for system in with_carriers(tmp_path, fields=["broker_tin"]):
        view = refused(system)
        clicks(system, view)
        shown = fields_shown(system)
        assert "broker_tin" in shown
        assert "employer_email_address" not in shown
        assert shown["carrier_id"]["element"]["initial_option"]["value"] == GUARDIAN

        assert submits(system, view, carrier_group_id="1234").errors == {}
        system.settle(20)

        assert sent(system)[-1]["group_data"]["broker_tin"] == TIN


def test_a_kept_value_that_was_deleted_must_be_typed_if_the_carrier_asks_for_it(tmp_path: Path) -> None:
    for system in with_carriers(tmp_path, fields=["broker_tin"]):
        view = refused(system)
        clicks(system, view)
        errors = submits(system, view, carrier_group_id="1234", discard_kept="yes").errors
        assert set(errors) >= {"broker_tin"}
        assert len(sent(system)) == 1
