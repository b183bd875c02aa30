"""Slack room: findings in words: what is fine in a word each, what is wrong with what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bot.domain.checkups import NEEDED_AT_ONCE, Checkup, Finding, Topic, Verdict, Ward
from bot.slack.phrases import Channel, Foreign, Line, Moment, Person, Run, Usergroup, line
from bot.slack.text import counted

OLD_SECONDS = 900
"""Workers look every few minutes; what is older is no longer known."""
WEBHOOK_QUIET_SECONDS = 24 * 3600
"""Noyo sends nothing while nothing changes; that long ago says nothing of today."""
MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Diagnosis:
    fine: tuple[str, ...] = ()
    wrong: tuple[Line, ...] = ()
    unknown: tuple[Line, ...] = ()

    def and_(self, other: Diagnosis) -> Diagnosis:
        return Diagnosis(self.fine + other.fine, self.wrong + other.wrong, self.unknown + other.unknown)


_WORKER = {
    Ward.SLACK: "the worker that posts to Slack",
    Ward.NOYO: "the worker that reads Noyo",
    Ward.RECEIVER: "the function that answers you",
}
_FINE = {
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


def of_checkups(checkups: Mapping[Ward, Checkup | None], now: int) -> Diagnosis:
    """Nothing is called fine of which anybody found something wrong."""
    whole = Diagnosis()
    for ward, checkup in checkups.items():
        whole = whole.and_(_of(ward, checkup, now))
    findings = [finding for checkup in checkups.values() if checkup for finding in checkup.findings]
    faulty = {_FINE[finding.topic] for finding in findings if finding.verdict is not Verdict.GOOD}
    return replace(whole, fine=tuple(one for one in whole.fine if one not in faulty))


def _of(ward: Ward, checkup: Checkup | None, now: int) -> Diagnosis:
    if ward is Ward.WEBHOOK:
        return _webhook(checkup, now)
    if checkup is None:
        never = f"{_begin(_WORKER[ward])} has not looked yet. It does within a few minutes of being set up; if this "
        return Diagnosis(unknown=(line(never, "stays, look at its log."),))
    whole = Diagnosis()
    for finding in checkup.findings:
        whole = whole.and_(_told(finding, checkup.at))
    if now - checkup.at <= OLD_SECONDS:
        return whole
    stale = line(
        f"{_begin(_WORKER[ward])} has not looked since ",
        Moment(checkup.at),
        ", so nothing that it looks after is known to be well. See its schedule and its log.",
    )
    return Diagnosis(wrong=whole.wrong, unknown=(stale, *whole.unknown))


def _webhook(checkup: Checkup | None, now: int) -> Diagnosis:
    """It has no schedule: between two of Noyo's events nothing is known of it, and nothing is wrong with that."""
    if checkup is None:
        never = "Noyo's webhook and its secret: nothing that Noyo signed has come yet. The sandbox sends none; in "
        return Diagnosis(
            unknown=(line(never, "production set it up (docs/deploy.md). Polls tell of changes anyway."),)
        )
    whole = Diagnosis()
    for finding in checkup.findings:
        whole = whole.and_(_told(finding, checkup.at))
    if whole.wrong:
        return Diagnosis(wrong=tuple(line("Noyo's webhook: ", *one) for one in whole.wrong))
    if now - checkup.at <= WEBHOOK_QUIET_SECONDS:
        return Diagnosis(fine=("Noyo's webhook",))
    last = line("Noyo's webhook and its secret: nothing has come since ", Moment(checkup.at))
    return Diagnosis(
        unknown=(line(*last, ". Where nothing changed at Noyo either, that is as it should be."),)
    )


def _told(finding: Finding, at: int) -> Diagnosis:
    if finding.verdict is Verdict.GOOD:
        return Diagnosis(fine=(_FINE[finding.topic],))
    if finding.verdict is Verdict.UNKNOWN:
        return Diagnosis(unknown=(_unknown(finding),))
    told = _raised(finding) if finding.raised else _WRONG[finding.topic](finding)
    return Diagnosis(wrong=(line(*told, " (seen ", Moment(at), ")"),))


def _unknown(finding: Finding) -> Line:
    if finding.topic is Topic.PEOPLE:
        return line(f"How it is with {finding.number} of those named for rights: some are read each time.")
    if finding.topic is Topic.CONCURRENCY:
        return line(
            "How many functions AWS may run at once: Lambda did not tell, and on one machine there is no such limit. "
            "On AWS see Service Quotas, Lambda, Concurrent executions; why it did not is in the log of the poll."
        )
    return line(f"Not told: {_FINE[finding.topic]}.")


def _raised(finding: Finding) -> Line:
    """Looking itself went wrong; our own errors say what to do."""
    named = "" if finding.topic is Topic.SECRET else f"{_begin(_FINE[finding.topic])}: "  # Its words name it.
    return line(named, _why(finding), _NEXT.get(finding.topic, ""))


_NEXT = {
    Topic.SECRET: " Fill it in where it is kept (docs/deploy.md says how); it is read again by itself.",
    Topic.TOKEN: " If Slack does not accept the token, put the app's bot token into its secret.",
    Topic.NOYO: " What people ask for waits and is not lost. If Noyo does not accept us, put the API client's id and "
    "secret into their secret.",
}


def _scopes(finding: Finding) -> Line:
    return line(
        f"The Slack app lacks scopes: {', '.join(finding.about)}. Give it the newest manifest and install it again."
    )


def _channel(finding: Finding) -> Line:
    name, channel = (*finding.about, "", "")[:2]
    why = {
        None: "the bot is no member, so cards may be posted twice or not at all",
        "channel_not_found": "Slack does not know it, or it is private and the bot is no member",
    }.get(finding.why, f"Slack says {finding.why}")
    return line(
        f"{name} ", Channel(channel), f": {why}. Type /invite with the bot's name there, or name another one."
    )


def _people(finding: Finding) -> Line:
    named: list[Run | str] = []
    for user_id in finding.about[:MOST_NAMED]:
        named += [Person(user_id), " "]
    more = f"and {len(finding.about) - MOST_NAMED} more " if len(finding.about) > MOST_NAMED else ""
    return line(
        "Named for rights, and may do nothing (deactivated, a guest, of another workspace, or unknown): ",
        *named,
        f"{more}– take them out of the settings or of their group, and make sure that enough others are left.",
    )


def _group(finding: Finding) -> Line:
    why = {
        "empty": " has no members or is gone, so nobody holds a right through it. Fill it, or name another one.",
        "unreadable": " cannot be read, so whoever holds a right through it is refused. Look at the scopes.",
    }.get(finding.why or "", " is not as it should be.")
    return line(Usergroup(finding.about[0]) if finding.about else "A user group", why)


def _clock(finding: Finding) -> Line:
    apart = finding.number or 0
    whose = "Slack" if finding.topic is Topic.SLACK_CLOCK else "Noyo"
    way = "ahead of" if apart > 0 else "behind"
    return line(
        f"{whose}'s clock is {counted(abs(apart), 'second')} {way} ours: signatures and what happened first go by it. "
        "On AWS that mends itself; elsewhere set this machine's clock."
    )


def _concurrency(finding: Finding) -> Line:
    room = counted(finding.number or 0, "function")
    return line(
        f"AWS has room for {room} at once, and Switchboard needs {NEEDED_AT_ONCE}: with less, clicks fail and work is "
        "late. Raise Concurrent executions (Service Quotas, Lambda), or reserve less for others."
    )


def _plainly(finding: Finding) -> Line:
    return line(f"{_begin(_FINE[finding.topic])}: ", _why(finding))


def _why(finding: Finding) -> Run:
    return Foreign(finding.why or "it is not as it should be", 300)


def _begin(words: str) -> str:
    return words[:1].upper() + words[1:]


_WRONG: dict[Topic, Callable[[Finding], Line]] = {
    Topic.SECRET: _plainly,
    Topic.TOKEN: _plainly,
    Topic.SCOPES: _scopes,
    Topic.CHANNEL: _channel,
    Topic.PEOPLE: _people,
    Topic.GROUP: _group,
    Topic.SLACK_CLOCK: _clock,
    Topic.NOYO: _plainly,
    Topic.NOYO_CLOCK: _clock,
    Topic.CONCURRENCY: _concurrency,
}
