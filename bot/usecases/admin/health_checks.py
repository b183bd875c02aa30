"""Health checks: what each worker finds out about the services that it uses.

The findings are saved, so that `doctor` only reads the table. A failing check never stops the worker.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping

from bot import policies
from bot.domain.health import CheckStatus, Component, Finding, HealthCheck, Topic
from bot.domain.people import is_eligible, named_people
from bot.domain.records import EntityKind
from bot.errors import SettingsError, SlackRefused, SwitchboardError
from bot.usecases.admin.authorization import read_person
from bot.usecases.dependencies import Dependencies
from bot.usecases.ports.noyo import NoyoReader
from bot.usecases.ports.slack import SlackHealth

logger = logging.getLogger("switchboard")


Check = Callable[[], Iterable[Finding]]


def run_health_checks(component: Component, checks: Mapping[Topic, Check], deps: Dependencies) -> HealthCheck | None:
    """Run every check and save the findings. None if the last run is recent, or if the findings could not be saved."""
    try:
        return _checked(component, checks, deps)
    except Exception:
        # A health check that was not saved shows up as outdated in the health report.
        logger.exception("health check failed")
        return None


def _checked(component: Component, checks: Mapping[Topic, Check], deps: Dependencies) -> HealthCheck | None:
    now = deps.now()
    last = deps.health.health_check(component)
    if last is not None and now - last.at < policies.HEALTH_CHECK_INTERVAL_SECONDS:
        return None
    findings = [finding for topic, check in checks.items() for finding in _run_check(topic, check)]
    found = HealthCheck(component, now, tuple(findings))
    deps.health.save(found)
    return found


def _run_check(topic: Topic, check: Check) -> list[Finding]:
    try:
        return list(check())
    except Exception as error:
        logger.warning("a health check raised an error", exc_info=True, extra={"kind": topic.value})
        words = str(error) if isinstance(error, SwitchboardError) else type(error).__name__
        return [Finding(topic, CheckStatus.FAILED, reason=words, check_failed=True)]


def clock_finding(topic: Topic, difference: float | None) -> Finding:
    """`difference` is their clock minus ours, in seconds; None if it is unknown."""
    if difference is None:
        return Finding(topic, CheckStatus.UNKNOWN)
    apart = round(difference)
    return Finding(
        topic,
        CheckStatus.OK if abs(apart) <= policies.CLOCK_DIFFERENCE_LIMIT_SECONDS else CheckStatus.FAILED,
        value=apart,
    )


def noyo_checks(
    *,
    read_secret: Callable[[], object],
    noyo: NoyoReader,
    clock_difference: Callable[[], float | None],
    unreserved: Callable[[], int | None],
) -> dict[Topic, Check]:
    """`unreserved` returns how many functions may run at once; None if the quota cannot be read."""
    return {
        Topic.SECRET: secret_check(read_secret),
        Topic.NOYO: lambda: _noyo(noyo, clock_difference),
        Topic.CONCURRENCY: lambda: [_concurrency(unreserved())],
    }


def secret_check(read_secret: Callable[[], object]) -> Check:
    def check() -> Iterator[Finding]:
        read_secret()
        yield Finding(Topic.SECRET, CheckStatus.OK)

    return check


def _noyo(noyo: NoyoReader, clock_difference: Callable[[], float | None]) -> Iterator[Finding]:
    """Reads the smallest page, which needs a valid token and an answer."""
    noyo.newest(EntityKind.CONNECTION, offset=0, page_size=policies.NOYO_PAGE_SIZES[0])
    yield Finding(Topic.NOYO, CheckStatus.OK)
    yield clock_finding(Topic.NOYO_CLOCK, clock_difference())


def _concurrency(unreserved: int | None) -> Finding:
    if unreserved is None:
        return Finding(Topic.CONCURRENCY, CheckStatus.UNKNOWN)
    verdict = CheckStatus.OK if unreserved >= policies.REQUIRED_CONCURRENCY else CheckStatus.FAILED
    return Finding(Topic.CONCURRENCY, verdict, value=unreserved)


def slack_checks(
    *,
    read_secret: Callable[[], object],
    slack: SlackHealth,
    channels: Mapping[str, str],
    read_calendar: Callable[[], object],
    deps: Dependencies,
) -> dict[Topic, Check]:
    """`channels` are channel ids by the name of their setting; `read_calendar` raises `SettingsError` if there is no
    such calendar of public holidays."""
    return {
        Topic.SECRET: secret_check(read_secret),
        Topic.TOKEN: lambda: _token(slack),
        Topic.CHANNEL: lambda: (_channel(name, channel, slack) for name, channel in channels.items()),
        Topic.GROUP: lambda: _groups(deps),
        Topic.PEOPLE: lambda: _people(deps),
        Topic.CALENDAR: lambda: [_calendar(read_calendar)],
    }


def _token(slack: SlackHealth) -> Iterator[Finding]:
    token = slack.token()
    yield Finding(Topic.TOKEN, CheckStatus.OK)
    if token.missing_scopes is None:
        yield Finding(Topic.SCOPES, CheckStatus.UNKNOWN)
    else:
        verdict = CheckStatus.FAILED if token.missing_scopes else CheckStatus.OK
        yield Finding(Topic.SCOPES, verdict, affected=token.missing_scopes)
    yield clock_finding(Topic.SLACK_CLOCK, token.clock_difference)


def _channel(name: str, channel: str, slack: SlackHealth) -> Finding:
    try:
        member = slack.is_member(channel)
    except SlackRefused as refusal:
        return Finding(Topic.CHANNEL, CheckStatus.FAILED, (name, channel), reason=refusal.code)
    return Finding(Topic.CHANNEL, CheckStatus.OK if member else CheckStatus.FAILED, (name, channel))


def _calendar(read_calendar: Callable[[], object]) -> Finding:
    try:
        read_calendar()
    except SettingsError as error:
        return Finding(Topic.CALENDAR, CheckStatus.FAILED, reason=str(error))
    return Finding(Topic.CALENDAR, CheckStatus.OK)


def _groups(deps: Dependencies) -> Iterator[Finding]:
    """From the last scheduled refresh; a group that Slack no longer knows has no members."""
    people, policy, now = deps.people, deps.policy, deps.now()
    known = people.members(policy.all_groups)
    for group_id in sorted(policy.all_groups):
        members = known.get(group_id)
        if members is None or now - members.read_at > policies.GROUP_MEMBERS_FRESH_SECONDS:
            yield Finding(Topic.GROUP, CheckStatus.FAILED, (group_id,), reason="unreadable")
        elif not members.user_ids:
            yield Finding(Topic.GROUP, CheckStatus.FAILED, (group_id,), reason="empty")
        else:
            yield Finding(Topic.GROUP, CheckStatus.OK, (group_id,))


def _people(deps: Dependencies) -> Iterator[Finding]:
    """Each run reads some people again; the others are as stored in the table."""
    people, policy, now = deps.people, deps.policy, deps.now()
    left = policies.HEALTH_CHECK_PEOPLE_PER_RUN
    gone, unknown = [], []
    for user_id in sorted(named_people(policy, people.members(policy.all_groups))):
        person = people.person(user_id)
        if person is None or now - person.read_at > policies.HEALTH_CHECK_PERSON_FRESH_SECONDS:
            if not left:
                unknown.append(user_id)
                continue
            left -= 1
            person = read_person(user_id, deps)
        if person is None or not is_eligible(person, policy):
            gone.append(user_id)
    if gone:
        yield Finding(Topic.PEOPLE, CheckStatus.FAILED, tuple(gone))
    if unknown:
        yield Finding(Topic.PEOPLE, CheckStatus.UNKNOWN, value=len(unknown))
    if not gone and not unknown:
        yield Finding(Topic.PEOPLE, CheckStatus.OK)
