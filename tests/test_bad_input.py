"""Bad input, from Slack's side to Noyo's: a clear refusal, nothing lost, nothing done twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.slack.incoming import a_world, begin, event, knocks, payload, told, typed, types, view_id, window
from tests.world import ANA, CONNECTIONS, World, blocks_of


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    yield from a_world()


@pytest.fixture
def world(shared: World) -> World:
    begin(shared)
    return shared


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"headers": {}}, 401),
        ({"headers": None}, 401),
        ({"headers": {"x-slack-signature": "v0=1", "x-slack-request-timestamp": "soon"}}, 401),
        ({"body": "%%% no base64"}, 400),
        ({"body": None}, 401),
    ],
)
def test_a_request_that_is_not_slacks_is_refused_and_calls_nobody(
    world: World, changes: dict[str, object], status: int
) -> None:
    before = len(world.slack.calls)
    answer = world.bot.slack_door.handle({**event(typed("connect"), world.clock()), **changes})
    assert answer["statusCode"] == status
    assert len(world.slack.calls) == before


@pytest.mark.parametrize("body", [b"payload={", b"payload=%ff%fe%00", b"\xff", payload(["no", "object"])])
def test_a_signed_request_that_cannot_be_read_is_refused(world: World, body: bytes) -> None:
    assert knocks(world, body)["statusCode"] == 400


@pytest.mark.parametrize(
    "text", ["not-a-uuid", "c699414d-fd1c-4de4-86f0", "../../etc/passwd", "%00", "{}", "' OR 1=1"]
)
def test_an_id_that_is_no_uuid_asks_noyo_nothing(world: World, text: str) -> None:
    before = len(world.noyo.requests)
    assert "Nothing here matches" in told(world, types(world, f"status {text}"))
    world.carry_out()
    assert len(world.noyo.requests) == before


def test_what_was_refused_at_first_goes_out_once_when_it_is_mended(world: World) -> None:
    """A typo, an unknown carrier, text that tries to break out: each is refused; then one request leaves, as typed."""
    name = '<!channel> "}],"x":[{ \\ & Co'
    types(world, "connect")
    view = view_id(world)
    before = len(world.writes())
    wrong = {"federal_ein": "1", "carrier_group_id": "a\u200bb", "group_name": name, "carrier_id": "Guardian"}
    assert world.slack.submit(ANA, view, wrong).errors.keys() == {"federal_ein", "carrier_group_id"}
    assert not world.open_operations()
    reply = world.slack.submit(ANA, view, {"federal_ein": "12-3456789", "carrier_group_id": "ab-1"})
    assert reply.errors == {}
    assert world.slack.again(ANA, reply).status == 200
    world.carry_out()
    world.notify()
    assert len(world.writes()) == before + 1
    message = world.slack.channel(CONNECTIONS)[-1]
    assert world.slack.pings(message) in ([], ["@Ana"])
    assert "123456789" not in blocks_of(message) + message.text
    assert "[[ Noyo has it ]]" in window(world)
