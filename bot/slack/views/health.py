"""Health checks in words: one word for each topic that is fine; for a problem, what to do about it.

Pauses of sending: the notice in the channel, and what is shown wherever an operation waits for the end of a pause.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot import policies
from bot.domain.carriers_file import CarriersFile
from bot.domain.content import PauseNotice
from bot.domain.health import CheckStatus, Component, Finding, HealthCheck, Topic
from bot.domain.pauses import Pause
from bot.slack.views.message import DisplaySettings, Message, Paragraph
from bot.slack.views.rich_text import (
    ChannelMention,
    RichText,
    Span,
    Timestamp,
    UntrustedText,
    UserGroupMention,
    UserMention,
    capitalize,
    labelled,
    person,
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
    Component.RECEIVER: "the function that receives Slack's requests",
}
_TOPIC_NAMES = {
    Topic.SECRET: "secrets",
    Topic.TOKEN: "Slack token",
    Topic.SCOPES: "Slack scopes",
    Topic.CHANNEL: "channels",
    Topic.PEOPLE: "people with permissions",
    Topic.GROUP: "user groups",
    Topic.SLACK_CLOCK: "clock difference to Slack",
    Topic.NOYO: "Noyo and its token",
    Topic.NOYO_CLOCK: "clock difference to Noyo",
    Topic.CONCURRENCY: "Lambda quota",
    Topic.CALENDAR: "public holidays",
}


def diagnose(health_checks: Mapping[Component, HealthCheck | None], now: int) -> Diagnosis:
    """All results together. A topic with a problem in any component is not listed as fine."""
    diagnosis = Diagnosis()
    for component, health_check in health_checks.items():
        diagnosis = diagnosis.and_(_component(component, health_check, now))
    found = [check for check in health_checks.values() if check]
    findings = [finding for check in found for finding in check.findings]
    faulty = {_TOPIC_NAMES[finding.topic] for finding in findings if finding.status is not CheckStatus.OK}
    return replace(diagnosis, fine=tuple(name for name in diagnosis.fine if name not in faulty))


def _component(component: Component, health_check: HealthCheck | None, now: int) -> Diagnosis:
    if component is Component.WEBHOOK:
        return _webhook(health_check, now)
    name = capitalize(_COMPONENT_NAMES[component])
    if health_check is None:
        never = f"{name} has not reported yet. The first report takes a few minutes after deployment; "
        return Diagnosis(unknown=(rich_text(never, "if none arrives, check its log."),))
    diagnosis = _findings(health_check)
    if now - health_check.at <= policies.HEALTH_CHECK_STALE_SECONDS:
        return diagnosis
    last = rich_text(f"{name} last reported ", Timestamp(health_check.at))
    stale = rich_text(*last, ", so its current state is unknown. Check its schedule and its log.")
    return Diagnosis(wrong=diagnosis.wrong, unknown=(stale, *diagnosis.unknown))


def _webhook(health_check: HealthCheck | None, now: int) -> Diagnosis:
    """It has no schedule: without an event from Noyo its state is unknown, which is not a problem."""
    if health_check is None:
        never = "Noyo's webhook: no signed event has been received yet. The sandbox sends none; in production, "
        how = "set it up (docs/deploy.md). Polling finds every change as well."
        return Diagnosis(unknown=(rich_text(never, how),))
    diagnosis = _findings(health_check)
    if diagnosis.wrong:
        return Diagnosis(wrong=tuple(rich_text("Noyo's webhook: ", *line) for line in diagnosis.wrong))
    if now - health_check.at <= policies.WEBHOOK_STALE_SECONDS:
        return Diagnosis(fine=("Noyo's webhook",))
    last = rich_text("Noyo's webhook: the last event was received ", Timestamp(health_check.at))
    return Diagnosis(unknown=(rich_text(*last, ". This is normal if nothing changed at Noyo."),))


def _findings(health_check: HealthCheck) -> Diagnosis:
    diagnosis = Diagnosis()
    for finding in health_check.findings:
        diagnosis = diagnosis.and_(_describe(finding, health_check.at))
    return diagnosis


def _describe(finding: Finding, at: int) -> Diagnosis:
    if finding.status is CheckStatus.OK:
        return Diagnosis(fine=(_TOPIC_NAMES[finding.topic],))
    if finding.status is CheckStatus.UNKNOWN:
        return Diagnosis(unknown=(_unknown(finding),))
    problem = _failed_check(finding) if finding.check_failed else _PROBLEMS[finding.topic](finding)
    return Diagnosis(wrong=(rich_text(*problem, " (checked ", Timestamp(at), ")"),))


def _unknown(finding: Finding) -> RichText:
    if finding.topic is Topic.PEOPLE:
        return rich_text(f"{finding.value} people with permissions: not checked yet. Each check reads some.")
    if finding.topic is Topic.CONCURRENCY:
        return rich_text(
            "Lambda's concurrency quota could not be read. Outside AWS there is none. On AWS, see Service Quotas, "
            "Lambda, Concurrent executions, and the log of the poll for the error."
        )
    return rich_text(f"Not checked: {_TOPIC_NAMES[finding.topic]}.")


def _failed_check(finding: Finding) -> RichText:
    """The check itself failed; our own errors say what to do."""
    # The message about a secret names it.
    name = "" if finding.topic is Topic.SECRET else f"{capitalize(_TOPIC_NAMES[finding.topic])}: "
    return rich_text(name, _reason(finding), _NEXT_STEPS.get(finding.topic, ""))


_NEXT_STEPS = {
    Topic.SECRET: " Set its value (docs/deploy.md). It is read again automatically.",
    Topic.TOKEN: " If Slack does not accept the token, store the app's bot token in its secret.",
    Topic.NOYO: " Requests wait and are not lost. If Noyo does not accept the token, store the API client's id and "
    "secret in their secret.",
}


def _scopes(finding: Finding) -> RichText:
    missing = ", ".join(finding.affected)
    return rich_text(f"The Slack app lacks scopes: {missing}. Update its manifest and reinstall it.")


def _channel(finding: Finding) -> RichText:
    name, channel = (*finding.affected, "", "")[:2]
    reason = {
        None: "the bot is not a member, so cards may be missing or posted twice",
        "channel_not_found": "Slack cannot find it, or it is private and the bot is not a member",
    }.get(finding.reason, f"Slack returned {finding.reason}")
    how = ". Type /invite and the bot's name there, or set another channel."
    return rich_text(f"{name} ", ChannelMention(channel), f": {reason}{how}")


def _people(finding: Finding) -> RichText:
    people: list[Span | str] = []
    for user_id in finding.affected[:MAX_PEOPLE_NAMED]:
        people += [UserMention(user_id), " "]
    more = len(finding.affected) - MAX_PEOPLE_NAMED
    return rich_text(
        "Have permissions but cannot use them (deactivated, guest, other workspace, or unknown): ",
        *people,
        f"and {more} more " if more > 0 else "",
        "– remove them from the settings or their user group, and check that enough others remain.",
    )


def _group(finding: Finding) -> RichText:
    problem = {
        "empty": " is empty or deleted, so it gives no one permissions. Add members or set another group.",
        "unreadable": " cannot be read, so its members are denied. Check the scopes.",
    }.get(finding.reason or "", " has a problem.")
    return rich_text(UserGroupMention(finding.affected[0]) if finding.affected else "A user group", problem)


def _clock(finding: Finding) -> RichText:
    seconds = finding.value or 0
    service = "Slack" if finding.topic is Topic.SLACK_CLOCK else "Noyo"
    direction = "ahead of" if seconds > 0 else "behind"
    return rich_text(
        f"{service}'s clock is {plural(abs(seconds), 'second')} {direction} ours. Signatures and the order of events "
        "depend on it. AWS corrects this automatically; elsewhere, set this machine's clock."
    )


def _concurrency(finding: Finding) -> RichText:
    available = plural(finding.value or 0, "function")
    return rich_text(
        f"AWS can run {available} at once; Switchboard needs {policies.REQUIRED_CONCURRENCY}. With less, clicks fail "
        "and work is late. Increase Concurrent executions (Service Quotas, Lambda), or reserve less for others."
    )


def _calendar(finding: Finding) -> RichText:
    how = "Until then holidays count as business days. Set BUSINESS_CALENDAR to a country such as US, or to none."
    return rich_text(_reason(finding), " ", how)


def carriers_file(file: CarriersFile | None) -> Diagnosis:
    """A mistake in it changes nothing that people see, so only here can they learn of it."""
    if file is None:
        return Diagnosis(unknown=(rich_text("The stored carriers were written by a newer release. Upgrade again."),))
    problem = file.problem
    if problem is None:
        if file.since is None:
            return Diagnosis(unknown=(rich_text("The carriers file has not been read yet. It is read each minute."),))
        return Diagnosis(fine=("carriers file",))
    what = "cannot be read since" if problem.unreadable else "has mistakes since"
    instead: RichText = rich_text(" Until there is a good one, carriers are shown by their ids.")
    if file.since is not None:
        instead = rich_text(" The one of ", Timestamp(file.since), " stays in use.")
    advice = " Check its address and the rights of the worker that posts to Slack (docs/runbook.md)."
    how = advice if problem.unreadable else " Correct it and upload it again (docs/deploy.md)."
    words = UntrustedText(problem.words, MAX_REASON)
    wrong = rich_text(f"The carriers file {what} ", Timestamp(problem.since), ": ", words, ".", *instead, how)
    return Diagnosis(wrong=(wrong,))


def _generic(finding: Finding) -> RichText:
    return rich_text(f"{capitalize(_TOPIC_NAMES[finding.topic])}: ", _reason(finding))


def _reason(finding: Finding) -> Span:
    return UntrustedText(finding.reason or "there is a problem", 300)


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
    Topic.CALENDAR: _calendar,
}


MAX_REASON = 300
WHILE_PAUSED = (
    "New requests wait and are sent in order, after a fresh check, once sending resumes. "
    "Cards and alerts keep updating."
)
_WHILE_OBSERVING = "Cards and alerts keep updating. Nothing is sent to Noyo; requests that were waiting stay deferred."


def paused_since(pause: Pause) -> RichText:
    """`@Ana paused sending to Noyo <when>`, without a full stop."""
    if pause.by is None:
        verb = "has been" if pause.until is None else "was"
        return rich_text(f"Switchboard {verb} in observe-only mode since ", Timestamp(pause.since))
    return rich_text(UserMention(pause.by), " paused sending to Noyo ", Timestamp(pause.since))


def reason_suffix(pause: Pause) -> RichText:
    """The reason in brackets; empty if none was given."""
    return rich_text(" (", UntrustedText(pause.reason, MAX_REASON), ")") if pause.reason else ()


def pause_line(pause: Pause) -> RichText:
    """The first line of an overview while nothing is sent."""
    effect = "nothing is sent to Noyo" if pause.by is None else "requests are deferred and not sent yet"
    return rich_text(*paused_since(pause), *reason_suffix(pause), f": {effect}.")


def pause_ended(pause: Pause) -> RichText:
    """Who ended the pause, and when."""
    when: RichText = rich_text(Timestamp(pause.until)) if pause.until is not None else ()
    if pause.by is None:
        return rich_text("Switchboard left observe-only mode ", *when)
    return rich_text(person(pause.ended_by), " resumed sending to Noyo ", *when)


def deferred(pause: Pause) -> RichText:
    """The state of a deferred operation. It is correct after the pause too, until the operation is sent."""
    resumes = "when observe-only mode ends" if pause.by is None else "when sending resumes"
    since = rich_text(*paused_since(pause), *reason_suffix(pause))
    return rich_text("waiting while sending is paused. ", *since, f". It will be sent {resumes}.")


def pause_notice(content: PauseNotice, display: DisplaySettings) -> Message:
    """Answers: why is nothing sent to Noyo, or is it sent again?

    A pause that is over must not read like one that continues. So this message is updated when the pause ends, and
    names the person who ended it.
    """
    pause = content.pause
    reason = [labelled("Reason", UntrustedText(pause.reason, MAX_REASON))] if pause.reason else []
    since = rich_text(*paused_since(pause), ".")
    if pause.until is not None:
        title = "Observe-only mode ended" if pause.by is None else "Sending to Noyo resumed"
        lines = [rich_text(*pause_ended(pause), "."), labelled("Before", *since), *reason]
    elif pause.by is None:
        title = "Observe-only mode"
        lines = [since, *reason, rich_text(_WHILE_OBSERVING)]
    else:
        title = "Sending to Noyo is paused"
        how_to_resume = rich_text(f"An admin can resume it with {display.command} resume.")
        lines = [since, *reason, rich_text(WHILE_PAUSED), how_to_resume]
    return Message([Paragraph(lines)], rich_text(title), display.warning())
