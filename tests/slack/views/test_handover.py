"""What the form of a handover remembers, and what its messages say."""

from __future__ import annotations

import pytest

from bot.domain.content import HandoverNotice
from bot.errors import UnknownSchema
from bot.slack.views.cards import render
from bot.slack.views.handover import ShownForm, decode, encode
from infra.local.gallery.handover import a_handover, claimed
from infra.local.gallery.samples import DISPLAY


def test_the_form_remembers_what_it_showed() -> None:
    for shown in (ShownForm(5, 12), ShownForm(5, 12, "UBEN")):
        assert decode(encode(shown)) == shown


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"s":2,"at":1,"n":1}', '{"s":1,"at":"x","n":1}', '{"s":1}'])
def test_a_form_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(UnknownSchema):
        decode(text)


def test_a_long_list_says_how_many_it_leaves_out() -> None:
    states = tuple(claimed(number) for number in range(20))
    entities = tuple(claimed(number).entity for number in range(200))
    content = HandoverNotice(a_handover(200, moved=entities), "UBEN", states, 5)

    text = render(content, DISPLAY).text

    assert "Handed over to you: 200 records" in text
    assert "and 180 more." in text
    assert "/noyo list mine" in text
