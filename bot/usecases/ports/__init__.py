"""Protocols for what the use cases need from outside; their values belong to the domain."""
