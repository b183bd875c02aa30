"""Slack room: Slack's language stops here."""
