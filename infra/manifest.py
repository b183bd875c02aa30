"""Prints the Slack app's manifest as JSON, for "Create New App, From a manifest": `make manifest URL=…`.

`make manifest SOCKET_MODE=yes` is for an app without a public address.

The manifest uses the code's own commands and scopes, so the two cannot diverge.
Its format: https://docs.slack.dev/reference/app-manifest
"""

import argparse
import json
import re
import sys
from typing import Any
from urllib.parse import urlsplit

from bot.slack.api.workspace import SCOPES
from bot.slack.commands import COMMANDS
from bot.slack.shortcuts import SHORTCUTS

PATH = "/slack/events"
NAME = "Switchboard"
DESCRIPTION = "Manages our groups' carrier connections at Noyo: request, follow, retry, decide"


def manifest(url: str | None, command: str = "/noyo") -> dict[str, Any]:
    """`url` is the endpoint or the base URL of the API; None is for Socket Mode.

    Raises ValueError for a wrong URL or command.
    """
    address = None if url is None else endpoint(url)
    if not re.fullmatch(r"/[a-z0-9_-]{1,31}", command):
        raise ValueError("the command must be / and up to 31 lower-case letters, digits, - or _")
    return {
        "_metadata": {"major_version": 1},
        "display_information": {"name": NAME, "description": DESCRIPTION},
        "features": {
            # The tab with the bot's direct messages accepts no input.
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": NAME, "always_online": True},
            "shortcuts": [
                {
                    "name": shortcut.name,
                    "type": "message" if shortcut.on_message else "global",
                    "callback_id": callback_id,
                    "description": shortcut.description,
                }
                for callback_id, shortcut in SHORTCUTS.items()
            ],
            "slash_commands": [
                {
                    "command": command,
                    **({"url": address} if address else {}),
                    "description": DESCRIPTION,
                    "usage_hint": " | ".join(COMMANDS),
                    "should_escape": False,
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": [scope.name for scope in SCOPES]}},
        "settings": {
            # When somebody opens the App Home. The event needs no scope.
            "event_subscriptions": {**({"request_url": address} if address else {}), "bot_events": ["app_home_opened"]},
            # Buttons, forms, shortcuts and the options of the carrier field.
            "interactivity": {"is_enabled": True} | _request_urls(address),
            "org_deploy_enabled": False,
            "socket_mode_enabled": address is None,
            # It cannot be turned off again, and tokens would expire after twelve hours.
            "token_rotation_enabled": False,
        },
    }


def _request_urls(address: str | None) -> dict[str, str]:
    return {"request_url": address, "message_menu_options_url": address} if address else {}


def endpoint(url: str) -> str:
    """The endpoint for Slack, from its own URL or from the base URL of the API."""
    parts = urlsplit(url.strip())
    if parts.scheme != "https" or not parts.netloc:
        raise ValueError("Slack accepts only https URLs; use the stack's output SlackUrl")
    if parts.query or parts.fragment or parts.path not in ("", "/", PATH):
        raise ValueError(f"the URL must end with {PATH}, or have no path")
    return f"https://{parts.netloc}{PATH}"


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="make manifest", description="Prints the Slack app's manifest.")
    parser.add_argument("url", nargs="?", default="", help="https://…, the stack's output SlackUrl")
    parser.add_argument("--socket-mode", action="store_true", help="without a URL, for an app in Socket Mode")
    parser.add_argument("--command", default="/noyo", help="the slash command, as in SLACK_COMMAND")
    options = parser.parse_args(arguments)
    try:
        document = manifest(None if options.socket_mode else options.url, options.command)
    except ValueError as error:
        print(f"make manifest URL=https://… : {error}", file=sys.stderr)
        return 2
    print(json.dumps(document, indent=2, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
