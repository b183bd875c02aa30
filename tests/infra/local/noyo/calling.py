"""A client of the Noyo fake, and a clock that tests advance."""

from typing import Any

import httpx

from infra.local.noyo import NoyoFake

CARRIER = "c699414d-fd1c-4de4-86f0-66dfff2276c4"
OTHER_CARRIER = "8fac0992-933a-4743-8dab-0d606ef2569e"
NOWHERE = "00000000-0000-4000-8000-000000000000"


class Clock:
    """A clock in Unix seconds that advances only when a test says so."""

    def __init__(self, now: float = 1_700_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Caller:
    """Calls the fake over HTTP; fetches a token at the first call."""

    def __init__(self, noyo: NoyoFake, http: httpx.Client) -> None:
        self.noyo = noyo
        self.http = http
        self._token = ""

    def request_token(self, auth: Any = ("client", "secret"), **kwargs: Any) -> httpx.Response:
        body = {"json": {"grant_type": "client_credentials"}, **kwargs}
        return self.http.post(self.noyo.token_url, auth=auth, **body)

    def token(self) -> str:
        if not self._token:
            self._token = self.request_token().json()["access_token"]
        return self._token

    def send(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token()}", **kwargs.pop("headers", {})}
        return self.http.request(method, f"{self.noyo.api_url}/api/v1{path}", headers=headers, **kwargs)

    def get(self, path: str, **query: Any) -> httpx.Response:
        return self.send("GET", path, params=query)

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self.send("POST", path, json=body)

    def put(self, path: str, body: Any = None) -> httpx.Response:
        return self.send("PUT", path, **({} if body is None else {"json": body}))

    def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["response"])

    def ids(self, path: str, **query: Any) -> list[str]:
        return [row["id"] for row in self.rows(path, **query)]

    def request(self, carrier_group_id: str = "00110011", **overrides: Any) -> httpx.Response:
        return self.post("/group_connections", connection_request_body(carrier_group_id, **overrides))

    def disconnect(self, **overrides: Any) -> httpx.Response:
        """Request the disconnection of a new connected group, or of the group that `overrides` names."""
        body = {"carrier_id": CARRIER, "effective_end_date": "2025-01-31", **overrides}
        if "group_id" not in body:
            body["group_id"] = self.noyo.add_connection(carrier_id=CARRIER)["group_id"]
        body = {name: value for name, value in body.items() if value is not None}
        return self.post("/group_disconnection_requests", body)


def connection_request_body(carrier_group_id: str = "00110011", **overrides: Any) -> dict[str, Any]:
    """The body of a connection request for a new group."""
    data = {"carrier_group_id": carrier_group_id, "group_name": "Test Company"}
    return {"carrier_id": CARRIER, "federal_ein": "123456789", "group_data": data, **overrides}


def request_from_carrier(noyo: NoyoFake, **overrides: Any) -> dict[str, Any]:
    group = noyo.add_connection(carrier_id=CARRIER)
    body = {"carrier_id": CARRIER, "group_id": group["group_id"], "group_name": "Test Company"}
    return noyo.carrier_requests_disconnection(**{**body, **overrides})
