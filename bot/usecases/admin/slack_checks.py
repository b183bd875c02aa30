"""The health checks of the worker that posts to Slack: its token, its channels and people's permissions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from bot import policies
from bot.domain.health import CheckStatus, Finding, Topic
from bot.domain.people import AccessPolicy, Person, Right
from bot.errors import SlackRefused
from bot.usecases.admin.health_checks import Check, clock_finding
from bot.usecases.dependencies import Dependencies
from bot.usecases.ports.slack import SlackHealth
from bot.usecases.ports.storage import PeopleRepository

NAMED_FOR = (Right.REQUEST, Right.APPROVE, Right.ADMINISTER)


def slack_checks(
    *, read_secret: Callable[[], object], slack: SlackHealth, channels: Mapping[str, str], deps: Dependencies
) -> dict[Topic, Check]:
    """`channels` are channel ids by the name of their setting."""
    return {
        Topic.SECRET: lambda: _secret(read_secret),
        Topic.TOKEN: lambda: _token(slack),
        Topic.CHANNEL: lambda: (_channel(name, channel, slack) for name, channel in channels.items()),
        Topic.GROUP: lambda: _groups(deps),
        Topic.PEOPLE: lambda: _people(deps),
    }


def _secret(read_secret: Callable[[], object]) -> Iterator[Finding]:
    read_secret()
    yield Finding(Topic.SECRET, CheckStatus.OK)


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
    people, user_directory, policy, now = deps.people, deps.user_directory, deps.policy, deps.now()
    left = policies.HEALTH_CHECK_PEOPLE_PER_RUN
    gone, unknown = [], []
    for user_id in _named(people, policy):
        person = people.person(user_id)
        if person is None or now - person.read_at > policies.HEALTH_CHECK_PERSON_FRESH_SECONDS:
            if not left:
                unknown.append(user_id)
                continue
            left -= 1
            person = user_directory.read_person(user_id)
            if person is not None:
                people.save_person(person)
        if person is None or not _may_act(person, policy):
            gone.append(user_id)
    if gone:
        yield Finding(Topic.PEOPLE, CheckStatus.FAILED, tuple(gone))
    if unknown:
        yield Finding(Topic.PEOPLE, CheckStatus.UNKNOWN, value=len(unknown))
    if not gone and not unknown:
        yield Finding(Topic.PEOPLE, CheckStatus.OK)


def _may_act(person: Person, policy: AccessPolicy) -> bool:
    here = person.team_id == policy.team_id
    return here and not (person.is_deactivated or person.is_guest or person.is_bot)


def _named(people: PeopleRepository, policy: AccessPolicy) -> list[str]:
    """Everyone named for a right, directly or through a user group."""
    named = {user_id for right in NAMED_FOR for user_id in policy.holders(right)} - policy.all_groups
    members = people.members(policy.all_groups).values()
    return sorted(named.union(*(group.user_ids for group in members)))
