"""The programs that look around in a container, run here as they run there: by `python3 -c`, on their own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from suites.running_cluster import needs_linux
from wherry.method.inside import source
from wherry.method.inside.peers import address_of, hosts_in

pytestmark = needs_linux


def look(program: str, *arguments: str, cwd: Path | None = None, **env: str) -> object:
    argv = [sys.executable, "-S", "-c", source(program), *arguments]
    done = subprocess.run(
        argv, capture_output=True, text=True, check=True, cwd=cwd, env={"PATH": os.environ["PATH"], **env}
    )
    return json.loads(done.stdout.splitlines()[-1])


class Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(200)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer(201)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()


def test_imports_that_lead_nowhere_are_found_also_inside_of_functions(tmp_path: Path) -> None:
    package = tmp_path / "shop"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "fine.py").write_text("import json\ntry:\n    import nothing_a\nexcept ImportError:\n    pass\n")
    (package / "broken.py").write_text("import nothing_b\n")
    (package / "later.py").write_text(
        "import subprocess\ndef f():\n    import nothing_c\n    subprocess.run(['nothing-d', 1])\n"
    )
    (package / "__main__.py").write_text("raise SystemExit(3)\n")
    found = look("imports", cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert isinstance(found, dict)
    assert found["fine"] == ["shop", "shop.fine", "shop.later"]
    assert [entry[0] for entry in found["missing"]] == ["shop.broken"]
    assert found["later"] == [["shop.broken", "nothing_b"], ["shop.later", "nothing_c"]]
    assert found["programs"] == [["shop.later", "nothing-d"]]


def shop(folder: Path, text: str) -> dict[str, list[list[str]]]:
    """What is found missing of a package with one file."""
    package = folder / "shop"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "app.py").write_text(text)
    found = look("imports", cwd=folder, PYTHONPATH=str(folder))
    assert isinstance(found, dict)
    return {key: found[key] for key in ("missing", "later", "programs")}


@pytest.mark.parametrize(
    ("line", "programs"),
    [
        ("uvicorn.run('shop.app:app')", []),
        ("app.run('0.0.0.0')", []),
        ("self.call('GET')", []),
        ("subprocess.run(['nothing-a', '-v'])", ["nothing-a"]),
        ("subprocess.run('nothing-a -v', shell=True)", ["nothing-a"]),
        ("subprocess.run(args=['nothing-a'])", ["nothing-a"]),
        ("Popen(['nothing-a'])", ["nothing-a"]),
        ("os.system('nothing-a | sort')", ["nothing-a"]),
        ("os.system('nothing-a; sort')", ["nothing-a"]),
        ("os.system('A=x B=1 nothing-a -v')", ["nothing-a"]),
        ("os.system('A=x')", []),
        ("os.system('cd /app && ls')", []),
        ("os.system('export A=x')", []),
        ("os.system('ulimit -n 100')", []),
        ("os.system('$HOME/bin/tool')", []),
        ("subprocess.run(['unset'])", ["unset"]),
        ("shutil.which('nothing-a') and subprocess.run(['nothing-a'])", []),
    ],
)
def test_only_what_starts_a_program_is_taken_for_that(tmp_path: Path, line: str, programs: list[str]) -> None:
    head = "import os, shutil, subprocess\nfrom subprocess import Popen\n"
    found = shop(tmp_path, f"{head}def start(self, app, uvicorn):\n    {line}\n")
    assert found["programs"] == [["shop.app", program] for program in programs]


@pytest.mark.parametrize(
    ("condition", "is_missed"),
    [
        ("sys.version_info < (3, 11)", False),
        ("sys.platform == 'win32'", False),
        ("sys.platform.startswith('win')", False),
        ("os.name == 'nt'", False),
        ("system() == 'Windows'", False),
        ("not sys.argv", True),
    ],
)
def test_an_import_for_another_system_is_not_missed(tmp_path: Path, condition: str, is_missed: bool) -> None:
    head = "import os, sys\nfrom platform import system\n"
    found = shop(tmp_path, f"{head}def later():\n    if {condition}:\n        import nothing_a\n")
    assert found["later"] == ([["shop.app", "nothing_a"]] if is_missed else [])


def test_a_file_for_windows_is_not_missed(tmp_path: Path) -> None:
    found = shop(tmp_path, "import winreg\ndef later():\n    import msvcrt\n")
    assert found == {"missing": [], "later": [], "programs": []}


def test_files_are_listed_read_behind_what_was_known_and_deleted(tmp_path: Path) -> None:
    path = tmp_path / "app.log"
    path.write_text("one\ntwo\n")
    listed = look("files", "list", str(tmp_path))
    assert isinstance(listed, dict)
    assert listed[str(path)][0] == 8
    assert look("files", "tail", "4", str(path)) == "two\n"
    assert look("files", "delete", str(path), str(tmp_path / "nothing")) == 1
    assert not path.exists()


def test_a_file_that_is_open_for_writing_is_found_also_when_it_is_deleted(tmp_path: Path) -> None:
    path = tmp_path / "hidden.log"
    with path.open("w") as file:
        file.write("line\n")
        file.flush()
        path.unlink()
        listed = look("files", "list", str(tmp_path))
    assert isinstance(listed, dict)
    assert listed[str(path)][0] == 5


def test_who_listens_is_named(server: int) -> None:
    rows = look("listeners")
    assert isinstance(rows, list)
    (row,) = [row for row in rows if row[0] == server]
    assert row[1] is False
    assert row[2]


def connect(server: int) -> socket.socket:
    """A connection from a port that the kernel remembers of nobody: other tests' servers on this machine are gone."""
    lines = [line for table in ("tcp", "tcp6") for line in Path("/proc/net", table).read_text().splitlines()[1:]]
    remembered = {int(line.split()[2].rpartition(":")[2], 16) for line in lines}
    while True:
        connection = socket.create_connection(("127.0.0.1", server))
        if connection.getsockname()[1] not in remembered:
            return connection
        connection.close()


def test_peers_are_those_that_were_called_and_hosts_those_that_settings_name(server: int) -> None:
    with connect(server) as connection:
        found = look("peers", "0.05", "URL", "PORT", "NOTHING", URL=f"http://localhost:{server}/x", PORT="8080")
        own = connection.getsockname()[1]
    assert isinstance(found, dict)
    assert ["127.0.0.1", server] in found["peers"]
    assert own not in [port for _, port in found["peers"]]
    assert list(found["declared"]) == ["localhost"]


@pytest.mark.parametrize(
    ("about", "text", "hosts"),
    [
        ("BROKERS", "k0.x:9092,k1.x:9092", ["k0.x", "k1.x"]),
        ("REDIS_HOSTS", "redis-a redis-b;10.0.0.7:6379", ["redis-a", "redis-b", "10.0.0.7"]),
        ("MQ", "amqp://ana:p,w@mq-0:5672,amqp://ana:p/w@mq-1:5672/x", ["mq-0", "mq-1"]),
        ("DB", "mongodb://ana:pw@m0:27017,m1.x/shop?replicaSet", ["m0", "m1.x"]),
        ("DB", "jdbc:postgresql://db.prod:5432/x", ["db.prod"]),
        ("CACHE", "redis://cache", ["cache"]),
        ("DSN", "host=db port=5432", ["host", "db", "port"]),
        ("K", '["k0:9092", "k1:9092"]', ["k0", "k1"]),
        ("", "  host: redis", ["redis"]),
        ("X", "http://[fd00::1]:80/x", ["fd00::1"]),
        ("REDIS", "Orders-DB.", ["orders-db"]),
        ("CONFIG", '{"host": "redis", "n": 3}', ["redis"]),
        ("GREETING", "hello from dev", []),
        ("PORT", "8080", []),
        ("RATIO", "1.5", []),
        ("PATHS", "/", []),
        ("X", "-----", []),
        ("X", "a" * 300, []),
        ("X", "", []),
    ],
)
def test_each_address_is_taken_out_of_a_setting_and_no_other_word(about: str, text: str, hosts: list[str]) -> None:
    found = hosts_in(text, about)
    assert [host for host in hosts if host not in found] == []
    assert hosts or found == []


def test_an_address_in_a_list_or_in_a_mounted_file_is_named_by_the_settings(tmp_path: Path) -> None:
    (tmp_path / "app.ini").write_text("[cache]\naddress = 127.0.0.3:6379\n")
    found = look("peers", "0", "BROKERS", "NOTHING", "--", str(tmp_path), BROKERS="127.0.0.1:1,localhost:2 127.0.0.2")
    assert isinstance(found, dict)
    assert {*found["declared"]} >= {"127.0.0.1", "127.0.0.2", "127.0.0.3", "localhost"}
    assert found["declared"]["127.0.0.3"] == ["127.0.0.3"]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("0100007F", "127.0.0.1"),
        ("0000000000000000FFFF00000100007F", "127.0.0.1"),
        ("00000000000000000000000001000000", "::1"),
    ],
)
def test_addresses_are_read_as_the_kernel_writes_them(text: str, address: str) -> None:
    assert address_of(text) == address


def test_a_file_that_is_younger_than_the_service_has_changed(tmp_path: Path) -> None:
    (tmp_path / "old.py").touch()
    os.utime(tmp_path / "old.py", (0, 0))
    (tmp_path / "new.py").touch()
    (tmp_path / "new.pyc").touch()
    os.utime(tmp_path / "new.py", (2**32, 2**32))
    assert look("changes", str(tmp_path)) == [str(tmp_path / "new.py")]


def test_a_slow_request_is_sent_in_two_halves_and_its_status_is_said(server: int) -> None:
    assert look("slow_request", "127.0.0.1", str(server), "POST", "/x", '{"item": 1}', "0.05") == {
        "status": 201,
        "why": "",
    }
    found = look("slow_request", "127.0.0.1", "1", "POST", "/x", "{}", "0")
    assert isinstance(found, dict)
    assert found["status"] == 0


def test_requests_are_counted(server: int) -> None:
    found = look("requests", "0.1", "2", str(server), "/x", "127.0.0.1")
    assert isinstance(found, dict)
    assert (found["answered"] > 5, found["failed"]) == (True, 0)


def test_an_address_is_reached_or_not(server: int) -> None:
    assert look("reach", "127.0.0.1", str(server)) is True
    assert look("reach", "127.0.0.1", "1") is False


def test_packets_are_counted() -> None:
    assert isinstance(look("traffic"), int)
