"""Triggers, the stack of modals, hashes and Home tabs."""

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from infra.local.slack import SlackFake

Refusal = Callable[..., str]


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def modal(**more: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "title": plain("Connect"),
        "submit": plain("Send"),
        "callback_id": "connect",
        "blocks": [
            {
                "type": "input",
                "block_id": "name",
                "label": plain("Name"),
                "element": {"type": "plain_text_input", "action_id": "name_in"},
            }
        ],
        **more,
    }


HOME = {"type": "home", "blocks": [{"type": "divider"}]}
PUSH_BUTTON = {"type": "actions", "elements": [{"type": "button", "action_id": "more", "text": plain("More")}]}


@pytest.fixture
def trigger(with_bot: SlackFake, bot: Any) -> Callable[[], str]:
    def open_trigger() -> str:
        with_bot.command("U1", "C1")
        return str(bot.last.form["trigger_id"])

    return open_trigger


@pytest.fixture
def trigger_inside(with_bot: SlackFake, bot: Any) -> Callable[[], str]:
    """A trigger from a click in the top modal, which must have the button `more`."""

    def open_trigger() -> str:
        view = with_bot.view_of("U1")
        assert view is not None
        with_bot.click_in_view("U1", view.id, "more")
        return str(bot.last.payload["trigger_id"])

    return open_trigger


def test_a_modal_opens_for_the_user_of_the_trigger(
    slack: SlackFake, client: WebClient, trigger: Callable[[], str]
) -> None:
    sent = client.views_open(trigger_id=trigger(), view=modal(private_metadata="p"))["view"]
    view = slack.view_of("U1")
    assert view is not None
    assert (view.id, view.callback_id, view.private_metadata) == (sent["id"], "connect", "p")
    assert sent["state"]["values"] == {"name": {"name_in": {"type": "plain_text_input", "value": None}}}
    assert (sent["root_view_id"], sent["previous_view_id"]) == (view.id, None)
    assert slack.view_of("U2") is None


def test_a_trigger_works_once(client: WebClient, refusal: Refusal, trigger: Callable[[], str]) -> None:
    open_trigger = trigger()
    client.views_open(trigger_id=open_trigger, view=modal())
    assert refusal(client.views_open, trigger_id=open_trigger, view=modal()) == "exchanged_trigger_id"


def test_a_trigger_is_used_up_by_a_refused_view_too(
    client: WebClient, refusal: Refusal, trigger: Callable[[], str]
) -> None:
    open_trigger = trigger()
    assert refusal(client.views_open, trigger_id=open_trigger, view={"type": "modal"}) == "invalid_arguments"
    assert refusal(client.views_open, trigger_id=open_trigger, view=modal()) == "exchanged_trigger_id"


def test_a_trigger_expires_after_three_seconds(
    client: WebClient, refusal: Refusal, trigger: Callable[[], str], clock: Any
) -> None:
    in_time, too_late = trigger(), trigger()
    clock.advance(3)
    client.views_open(trigger_id=in_time, view=modal())
    clock.advance(0.01)
    assert refusal(client.views_open, trigger_id=too_late, view=modal()) == "expired_trigger_id"


def test_an_unknown_trigger_is_refused(client: WebClient, refusal: Refusal) -> None:
    assert refusal(client.views_open, trigger_id="1.2.abc", view=modal()) == "invalid_trigger_id"
    assert refusal(client.views_open, trigger_id="", view=modal()) == "invalid_trigger_id"


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": plain("x" * 25)},
        {"submit": plain("x" * 25)},
        {"close": plain("x" * 25)},
        {"title": {"type": "mrkdwn", "text": "x"}},
        {"private_metadata": "x" * 3001},
        {"callback_id": "x" * 256},
        {"external_id": "x" * 256},
        {"blocks": [{"type": "divider"}] * 101},
        {"blocks": []},
        {"blocks": [{"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}]},
        {"type": "home"},
        {"type": "dialog"},
        {"colour": "red"},
    ],
)
def test_a_view_over_its_limits_is_refused_with_the_reason(
    client: WebClient, trigger: Callable[[], str], wrong: dict[str, Any]
) -> None:
    with pytest.raises(SlackApiError) as caught:
        client.views_open(trigger_id=trigger(), view=modal(**wrong))
    answer = caught.value.response
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"][0].startswith("[ERROR] ")


def test_the_longest_title_metadata_and_ids_are_accepted(client: WebClient, trigger: Callable[[], str]) -> None:
    longest = modal(
        title=plain("x" * 24),
        submit=plain("x" * 24),
        close=plain("x" * 24),
        private_metadata="x" * 3000,
        callback_id="x" * 255,
        external_id="x" * 255,
    )
    client.views_open(trigger_id=trigger(), view=longest)


def test_inputs_need_a_submit_button(client: WebClient, trigger: Callable[[], str]) -> None:
    view = modal()
    del view["submit"]
    with pytest.raises(SlackApiError, match="missing required field: submit"):
        client.views_open(trigger_id=trigger(), view=view)


def test_a_view_over_250_kilobytes_is_refused(client: WebClient, refusal: Refusal, trigger: Callable[[], str]) -> None:
    text = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}
    big = modal(blocks=[text] * 90)
    assert refusal(client.views_open, trigger_id=trigger(), view=big) == "view_too_large"


def test_two_pushes_fit_and_the_third_is_refused(
    slack: SlackFake, client: WebClient, refusal: Refusal, trigger: Callable[[], str], trigger_inside: Callable[[], str]
) -> None:
    client.views_open(trigger_id=trigger(), view=modal(blocks=[PUSH_BUTTON]))
    for _ in range(2):
        client.views_push(trigger_id=trigger_inside(), view=modal(blocks=[PUSH_BUTTON]))
    view = slack.view_of("U1")
    assert view is not None
    assert [view.previous_view_id for view in view.stack] == [None, view.stack[0].id, view.stack[1].id]
    open_trigger = trigger_inside()
    assert refusal(client.views_push, trigger_id=open_trigger, view=modal()) == "push_limit_reached"


def test_only_a_trigger_from_inside_the_modal_pushes(
    client: WebClient, refusal: Refusal, trigger: Callable[[], str]
) -> None:
    client.views_open(trigger_id=trigger(), view=modal())
    assert refusal(client.views_push, trigger_id=trigger(), view=modal()) == "not_found"


def test_an_update_keeps_values_of_fields_with_the_same_ids(
    slack: SlackFake, client: WebClient, trigger: Callable[[], str]
) -> None:
    sent = client.views_open(trigger_id=trigger(), view=modal())["view"]
    slack.fill("U1", sent["id"], {"name": "Test Company"})
    second = {**modal()["blocks"][0], "block_id": "other"}
    blocks = [*modal()["blocks"], second]
    values = client.views_update(view_id=sent["id"], view=modal(blocks=blocks))["view"]["state"]["values"]
    assert values["name"]["name_in"]["value"] == "Test Company"
    assert values["other"]["name_in"]["value"] is None


def test_a_stale_hash_is_refused(client: WebClient, refusal: Refusal, trigger: Callable[[], str]) -> None:
    sent = client.views_open(trigger_id=trigger(), view=modal())["view"]
    fresh = client.views_update(view_id=sent["id"], hash=sent["hash"], view=modal())["view"]
    stale = {"view_id": sent["id"], "hash": sent["hash"], "view": modal()}
    assert refusal(client.views_update, **stale) == "hash_conflict"
    client.views_update(view_id=sent["id"], hash=fresh["hash"], view=modal())


def test_a_view_is_updated_by_its_external_id_which_is_unique(
    slack: SlackFake, client: WebClient, refusal: Refusal, trigger: Callable[[], str]
) -> None:
    client.views_open(trigger_id=trigger(), view=modal(external_id="e1"))
    client.views_update(external_id="e1", view=modal(external_id="e1", callback_id="changed"))
    view = slack.view_of("U1")
    assert view is not None
    assert view.callback_id == "changed"
    taken = modal(external_id="e1")
    assert refusal(client.views_open, trigger_id=trigger(), view=taken) == "duplicate_external_id"


def test_a_closed_or_unknown_view_is_not_found(
    slack: SlackFake, client: WebClient, refusal: Refusal, trigger: Callable[[], str]
) -> None:
    view_id = client.views_open(trigger_id=trigger(), view=modal())["view"]["id"]
    slack.close_view("U1", view_id)
    assert slack.view_of("U1") is None
    assert refusal(client.views_update, view_id=view_id, view=modal()) == "not_found"
    assert refusal(client.views_update, view_id="V404", view=modal()) == "not_found"
    both = {"view": modal(), "view_id": view_id, "external_id": "e"}
    assert refusal(client.api_call, api_method="views.update", json=both) == "invalid_arguments"


def test_a_home_tab_is_published_checked_and_guarded_by_its_hash(
    slack: SlackFake, client: WebClient, refusal: Refusal
) -> None:
    first = client.views_publish(user_id="U1", view=HOME)["view"]
    client.views_publish(user_id="U1", hash=first["hash"], view={**HOME, "callback_id": "second"})
    home = slack.home_of("U1")
    assert home is not None
    assert home.callback_id == "second"
    stale = {"user_id": "U1", "hash": first["hash"], "view": HOME}
    assert refusal(client.views_publish, **stale) == "hash_conflict"
    assert refusal(client.views_publish, user_id="U404", view=HOME) == "user_not_found"
    assert refusal(client.views_publish, user_id="U1", view=modal()) == "invalid_arguments"
