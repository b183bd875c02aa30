"""Noyo's records, as frozen values. Times are Unix seconds."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field


def new_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Group:
    id: str
    version: str
    created: int
    modified: int
    organization_id: str
    name: str
    federal_ein: str | None = None
    dba_name: str | None = None
    sic_code: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Connection:
    id: str
    version: str
    created: int
    modified: int
    organization_id: str
    carrier_id: str
    group_id: str
    carrier_group_id: str
    group_name: str
    status: str = "created"
    request_type: str = "initial"
    completed: int | None = None
    setup_result: Mapping[str, object] = field(default_factory=dict)
    federal_ein: str | None = None
    broker_federal_ein: str | None = None
    broker_tin: str | None = None
    employer_email_address: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Disconnection:
    id: str
    version: str
    created: int
    modified: int
    organization_id: str
    carrier_id: str
    group_id: str
    group_name: str
    source_type: str
    source_id: str
    status: str
    source_date: str | None = None
    effective_end_date: str | None = None
    decided: int | None = None
    completed: int | None = None
    extra: Mapping[str, object] = field(default_factory=dict)
