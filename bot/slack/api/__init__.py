"""Slack's Web API: calls, errors, and the scopes they need."""
