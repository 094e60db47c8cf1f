"""`python3 -m emulated_aws`: emulated AWS on a loopback port, until it is terminated."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from . import postgres
from .server import Server


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m emulated_aws", description="Emulated AWS for two-region stacks.")
    parser.add_argument("--port", type=int, required=True, help="port on 127.0.0.1; 0 takes a free one")
    parser.add_argument("--ready-file", type=Path, help="file to write the port to once requests are answered")
    database = parser.add_mutually_exclusive_group()
    database.add_argument("--start-postgres", action="store_true", help="run a private PostgreSQL as Aurora's engine")
    database.add_argument("--postgres-dsn", help="libpq keywords (host=… user=…) of a server to use as Aurora's engine")
    arguments = parser.parse_args()

    # AWS's own policies, such as AWSBackupServiceRolePolicyForBackup, exist in moto only with it.
    os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    try:
        engine = postgres.Server() if arguments.start_postgres else arguments.postgres_dsn
    except (postgres.NotInstalled, postgres.SqlError) as error:
        print(error, file=sys.stderr)
        return 1
    with Server(arguments.port, engine) as server:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: server.stop())
        if arguments.ready_file:
            _write(arguments.ready_file, f"{server.port}\n")
        print(server.url, flush=True)
        server.serve()
    return 0


def _write(path: Path, text: str) -> None:
    # The port is readable as soon as the file exists.
    unfinished = path.with_name(path.name + ".tmp")
    unfinished.write_text(text)
    unfinished.replace(path)


sys.exit(main())
