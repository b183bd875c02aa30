"""Switchboard: a Slack bot that runs employer groups' carrier connections through Noyo."""

__version__ = "0.1.0"
