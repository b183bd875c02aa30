"""Message contents, and the fingerprint that shows whether two contents differ."""

import pytest

from bot.domain.content import Rendered


def test_the_same_words_and_blocks_have_the_same_fingerprint() -> None:
    assert Rendered("text", "[]").fingerprint == Rendered("text", "[]").fingerprint


@pytest.mark.parametrize("other", [Rendered("other", "[]"), Rendered("text", "[{}]"), Rendered("text[", "]")])
def test_different_content_has_another_fingerprint(other: Rendered) -> None:
    assert other.fingerprint != Rendered("text", "[]").fingerprint
