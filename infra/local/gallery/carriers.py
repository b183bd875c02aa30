"""The forms of the gallery for a carrier whose details are known."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.carriers import EXTRA_FIELDS
from bot.slack.features.connect import choose_carrier
from bot.slack.views.buttons import Action
from infra.local.gallery.cards import BEAM, DETAILED, connection
from infra.local.gallery.entries import Entry, Section
from infra.local.gallery.forms import CONNECT_VALUES, about
from infra.local.gallery.interactions import chosen, clicked, submitted, typed
from infra.local.gallery.samples import GUARDIAN


def carrier_forms() -> Section:
    return Section("Connect and retry: what a carrier asks for", tuple(_carrier_forms()))


def _carrier_forms() -> Iterator[Entry]:
    typed_form = typed("", "connect", display=DETAILED)
    form = chosen("The form for a chosen carrier", typed_form, GUARDIAN, choose=choose_carrier, display=DETAILED)
    yield form
    yield chosen("The form: no details of this carrier", typed_form, BEAM, choose=choose_carrier, display=DETAILED)
    blank = CONNECT_VALUES | dict.fromkeys(EXTRA_FIELDS, "") | {"carrier_group_id": "110011"}
    yield submitted("Errors: another format, and nothing in the carrier's fields", form, blank, display=DETAILED)
    yield submitted("The form, submitted before it showed the fields", form, CONNECT_VALUES, display=DETAILED)
    failed = connection()
    retry = clicked("", Action.RETRY, about(failed), records=[failed], display=DETAILED)
    wrong = {"carrier_group_id": "110011"}
    yield submitted("Error: a corrected id in another format", retry, wrong, records=[failed], display=DETAILED)
