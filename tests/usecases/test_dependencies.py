"""Use case tests: what must be decided is told where it is decided."""

from __future__ import annotations

from bot.domain.records import EntityKind
from bot.usecases.dependencies import ChannelRouting


def test_requests_to_disconnect_hang_and_are_called_out_where_they_are_decided() -> None:
    channels = ChannelRouting(connections="C1", alerts="C2", decisions="C3")

    assert (channels.of_card(EntityKind.CONNECTION), channels.of_alert(EntityKind.CONNECTION)) == ("C1", "C2")
    assert (channels.of_card(EntityKind.DISCONNECTION), channels.of_alert(EntityKind.DISCONNECTION)) == (
        "C3",
        "C3",
    )
