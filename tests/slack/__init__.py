"""Slack room tests."""
