"""Views: messages and modals rendered as Block Kit."""
