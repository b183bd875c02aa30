"""What a Slack client does for its user: requests to the bot, forms, suggestions."""
