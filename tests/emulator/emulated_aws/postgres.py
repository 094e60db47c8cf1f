"""A private PostgreSQL server, and statements with named parameters run on it through psql.

Run as a script this file starts a server, prints its connection string, and stops it when standard input ends. `Server`
does that in a child, so that the server also goes when its owner is killed.
"""

from __future__ import annotations

import csv
import io
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

# PostgreSQL refuses to run as root.
UNPRIVILEGED_ACCOUNTS = ("postgres", "nobody")

# Quoted text and casts come first, so that a colon inside them is left alone.
_PARAMETER = re.compile(r"""'(?:[^']|'')*'|"[^"]*"|\$(\w*)\$.*?\$\1\$|::|:(?P<name>[A-Za-z_]\w*)""", re.DOTALL)
_NULL = "\x01"


class NotInstalled(Exception):
    """A program of PostgreSQL was not found."""


class SqlError(Exception):
    """PostgreSQL or psql refused; the message is psql's."""


@dataclass(frozen=True)
class Literal:
    """An SQL expression to use as it stands: NULL, a number, TRUE."""

    sql: str


@dataclass(frozen=True)
class Text:
    """A string, quoted by psql and then cast to an SQL type."""

    value: str
    sql_type: str = "varchar"


@dataclass(frozen=True)
class Result:
    """Rows of strings (None is NULL), or how many rows a command without any changed."""

    columns: list[str]
    rows: list[list[str | None]]
    changed: int


class Server:
    """A server with a data directory of its own, reached by a Unix socket only."""

    def __init__(self) -> None:
        """Raises NotInstalled without PostgreSQL, SqlError when it does not start."""
        find_program("initdb")
        self._supervisor = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.dsn = self._supervisor.stdout.readline().strip()
        if not self.dsn:
            self.stop()
            raise SqlError("the PostgreSQL server did not start")

    def stop(self) -> None:
        self._supervisor.stdin.close()
        self._supervisor.wait()
        self._supervisor.stdout.close()


def is_installed() -> bool:
    """Whether the programs of a server are on this machine."""
    try:
        find_program("initdb")
    except NotInstalled:
        return False
    return True


def find_program(name: str) -> str:
    """On PATH, else where Debian keeps the server's programs, else where pg_config says."""
    if found := shutil.which(name):
        return found
    candidates = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    if pg_config := shutil.which("pg_config"):
        bindir = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=True).stdout.strip()
        candidates.append(Path(bindir) / name)
    for candidate in candidates:
        if candidate.exists():
            return str(candidate)
    raise NotInstalled(f"{name} not found: install PostgreSQL")


def execute(dsn: str, sql: str, parameters: dict[str, Literal | Text] | None = None) -> Result:
    """Runs one statement in which `:name` stands for a parameter; raises SqlError when it is refused."""
    parameters = parameters or {}
    variables = {name: value.value for name, value in parameters.items() if isinstance(value, Text)}

    def place(match: re.Match[str]) -> str:
        match parameters.get(match["name"]):
            case Text(sql_type=sql_type):
                return f"CAST(:'{match['name']}' AS {sql_type})"
            case Literal(sql=literal):
                return literal
            case _:
                return match[0]

    run = subprocess.run(
        [
            *(find_program("psql"), "--no-psqlrc", "--quiet", "--csv", "--dbname", dsn, "--pset", f"null={_NULL}"),
            *(argument for name, value in variables.items() for argument in ("--set", f"{name}={value}")),
            *("--set", "ON_ERROR_STOP=1", "--file", "-"),
        ],
        input=_PARAMETER.sub(place, sql) + "\n;\n\\echo :ROW_COUNT\n",
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise SqlError(run.stderr.strip())
    return _parse(run.stdout)


def _parse(output: str) -> Result:
    *table, count = csv.reader(io.StringIO(output))
    if not table:
        return Result([], [], int(count[0]))
    rows = [[None if value == _NULL else value for value in line] for line in table[1:]]
    return Result(table[0], rows, 0)


def _run_until_end_of_input() -> None:
    # A signal to the whole process group must not end this process before it has stopped the server.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    account = _unprivileged_account()
    with tempfile.TemporaryDirectory(prefix="emulated-aurora-") as directory:
        if account:
            os.chown(directory, account.pw_uid, account.pw_gid)

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [find_program(program), *arguments],
                cwd=directory,
                env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                check=True,
            )

        data = f"{directory}/data"
        run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", f"--pgdata={data}")
        options = f"-c listen_addresses='' -c unix_socket_directories={directory} -c fsync=off -c max_connections=200"
        run("pg_ctl", "start", "--wait", f"--pgdata={data}", f"--log={directory}/log", f"--options={options}")
        try:
            print(f"host={directory} user=postgres dbname=postgres", flush=True)
            sys.stdin.read()
        finally:
            run("pg_ctl", "stop", f"--pgdata={data}", "--mode=immediate")


def _unprivileged_account() -> pwd.struct_passwd | None:
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in UNPRIVILEGED_ACCOUNTS:
        if name in known:
            return known[name]
    raise NotInstalled(f"PostgreSQL does not run as root: an account of {', '.join(UNPRIVILEGED_ACCOUNTS)} is needed")


if __name__ == "__main__":
    _run_until_end_of_input()
