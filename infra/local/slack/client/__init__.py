"""Simulates a Slack client: requests to the bot, forms and suggestions."""
