"""infra: `python -m infra.manifest URL`: the Slack app's manifest, for "Create New App, From a manifest", as JSON.

Made from the code's own commands and scopes, so that what Slack is told and what the code does cannot drift apart.
The form: https://docs.slack.dev/reference/app-manifest
"""

import argparse
import json
import re
import sys
from typing import Any
from urllib.parse import urlsplit

from bot.slack.api.scopes import SCOPES
from bot.slack.commands import COMMANDS

PATH = "/slack/events"
NAME = "Switchboard"
DESCRIPTION = "Runs our groups' carrier connections at Noyo: ask, follow, retry, decide"


def manifest(url: str, command: str = "/noyo") -> dict[str, Any]:
    """`url` is the door's whole address. ValueError says what is wrong with it or with the command."""
    address = door(url)
    if not re.fullmatch(r"/[a-z0-9_-]{1,31}", command):
        raise ValueError("the command must be / and up to 31 lower-case letters, digits, - or _")
    return {
        "_metadata": {"major_version": 1},
        "display_information": {"name": NAME, "description": DESCRIPTION},
        "features": {
            # Only the tab that shows people what the bot wrote to them; it reads nothing that they write.
            "app_home": {
                "home_tab_enabled": False,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": NAME, "always_online": True},
            "slash_commands": [
                {
                    "command": command,
                    "url": address,
                    "description": DESCRIPTION,
                    "usage_hint": " | ".join(COMMANDS),
                    "should_escape": False,
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": [scope.name for scope in SCOPES]}},
        "settings": {
            # Buttons and forms, and the carriers that a search field offers. No events: the bot listens to none.
            "interactivity": {
                "is_enabled": True,
                "request_url": address,
                "message_menu_options_url": address,
            },
            "org_deploy_enabled": False,
            "socket_mode_enabled": False,
            # Once on, it cannot be turned off, and a token would live for twelve hours.
            "token_rotation_enabled": False,
        },
    }


def door(url: str) -> str:
    """The address of the door, from that of the API or its own."""
    parts = urlsplit(url.strip())
    if parts.scheme != "https" or not parts.netloc:
        raise ValueError("Slack calls https addresses only; the stack's output SlackUrl is the one")
    if parts.query or parts.fragment or parts.path not in ("", "/", PATH):
        raise ValueError(f"the address must end with {PATH}, or name the API alone")
    return f"https://{parts.netloc}{PATH}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make manifest", description="Prints the Slack app's manifest.")
    parser.add_argument("url", help="https://…, the stack's output SlackUrl")
    parser.add_argument("--command", default="/noyo", help="the slash command, as in SLACK_COMMAND")
    asked = parser.parse_args(arguments)
    try:
        made = manifest(asked.url, asked.command)
    except ValueError as fault:
        print(f"make manifest URL=https://… : {fault}", file=sys.stderr)
        return 2
    print(json.dumps(made, indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
