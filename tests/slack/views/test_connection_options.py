"""The advanced fields stay hidden until somebody asks for them, and whatever was chosen is shown."""

from bot.domain.records import DataExchange
from bot.domain.requests import ConnectionOptions
from bot.slack.views.connection_options import (
    ADVANCED,
    DATA_EXCHANGE,
    IGNORE_ELIGIBILITY,
    option_fields,
    options_lines,
    options_of,
    options_text,
    values_of_options,
)
from infra.local.gallery.operations import advanced_request, connection_request, refresh

BOTH = ConnectionOptions(ignore_eligibility=True, data_exchange=DataExchange.EDI)


def test_without_options_the_form_has_only_the_button() -> None:
    [block] = option_fields(None)
    assert [element["action_id"] for element in block["elements"]] == [ADVANCED]


def test_the_fields_show_what_they_hold() -> None:
    eligibility, exchange = option_fields(BOTH)
    assert eligibility["element"]["initial_option"]["text"]["text"] == "Ignored"
    assert exchange["element"]["initial_option"]["text"]["text"] == "EDI"


def test_the_fields_start_with_nothing_chosen_and_say_what_they_do() -> None:
    eligibility, exchange = option_fields(ConnectionOptions())
    assert eligibility["element"]["initial_option"]["text"]["text"] == "Checked by Noyo"
    assert exchange["element"]["initial_option"]["text"]["text"] == "Chosen by Noyo"
    assert "does not check whether this group can be connected" in eligibility["hint"]["text"]
    assert "without checking eligibility" in exchange["hint"]["text"]


def test_fields_that_are_not_shown_hold_no_options() -> None:
    assert options_of({"carrier_id": "1"}) is None
    assert options_of({IGNORE_ELIGIBILITY: "", DATA_EXCHANGE: ""}) == ConnectionOptions()
    assert options_of(values_of_options(BOTH)) == BOTH


def test_options_are_named_only_if_there_are_any() -> None:
    assert options_text(BOTH) == "eligibility ignored, data exchange EDI"
    assert options_text(ConnectionOptions()) == ""
    assert len(options_lines(advanced_request())) == 1
    assert options_lines(connection_request()) == options_lines(refresh()) == options_lines(None) == []
