"""Slack's limits on blocks and views, and the messages Slack reports for violations."""
