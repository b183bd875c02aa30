"""Checks requests to Noyo, and answers from Noyo or a fake, against the project's description of Noyo's API."""

from infra.contract.contract import Contract, ContractBroken, MissingBody, contract

__all__ = ["Contract", "ContractBroken", "MissingBody", "contract"]
