"""Findings in words: what is fine in a word each, what is wrong with what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot import policies
from bot.domain.health import CheckStatus, Component, Finding, HealthCheck, Topic
from bot.slack.views.rich_text import (
    ChannelMention,
    RichText,
    Span,
    Timestamp,
    UntrustedText,
    UserGroupMention,
    UserMention,
    plural,
    rich_text,
)

MAX_PEOPLE_NAMED = 10


@dataclass(frozen=True, slots=True)
class Diagnosis:
    fine: tuple[str, ...] = ()
    wrong: tuple[RichText, ...] = ()
    unknown: tuple[RichText, ...] = ()

    def and_(self, other: Diagnosis) -> Diagnosis:
        return Diagnosis(self.fine + other.fine, self.wrong + other.wrong, self.unknown + other.unknown)


_COMPONENT_NAMES = {
    Component.SLACK: "the worker that posts to Slack",
    Component.NOYO: "the worker that reads Noyo",
    Component.RECEIVER: "the function that answers you",
}
_TOPIC_NAMES = {
    Topic.SECRET: "secrets",
    Topic.TOKEN: "Slack's token",
    Topic.SCOPES: "scopes",
    Topic.CHANNEL: "channels",
    Topic.PEOPLE: "people named for rights",
    Topic.GROUP: "user groups",
    Topic.SLACK_CLOCK: "Slack's clock",
    Topic.NOYO: "Noyo and its token",
    Topic.NOYO_CLOCK: "Noyo's clock",
    Topic.CONCURRENCY: "Lambda's quota",
}


def diagnose(health_checks: Mapping[Component, HealthCheck | None], now: int) -> Diagnosis:
    """Nothing is called fine of which anybody found something wrong."""
    whole = Diagnosis()
    for component, health_check in health_checks.items():
        whole = whole.and_(_component(component, health_check, now))
    findings = [
        finding
        for health_check in health_checks.values()
        if health_check
        for finding in health_check.findings
    ]
    faulty = {_TOPIC_NAMES[finding.topic] for finding in findings if finding.status is not CheckStatus.OK}
    return replace(whole, fine=tuple(one for one in whole.fine if one not in faulty))


def _component(component: Component, health_check: HealthCheck | None, now: int) -> Diagnosis:
    if component is Component.WEBHOOK:
        return _webhook(health_check, now)
    if health_check is None:
        never = f"{_capitalize(_COMPONENT_NAMES[component])} has not looked yet. "
        return Diagnosis(
            unknown=(
                rich_text(
                    never, "It does within a few minutes of being set up; if this stays, look at its log."
                ),
            )
        )
    whole = Diagnosis()
    for finding in health_check.findings:
        whole = whole.and_(_describe(finding, health_check.at))
    if now - health_check.at <= policies.HEALTH_CHECK_STALE_SECONDS:
        return whole
    stale = rich_text(
        f"{_capitalize(_COMPONENT_NAMES[component])} has not looked since ",
        Timestamp(health_check.at),
        ", so nothing that it looks after is known to be well. See its schedule and its log.",
    )
    return Diagnosis(wrong=whole.wrong, unknown=(stale, *whole.unknown))


def _webhook(health_check: HealthCheck | None, now: int) -> Diagnosis:
    """It has no schedule: between two of Noyo's events nothing is known of it, and nothing is wrong with that."""
    if health_check is None:
        never = "Noyo's webhook and its secret: nothing that Noyo signed has come yet. The sandbox sends none; in "
        return Diagnosis(
            unknown=(
                rich_text(never, "production set it up (docs/deploy.md). Polls tell of changes anyway."),
            )
        )
    whole = Diagnosis()
    for finding in health_check.findings:
        whole = whole.and_(_describe(finding, health_check.at))
    if whole.wrong:
        return Diagnosis(wrong=tuple(rich_text("Noyo's webhook: ", *one) for one in whole.wrong))
    if now - health_check.at <= policies.WEBHOOK_STALE_SECONDS:
        return Diagnosis(fine=("Noyo's webhook",))
    last = rich_text("Noyo's webhook and its secret: nothing has come since ", Timestamp(health_check.at))
    return Diagnosis(
        unknown=(rich_text(*last, ". Where nothing changed at Noyo either, that is as it should be."),)
    )


def _describe(finding: Finding, at: int) -> Diagnosis:
    if finding.status is CheckStatus.OK:
        return Diagnosis(fine=(_TOPIC_NAMES[finding.topic],))
    if finding.status is CheckStatus.UNKNOWN:
        return Diagnosis(unknown=(_unknown(finding),))
    told = _failed_check(finding) if finding.check_failed else _PROBLEMS[finding.topic](finding)
    return Diagnosis(wrong=(rich_text(*told, " (seen ", Timestamp(at), ")"),))


def _unknown(finding: Finding) -> RichText:
    if finding.topic is Topic.PEOPLE:
        return rich_text(
            f"How it is with {finding.value} of those named for rights: some are read each time."
        )
    if finding.topic is Topic.CONCURRENCY:
        return rich_text(
            "How many functions AWS may run at once: Lambda did not tell, and on one machine there is no such limit. "
            "On AWS see Service Quotas, Lambda, Concurrent executions; why it did not is in the log of the poll."
        )
    return rich_text(f"Not told: {_TOPIC_NAMES[finding.topic]}.")


def _failed_check(finding: Finding) -> RichText:
    """Looking itself went wrong; our own errors say what to do."""
    named = (
        "" if finding.topic is Topic.SECRET else f"{_capitalize(_TOPIC_NAMES[finding.topic])}: "
    )  # Its words name it.
    return rich_text(named, _reason(finding), _NEXT.get(finding.topic, ""))


_NEXT = {
    Topic.SECRET: " Fill it in where it is kept (docs/deploy.md says how); it is read again by itself.",
    Topic.TOKEN: " If Slack does not accept the token, put the app's bot token into its secret.",
    Topic.NOYO: " What people ask for waits and is not lost. If Noyo does not accept us, put the API client's id and "
    "secret into their secret.",
}


def _scopes(finding: Finding) -> RichText:
    return rich_text(
        f"The Slack app lacks scopes: {', '.join(finding.affected)}. Give it the newest manifest and install it again."
    )


def _channel(finding: Finding) -> RichText:
    name, channel = (*finding.affected, "", "")[:2]
    why = {
        None: "the bot is no member, so cards may be posted twice or not at all",
        "channel_not_found": "Slack does not know it, or it is private and the bot is no member",
    }.get(finding.reason, f"Slack says {finding.reason}")
    return rich_text(
        f"{name} ",
        ChannelMention(channel),
        f": {why}. Type /invite with the bot's name there, or name another one.",
    )


def _people(finding: Finding) -> RichText:
    named: list[Span | str] = []
    for user_id in finding.affected[:MAX_PEOPLE_NAMED]:
        named += [UserMention(user_id), " "]
    more = (
        f"and {len(finding.affected) - MAX_PEOPLE_NAMED} more "
        if len(finding.affected) > MAX_PEOPLE_NAMED
        else ""
    )
    return rich_text(
        "Named for rights, and may do nothing (deactivated, a guest, of another workspace, or unknown): ",
        *named,
        f"{more}– take them out of the settings or of their group, and make sure that enough others are left.",
    )


def _group(finding: Finding) -> RichText:
    why = {
        "empty": " has no members or is gone, so nobody holds a right through it. Fill it, or name another one.",
        "unreadable": " cannot be read, so whoever holds a right through it is refused. Look at the scopes.",
    }.get(finding.reason or "", " is not as it should be.")
    return rich_text(UserGroupMention(finding.affected[0]) if finding.affected else "A user group", why)


def _clock(finding: Finding) -> RichText:
    apart = finding.value or 0
    whose = "Slack" if finding.topic is Topic.SLACK_CLOCK else "Noyo"
    way = "ahead of" if apart > 0 else "behind"
    return rich_text(
        f"{whose}'s clock is {plural(abs(apart), 'second')} {way} ours: signatures and what happened first go by it. "
        "On AWS that mends itself; elsewhere set this machine's clock."
    )


def _concurrency(finding: Finding) -> RichText:
    room = plural(finding.value or 0, "function")
    return rich_text(
        f"AWS has room for {room} at once, "
        f"and Switchboard needs {policies.REQUIRED_CONCURRENCY}: "
        "with less, clicks fail and work is late. "
        "Raise Concurrent executions (Service Quotas, Lambda), or reserve less for others."
    )


def _generic(finding: Finding) -> RichText:
    return rich_text(f"{_capitalize(_TOPIC_NAMES[finding.topic])}: ", _reason(finding))


def _reason(finding: Finding) -> Span:
    return UntrustedText(finding.reason or "it is not as it should be", 300)


def _capitalize(words: str) -> str:
    return words[:1].upper() + words[1:]


_PROBLEMS: dict[Topic, Callable[[Finding], RichText]] = {
    Topic.SECRET: _generic,
    Topic.TOKEN: _generic,
    Topic.SCOPES: _scopes,
    Topic.CHANNEL: _channel,
    Topic.PEOPLE: _people,
    Topic.GROUP: _group,
    Topic.SLACK_CLOCK: _clock,
    Topic.NOYO: _generic,
    Topic.NOYO_CLOCK: _clock,
    Topic.CONCURRENCY: _concurrency,
}
