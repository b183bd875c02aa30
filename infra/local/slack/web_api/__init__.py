"""Slack's Web API and response URLs, as the fake implements them."""
