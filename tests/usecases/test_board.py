"""Use case tests: what must be decided is told where it is decided."""

from __future__ import annotations

from bot.domain.subjects import Kind
from bot.usecases.board import Channels


def test_requests_to_disconnect_hang_and_are_called_out_where_they_are_decided() -> None:
    channels = Channels(connections="C1", alerts="C2", decisions="C3")

    assert (channels.home(Kind.CONNECTION), channels.loud(Kind.CONNECTION)) == ("C1", "C2")
    assert (channels.home(Kind.DISCONNECTION), channels.loud(Kind.DISCONNECTION)) == ("C3", "C3")
