"""infra/local: DynamoDB, its streams, KMS and Secrets Manager in this process, over real HTTP."""

import io
import json
import threading
import uuid
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from .listening import Listener, Request, Response
from .table import TEMPLATE, create_table

REGION = "us-east-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}

# The engine's state is one for the process, and a cancelled transaction puts the whole table back as it was when it
# began, other threads' acknowledged writes with it: so one call at a time, whichever server it came through.
_ONE_AT_A_TIME = threading.Lock()


class EmbeddedAws:
    """The AWS that the bot needs, on 127.0.0.1 at a free port, while the block runs.

    The engine (moto) is no judge of races: there is one lock around every call.
    """

    def __init__(self) -> None:
        self._listener: Listener | None = None
        self._app: Any = None
        self._tables: list[str] = []

    def start(self) -> Self:
        # Loaded here: it takes about a second, and only who starts it should wait for it.
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        _share_what_never_changes()
        self._app = DomainDispatcherApplication(create_backend_app)
        self._listener = Listener(self._answer)
        self._listener.__enter__()
        return self

    def stop(self) -> None:
        """Idempotent; the tables that were created here go."""
        if self._listener is None:
            return
        if self._tables:
            client = self.client("dynamodb")
            while self._tables:
                client.delete_table(TableName=self._tables.pop())
            client.close()
        self._listener.__exit__()
        self._listener = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def endpoint_url(self) -> str:
        if self._listener is None:
            raise LookupError("the embedded AWS is not started")
        return self._listener.url

    def client(self, service: str) -> Any:
        return aws_client(service, self.endpoint_url)

    def create(self, template_path: Path = TEMPLATE) -> tuple[str, str]:
        """Makes the template's table and a key; the table's name and the key's id."""
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

    def keep_secrets(self, secrets: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        """Keeps each as one JSON object; the ids that they have here, by the same names."""
        client = self.client("secretsmanager")
        ids: dict[str, str] = {}
        for name, parts in secrets.items():
            made = client.create_secret(Name=f"{name}-{uuid.uuid4().hex[:8]}", SecretString=json.dumps(parts))
            ids[name] = made["ARN"]
        client.close()
        return ids

    def replace_secret(self, secret_id: str, parts: Mapping[str, Any]) -> None:
        client = self.client("secretsmanager")
        client.put_secret_value(SecretId=secret_id, SecretString=json.dumps(parts))
        client.close()

    def _answer(self, request: Request) -> Response:
        from werkzeug.test import run_wsgi_app

        with _ONE_AT_A_TIME:
            if (request.header("X-Amz-Target") or "").endswith(".GetRecords"):
                _read_the_table_that_is(json.loads(request.body)["ShardIterator"])
            chunks, status, headers = run_wsgi_app(self._app, _environ(request), buffered=True)
            body = b"".join(chunks)
        kept = tuple((name, value) for name, value in headers if name.lower() != "content-length")
        return Response(int(status.partition(" ")[0]), kept, body)


def aws_client(service: str, endpoint_url: str | None) -> Any:
    """A botocore client for the embedded engines: made-up credentials, and an answer within 10 s or an error."""
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
    """One for all clients here, since reading what botocore knows of a service is what takes long."""
    import botocore.session

    return botocore.session.Session()


def _environ(request: Request) -> dict[str, Any]:
    parts = urlsplit(request.target)
    headers = {name.upper().replace("-", "_"): value for name, value in request.headers if "_" not in name}
    told = {f"HTTP_{name}": value for name, value in headers.items() if not name.startswith("CONTENT_")}
    return told | {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parts.path, "latin-1"),
        "QUERY_STRING": parts.query,
        "RAW_URI": request.target,
        "REMOTE_ADDR": request.client,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": headers.get("CONTENT_TYPE", ""),
        "CONTENT_LENGTH": str(len(request.body)),
    }


def _read_the_table_that_is(iterator_id: str) -> None:
    """A cancelled transaction leaves iterators on the discarded table, where what it undid can still be read."""
    from moto.dynamodbstreams.models import dynamodbstreams_backends

    for backends in dynamodbstreams_backends.values():
        for backend in backends.values():
            iterator = backend.shard_iterators.get(iterator_id)
            table = backend.dynamodb.tables.get(iterator.stream_shard.table.name) if iterator else None
            if iterator is not None and table is not None and table.stream_shard is not None:
                iterator.stream_shard = table.stream_shard


def _share_what_never_changes() -> None:
    """Each transaction copies the whole table in case it is cancelled; the stream's past need not be copied with it.

    Records are written once and never changed, and without this a transaction takes longer with each write ever made.
    """
    from moto.dynamodb.models.table import StreamRecord

    StreamRecord.__deepcopy__ = _itself  # type: ignore[attr-defined]


def _itself(record: object, memo: dict[int, Any]) -> object:
    return record
