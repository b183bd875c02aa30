"""A page that looks and behaves like Slack, on top of the Slack fake: for trying the bot in a browser."""
