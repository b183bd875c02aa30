"""Reads template.yaml to check and document the deployed stack."""
