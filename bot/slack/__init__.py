"""Slack's language stops here."""
