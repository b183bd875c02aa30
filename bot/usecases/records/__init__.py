"""Ingest Noyo's records: polling, refreshes and answers to our own calls."""
