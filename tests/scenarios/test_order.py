"""What happened is shown in the order in which it happened."""

from __future__ import annotations

from tests.scenarios.test_truth import decide, request_disconnection
from tests.system import ANA, BEN, CONNECTIONS, DECISIONS, GUARDIAN, GUS, System


def history(system: System, of: str) -> list[str]:
    """The lines of `/noyo history`, newest first, each without its time."""
    answer = system.slack.command(ANA, DECISIONS, "/noyo", f"history {of}")
    lines = system.slack.render(answer.messages[0]).splitlines()
    return [line.partition(" · ")[2] for line in lines[1:] if " · " in line]


def test_the_history_of_one_second_is_in_order(system: System) -> None:
    """People click and the workers answer while the clock shows the same second."""
    request = request_disconnection(system)
    card = system.slack.channel(DECISIONS)[0]
    for user in (BEN, ANA, BEN):
        system.slack.click(user, DECISIONS, card.ts, "claim")
    decide(system, "approve")
    system.execute_due()

    assert history(system, request["id"])[:6] == [
        "@Ana: approval was confirmed by Noyo",
        "@Ana: approval was sent to Noyo",
        "@Ana: approved, to be sent to Noyo",
        "@Ben: started checking it instead of @Ana",
        "@Ana: started checking it instead of @Ben",
        "@Ben: started checking it",
    ]


def test_the_history_of_a_connection_and_of_its_disconnection_is_in_one_order(system: System) -> None:
    connection = system.noyo.add_connection(
        carrier_id=GUARDIAN, carrier_group_id="W1", group_name="Whole Inc", status="completed"
    )
    system.settle(20)
    system.slack.click(GUS, CONNECTIONS, system.slack.channel(CONNECTIONS)[0].ts, "disconnect")
    system.slack.command(ANA, DECISIONS, "/noyo", "disconnect W1")
    view = system.slack.view_of(ANA)
    assert view is not None
    fields = {"end_date": "2026-12-31", "reason": "terminated", "typed_name": "Whole Inc"}
    assert system.slack.submit(ANA, view.id, fields).errors == {}

    newest, before = history(system, connection["id"])[:2]
    assert newest.startswith("@Ana: asked to disconnect")
    assert before == "@Gus: was refused: they lack the right"
