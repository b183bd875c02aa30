"""`/noyo away`, its form, and `/noyo back`."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from bot import policies
from bot.domain.absences import Absence
from bot.slack.features import away
from tests.aws_calls import acting
from tests.slack.features.test_handover import claimed
from tests.slack.incoming import answer_text, modal_text, reset_system, type_command
from tests.system import ANA, BEN, GUS, System

CAT, EVE = "U0CAT", "U0EVE"
SETTINGS = {"APPROVERS": BEN, "REQUESTERS": f"{ANA},{EVE}"}


@pytest.fixture
def system(shared: System) -> System:
    reset_system(shared)
    shared.slack.add_user(CAT, "Cat")
    shared.slack.add_user(EVE, "Eve")
    for person in (ANA, BEN):
        type_command(shared, "back", person)
    reset_system(shared)
    return shared


def day(system: System, days: int = 7) -> date:
    return system.bot.slack_dependencies.today() + timedelta(days=days)


def typed(system: System, text: str, user: str = ANA) -> str:
    return answer_text(system, type_command(system, text, user))


def save(system: System, user: str = ANA, **fields: str) -> Any:
    view = system.slack.view_of(user)
    assert view is not None
    assert view.callback_id == away.CALLBACK
    return system.slack.submit(user, view.id, fields)


def stored(system: System, person: str = ANA) -> Absence | None:
    with acting(None):
        return system.bot.repositories.absences.absences().of(person, int(system.clock()))


def test_the_form_shows_the_day_that_was_understood_and_asks_who_covers(system: System) -> None:
    assert typed(system, f"away until {day(system)}, cover @ben") == ""
    assert stored(system) is None

    save(system, cover=BEN)

    absence = stored(system)
    assert absence is not None
    assert (absence.last_day, absence.cover, absence.name) == (day(system), BEN, "Ana")
    assert "You are away until the end of" in modal_text(system)
    assert "@Ben is mentioned instead of you." in modal_text(system)


def test_away_shows_it_and_back_ends_it(system: System) -> None:
    typed(system, f"away until {day(system)}")
    save(system)

    assert "Nobody covers, so you are still mentioned" in typed(system, "away")
    assert "You are back" in typed(system, "back")
    assert stored(system) is None
    assert "You are not away." in typed(system, "away")
    assert "You are not away." in typed(system, "back")


@pytest.mark.parametrize("text", ["until next week", "until 12/24", "until", "2020-01-01", "until <!channel>"])
def test_an_unclear_day_is_refused_with_an_example(system: System, text: str) -> None:
    answer = typed(system, f"away {text}")

    assert "I am not sure which day you mean, so nothing was changed." in answer
    assert "/noyo away until friday" in answer
    assert modal_text(system) == ""


def test_a_cover_who_is_away_too_is_named_and_not_followed(system: System) -> None:
    typed(system, f"away until {day(system, 2)}", BEN)
    save(system, BEN)

    typed(system, f"away until {day(system)}")
    save(system, cover=BEN)

    assert "@Ben is away until" in modal_text(system)
    assert "Until then you are mentioned yourself." in modal_text(system)
    assert "You cover @Ana until" in typed(system, "away", BEN)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"cover": ANA}, "Choose a colleague, or nobody."),
        ({"cover": GUS}, "Only full members of this workspace can own these."),
        ({"cover": CAT}, "This person may neither request connections nor decide on disconnections."),
        ({"last_day": "2020-01-01"}, "Choose today or a later day, within a year."),
        ({"last_day": "2099-01-01"}, "Choose today or a later day, within a year."),
    ],
)
def test_errors_are_shown_under_the_field(system: System, fields: dict[str, str], words: str) -> None:
    typed(system, f"away until {day(system)}")

    reply = save(system, **fields)

    assert words in str(reply.errors)
    assert stored(system) is None


def test_a_cover_who_left_is_refused(system: System) -> None:
    system.slack.add_user(CAT, "Cat", deleted=True)
    system.wait(policies.PERSON_FRESH_SECONDS + 1)
    typed(system, f"away until {day(system)}")

    assert "This person's account is deactivated." in str(save(system, cover=CAT).errors)


def test_a_guest_is_never_away(system: System) -> None:
    for text in ("away", "away until friday", "back"):
        assert "Guests cannot do this." in typed(system, text, GUS)


def test_a_handover_to_somebody_who_is_away_is_refused_without_another_person_who_covers(system: System) -> None:
    claimed(system, "Mine Inc")
    type_command(system, "handover")
    form = system.slack.view_of(ANA)
    assert form is not None
    for cover in ("", ANA):
        typed(system, f"away until {day(system)}", BEN)
        save(system, BEN, cover=cover)

        reply = system.slack.submit(ANA, form.id, {"person": BEN})

        assert "This person is away until" in str(reply.errors)


def test_a_handover_to_somebody_who_is_away_proposes_the_cover(system: System) -> None:
    """The proposed person may be left as it is, which Slack reports as a blank field."""
    claimed(system, "Mine Inc")
    typed(system, f"away until {day(system)}", BEN)
    save(system, BEN, cover=EVE)
    type_command(system, "handover Please call them.")
    form = system.slack.view_of(ANA)
    assert form is not None

    system.slack.submit(ANA, form.id, {"person": BEN})
    assert "@Ben is away until" in modal_text(system)
    assert "@Eve covers. The cover is chosen now" in modal_text(system)
    system.slack.submit(ANA, form.id, {})

    assert "[[ Handing over ]]" in modal_text(system)
    assert "to @Eve." in modal_text(system)
