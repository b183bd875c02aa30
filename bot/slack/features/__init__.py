"""Features: each one's command, form, click and submission."""
