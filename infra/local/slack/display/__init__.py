"""What Slack displays: messages, views and conversations rendered as plain text."""
