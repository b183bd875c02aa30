"""DynamoDB, its streams, KMS and Secrets Manager in this process (moto), served over real HTTP."""

import io
import json
import threading
import uuid
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

from starlette.responses import JSONResponse, Response

from infra.local.aws.table import TEMPLATE, create_table
from infra.local.http_server import HttpRequest, HttpServer, function_app

REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}

# moto keeps one state for the process, and its models are not safe for threads. So it handles one call at a time, from
# whichever server.
MOTO_LOCK = threading.Lock()
_ACCOUNT_SETTINGS = "/2016-08-19/account-settings"
"""The path of Lambda's GetAccountSettings, which moto does not implement."""
_READ_BODIES = {
    *("GetRecords", "Query"),
    *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"),
}
"""The operations that need more than moto's own answer."""


class EmbeddedAws:
    """The AWS services that the bot needs, at 127.0.0.1 on a free port, between `start` and `stop`.

    Calls run one at a time, so races between transactions do not show here.
    """

    def __init__(self) -> None:
        self._server: HttpServer | None = None
        self._moto: Any = None
        self._streams: Any = None
        self._tables: list[str] = []

    def start(self) -> Self:
        # Imported here because it takes about a second.
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        from infra.local.aws.moto_items import forget_instances
        from infra.local.aws.moto_tables import ReadStreams

        forget_instances()
        self._moto, self._streams = DomainDispatcherApplication(create_backend_app), ReadStreams(REGION)
        self._server = HttpServer(function_app(self._answer)).start()
        return self

    def stop(self) -> None:
        """Deletes the tables created here. Idempotent."""
        if self._server is None:
            return
        if self._tables:
            client = self.client("dynamodb")
            while self._tables:
                client.delete_table(TableName=self._tables.pop())
            client.close()
        self._server.stop()
        self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def endpoint_url(self) -> str:
        if self._server is None:
            raise LookupError("the embedded AWS is not started")
        return self._server.url

    def client(self, service: str) -> Any:
        return aws_client(service, self.endpoint_url)

    def create_table_and_key(self, template_path: Path = TEMPLATE) -> tuple[str, str]:
        """Creates the template's table and a KMS key. Returns the table's name and the key's id."""
        name = f"switchboard-{uuid.uuid4().hex[:8]}"
        client = self.client("dynamodb")
        create_table(client, template_path, name)
        client.close()
        self._tables.append(name)
        return name, self.create_key()

    def create_key(self) -> str:
        client = self.client("kms")
        key: str = client.create_key(Description="Switchboard on one machine")["KeyMetadata"]["KeyId"]
        client.close()
        return key

    def store_secrets(self, secrets: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """Stores each secret as one JSON object. Returns their ids by the same names."""
        client = self.client("secretsmanager")
        ids: dict[str, str] = {}
        for name, parts in secrets.items():
            secret = client.create_secret(Name=f"{name}-{uuid.uuid4().hex[:8]}", SecretString=json.dumps(parts))
            ids[name] = secret["ARN"]
        client.close()
        return ids

    def replace_secret(self, secret_id: str, parts: Mapping[str, Any]) -> None:
        client = self.client("secretsmanager")
        client.put_secret_value(SecretId=secret_id, SecretString=json.dumps(parts))
        client.close()

    def _answer(self, request: HttpRequest) -> Response:
        from werkzeug.test import run_wsgi_app

        from infra.local.aws.moto_tables import fast_tables

        if request.path.startswith(_ACCOUNT_SETTINGS):
            return JSONResponse({"AccountLimit": {"UnreservedConcurrentExecutions": 1000}})

        operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        body = json.loads(request.body) if operation in _READ_BODIES else {}
        with MOTO_LOCK, fast_tables(REGION, operation, body) as transaction:
            chunks, status, headers = run_wsgi_app(self._moto, _environ(request), buffered=True)
            response = Response(b"".join(chunks), int(status.partition(" ")[0]))
            if response.status_code >= 400:
                transaction.undo()
            elif operation == "GetRecords":
                self._streams.has_read_from(body["ShardIterator"])
        for name, value in headers:
            if name.lower() not in ("content-length", "date"):
                response.headers.append(name, value)
        return response


def aws_client(service: str, endpoint_url: str | None) -> Any:
    """A botocore client for a local endpoint, with made-up credentials and no retries. It times out after 10 s."""
    from botocore.config import Config

    return _session().create_client(
        service,
        region_name=REGION,
        endpoint_url=endpoint_url,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        config=Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 1}),
    )


@cache
def _session() -> Any:
    """One session for all clients, because reading a service's model is slow."""
    import botocore.session

    return botocore.session.Session()


def _environ(request: HttpRequest) -> dict[str, Any]:
    """The request as WSGI has it."""
    headers = {name.upper().replace("-", "_"): value for name, value in request.headers.items() if "_" not in name}
    variables = {f"HTTP_{name}": value for name, value in headers.items() if not name.startswith("CONTENT_")}
    return variables | {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(request.path, "latin-1"),
        "QUERY_STRING": request.query,
        "RAW_URI": f"{request.path}?{request.query}" if request.query else request.path,
        "REMOTE_ADDR": request.client,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": headers.get("CONTENT_TYPE", ""),
        "CONTENT_LENGTH": str(len(request.body)),
    }
