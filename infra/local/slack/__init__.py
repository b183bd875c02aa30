"""A fake Slack workspace: its Web API, its users and its limits, served over real HTTP."""

from infra.local.slack.client.users import Reply
from infra.local.slack.fake import SlackFake
from infra.local.slack.faults import Faults
from infra.local.slack.limits import Limits
from infra.local.slack.workspace import ApiCall, Message, NotPossible, View

__all__ = ["ApiCall", "Faults", "Limits", "Message", "NotPossible", "Reply", "SlackFake", "View"]
