"""Publish outbox events to Slack: cards, alerts, reminders and replies."""
