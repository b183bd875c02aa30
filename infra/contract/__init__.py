"""infra/contract: whether a request to Noyo, and an answer of whoever plays Noyo, is as the contract says."""

from infra.contract.contract import Contract, ContractBroken

__all__ = ["Contract", "ContractBroken"]
