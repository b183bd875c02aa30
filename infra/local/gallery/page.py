"""The gallery as plain values for the browser, made by the code that shows messages and modals on the demo's page."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from functools import cache

from infra.local.gallery import (
    cards,
    carriers,
    commands,
    corrections,
    forms,
    groups,
    handover,
    home,
    hostile,
    reports,
    threads,
)
from infra.local.gallery.entries import Entry, Ephemeral, HomeTab, Modal, Section
from infra.local.gallery.ports import NOW, PEOPLE
from infra.local.page.screen import HOME, Location, screen
from infra.local.slack import SlackFake
from infra.local.slack.client.fields import initial_values
from infra.local.slack.workspace import Json, Message, View

READER, CHANNEL = "UANA", "CCONNECT"
NEWER = "9"
"""A `ts` after every message, so that no mention counts as unread."""


@cache
def sections() -> tuple[Section, ...]:
    """All entries. They are always the same."""
    return (
        cards.connection_cards(),
        cards.retry_cards(),
        cards.disconnection_cards(),
        cards.decision_cards(),
        cards.request_cards(),
        cards.alerts(),
        cards.questions(),
        threads.record_lines(),
        threads.operation_lines(),
        *threads.replies(),
        threads.about_switchboard(),
        forms.connect_forms(),
        forms.existing_group_forms(),
        carriers.carrier_forms(),
        corrections.corrections(),
        forms.retry_forms(),
        forms.decision_forms(),
        forms.disconnect_forms(),
        forms.confirmation_forms(),
        forms.claims(),
        handover.handovers(),
        handover.absences(),
        forms.resolutions(),
        home.homes(),
        commands.status_answers(),
        groups.group_answers(),
        commands.list_answers(),
        commands.search_answers(),
        commands.shortcut_answers(),
        commands.decision_answers(),
        commands.choices(),
        reports.history_answers(),
        commands.pause_answers(),
        reports.doctor_answers(),
        commands.errors(),
        hostile.hostile_entries(),
        hostile.long_entries(),
    )


@cache
def gallery() -> list[Json]:
    """The sections with their entries: `id` is the anchor; `message`, `modal` or `home` is what the page shows."""
    presenter = _Presenter()
    return [
        {
            "id": slug(section.title),
            "title": section.title,
            "entries": [
                {"id": f"{slug(section.title)}--{slug(entry.title)}", "title": entry.title, **presenter.shown(entry)}
                for entry in section.entries
            ],
        }
        for section in sections()
    ]


def slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


class _Presenter:
    """A workspace that holds one entry at a time, and what one reader sees of it."""

    def __init__(self) -> None:
        slack = SlackFake(clock=lambda: NOW)
        for user_id, name in PEOPLE.items():
            slack.add_user(user_id, name)
        slack.add_usergroup("SOPS", "benefits-ops", ["UBEN", "UCARA"])
        for channel_id, name in ((CHANNEL, "connections"), ("CALERTS", "alerts"), ("CDECIDE", "disconnections")):
            slack.add_channel(channel_id, name, members=list(PEOPLE))
        self._workspace = slack.workspace

    def shown(self, entry: Entry) -> Json:
        workspace = self._workspace
        workspace.channels[CHANNEL].messages, workspace.ephemerals, workspace.view_stacks = [], [], {}
        if isinstance(entry, HomeTab):
            return {"home": self._home(entry)}
        if isinstance(entry, Modal):
            workspace.view_stacks[READER] = [self._view(entry)] * entry.depth
        else:
            message = Message(workspace.new_ts(), CHANNEL, workspace.bot_user_id, entry.text)
            message.blocks = workspace.with_ids(entry.blocks)
            if isinstance(entry, Ephemeral):
                message.ephemeral_to = READER
                workspace.ephemerals.append(message)
            else:
                workspace.channels[CHANNEL].messages.append(message)
        seen = screen(workspace, Location(READER, CHANNEL, since=NEWER))
        return {"modal": seen["modal"]} if isinstance(entry, Modal) else {"message": seen["messages"][0]}

    def _home(self, entry: HomeTab) -> Json:
        blocks = self._workspace.with_ids(entry.blocks)
        view = View(self._workspace.new_id("V"), READER, "home", title=None, blocks=blocks, hash="1")
        self._workspace.homes[READER] = view
        shown: Json = screen(self._workspace, Location(READER, HOME, since=NEWER))["home"]
        return shown

    def _view(self, entry: Modal) -> View:
        blocks = self._workspace.with_ids(with_values(entry.blocks, entry.typed))
        return View(
            id=self._workspace.new_id("V"),
            user_id=READER,
            type="modal",
            title=entry.view["title"],
            blocks=blocks,
            hash="1",
            submit_button=entry.view.get("submit"),
            close_button=entry.view.get("close"),
            values=initial_values(blocks, {}),
            errors=dict(entry.errors),
        )


def with_values(blocks: list[Json], typed: Mapping[str, str]) -> list[Json]:
    """The blocks as they are after somebody entered these values, by action id."""
    filled = copy.deepcopy(blocks)
    for block in filled:
        element = block.get("element", {})
        value = typed.get(element.get("action_id", ""))
        if value is None:
            continue
        if element["type"] == "plain_text_input":
            element["initial_value"] = value
        elif element["type"] == "datepicker":
            element["initial_date"] = value
        elif element["type"] == "static_select":
            element["initial_option"] = next(option for option in element["options"] if option["value"] == value)
    return filled
