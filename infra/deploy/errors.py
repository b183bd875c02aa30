"""Errors of deploying and destroying."""


class DeployError(Exception):
    """Nothing was done, or not everything; the message says why and what to do."""
