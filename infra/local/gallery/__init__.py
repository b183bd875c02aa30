"""The gallery: every message, answer and form that the bot can show, from the bot's own view builders."""
