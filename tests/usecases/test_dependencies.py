"""The channels of cards and alerts."""

from __future__ import annotations

from bot.domain.records import EntityKind
from bot.usecases.dependencies import ChannelRouting


def test_disconnections_have_their_cards_and_alerts_in_the_decisions_channel() -> None:
    channels = ChannelRouting(connections="C1", alerts="C2", decisions="C3")

    assert (channels.of_card(EntityKind.CONNECTION), channels.of_alert(EntityKind.CONNECTION)) == ("C1", "C2")
    assert (channels.of_card(EntityKind.DISCONNECTION), channels.of_alert(EntityKind.DISCONNECTION)) == ("C3", "C3")
