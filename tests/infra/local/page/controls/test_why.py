"""The page can say of each kind of message why it exists."""

from __future__ import annotations

import re
from pathlib import Path

from bot.domain.records import EntityKind
from infra.local.page.controls.why import REASONS

NOTIFICATIONS = Path("bot/usecases/notifications")
NOT_MESSAGES = {"view", "answer"}
"""Names of modals that show an answer, and of the answers in them."""


def test_every_kind_of_message_that_the_bot_names_has_a_reason() -> None:
    sources = [path.read_text(encoding="utf-8") for path in NOTIFICATIONS.glob("*.py")]
    named = {name for source in sources for name in re.findall(r'f"([a-z_]+):\{', source)} - NOT_MESSAGES
    assert {"line", "alert", "reminder", "direct"} <= named
    cards = {"operation", EntityKind.CONNECTION.value, EntityKind.DISCONNECTION.value}
    assert named | cards | {"summary"} == set(REASONS)
