"""What people are shown: a fingerprint that tells whether a message would look different."""

import pytest

from bot.domain.content import Rendered


def test_the_same_words_and_blocks_have_the_same_fingerprint() -> None:
    assert Rendered("text", "[]").fingerprint == Rendered("text", "[]").fingerprint


@pytest.mark.parametrize("other", [Rendered("other", "[]"), Rendered("text", "[{}]"), Rendered("text[", "]")])
def test_whatever_looks_different_has_another(other: Rendered) -> None:
    assert other.fingerprint != Rendered("text", "[]").fingerprint
