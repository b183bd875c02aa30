"""Repositories: one for each kind of item in the table."""
