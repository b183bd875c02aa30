"""infra/deploy: why nothing was done, or not all of it."""


class NotDone(Exception):
    """Says why, and what to do."""
