"""PostgreSQL with all of its usual logging on: connections, statements, checkpoints, locks, mistakes, restarts."""

from __future__ import annotations

import random
import re
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import psycopg

from bench.patterns.produce_nginx import _free

BIN = Path("/usr/lib/postgresql/15/bin")
CONF = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
log_line_prefix = '@%p '
log_min_messages = info
log_connections = on
log_disconnections = on
log_checkpoints = on
log_lock_waits = on
deadlock_timeout = 100ms
log_autovacuum_min_duration = 0
autovacuum_naptime = 1
autovacuum_vacuum_threshold = 5
log_temp_files = 0
work_mem = 64kB
log_min_duration_statement = {slow}
log_statement = ddl
statement_timeout = 700
max_connections = 15
max_wal_size = 32MB
checkpoint_timeout = 30
fsync = off
"""
TABLES = ["orders", "items", "customers", "payments"]
MISTAKES = [
    "SELECT * FROM {word}", "SELECT {word} FROM orders", "SELEC 1", "SELECT 1/0", "INSERT INTO orders VALUES ({n}, 'x')",
    "SELECT {word}({n})", "SELECT '{word}'::int", "SELECT CAST('{n}x' AS date)", "INSERT INTO items (id) VALUES (NULL)",
    "INSERT INTO items (id, order_id) VALUES ({n}, {n}00000)", "SET nothing = {n}", "SELECT pg_sleep(2)",
    "DROP TABLE {word}", "CREATE TABLE orders (id int)", "ROLLBACK", "BEGIN; BEGIN; ROLLBACK", "SELECT 'open", "SELECT (1",
    "UPDATE items SET amount = {n}{n}{n}{n}", "SELECT repeat('x', 10) || {n} +", "GRANT ALL ON orders TO {word}",
    "SELECT array[1,2][1:{n}] + 1", "SELECT '{{bad json'::json", "SELECT to_timestamp('x', 'y{n}')", "SELECT '{n}'::uuid",
    "DO $$ BEGIN RAISE WARNING 'stock of % is low: %', {n}, 'shelf'; END $$", "DROP TABLE IF EXISTS {word}",
    "DO $$ BEGIN RAISE EXCEPTION 'payment {n} refused by {word}'; END $$", "SELECT * FROM generate_series(1, 20000) s ORDER BY random()",
]  # fmt: skip
GOOD = [
    "SELECT count(*) FROM orders", "UPDATE orders SET note = '{word}' WHERE id = {n}", "DELETE FROM items WHERE id = {n}",
    "CREATE TABLE t{n} (id int)", "CREATE INDEX ON items (amount)", "ALTER TABLE items ALTER amount SET DEFAULT {n}",
    "VACUUM orders", "ANALYZE items", "CHECKPOINT", "SELECT name, sum(amount) FROM items JOIN customers USING (id) GROUP BY name",
]  # fmt: skip
WORDS = ["Anna", "invoice", "basket", "nothing", "shelf", "ledger", "coupon", "stock"]


def lines(folder: Path, chance: random.Random) -> list[str]:
    """Lines of the server's log."""
    shutil.chown(folder, "postgres")
    data, log, port = folder / "data", folder / "log", _free()
    log.touch()
    shutil.chown(log, "postgres")
    as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    subprocess.run([*as_user, BIN / "initdb", "-D", data, "-A", "trust", "-U", "shop"], check=True, capture_output=True)
    for turn in range(3):
        with (data / "postgresql.conf").open("a") as conf:
            conf.write(CONF.format(port=port, slow=0 if turn == 1 else 60))
        hba = "local all all trust\nhost all stranger 127.0.0.1/32 reject\nhost all clerk 127.0.0.1/32 scram-sha-256\nhost shop,postgres shop 127.0.0.1/32 trust\n"
        (data / "pg_hba.conf").write_text(hba)
        with (
            log.open("a") as out,
            subprocess.Popen([*as_user, BIN / "postgres", "-D", data], stderr=out, stdout=out) as server,
        ):
            time.sleep(1.5)
            _use(port, chance, turn)
            if turn == 0:
                with (data / "postgresql.conf").open("a") as conf:
                    conf.write("work_mem = '1MB'\nshared_buffers = 64MB\nnonsense = 1\n")
                server.send_signal(signal.SIGHUP)
                time.sleep(0.5)
                text = (data / "postgresql.conf").read_text().replace("nonsense = 1\n", "")
                (data / "postgresql.conf").write_text(text)
            server.send_signal([signal.SIGINT, signal.SIGQUIT, signal.SIGTERM][turn])
    # What a client said, which PostgreSQL repeats below a mistake, is no message of its own.
    records = re.split(r"^@\d+ (\w+): +|^\S+ \S+ UTC \[\d+\] (\w+): +", log.read_text(errors="replace"), flags=re.M)
    pieces = zip(records[1::3], records[2::3], records[3::3], strict=True)
    return [text.split("\n\t")[0].strip() for one, two, text in pieces if (one or two) not in ("STATEMENT", "QUERY")]


def _use(port: int, chance: random.Random, turn: int) -> None:
    at = f"host=127.0.0.1 port={port} "
    with psycopg.connect(at + "user=shop dbname=postgres", autocommit=True) as first:
        if turn == 0:
            first.execute("CREATE DATABASE shop")
            first.execute("CREATE ROLE clerk LOGIN PASSWORD 'x'")
            first.execute("CREATE ROLE stranger LOGIN")
    with psycopg.connect(at + "user=shop dbname=shop", autocommit=True) as made:
        if turn == 0:
            made.execute("CREATE TABLE orders (id int PRIMARY KEY, note text CHECK (note <> 'x'))")
            made.execute("CREATE TABLE items (id int PRIMARY KEY, order_id int REFERENCES orders, amount int)")
            made.execute("CREATE TABLE customers (id int, name text)")
            made.execute("INSERT INTO orders SELECT n, 'note ' || n FROM generate_series(1, 500) n")
            made.execute("INSERT INTO items SELECT n, n, n FROM generate_series(1, 500) n")
            made.execute("INSERT INTO customers SELECT n, 'name ' || n FROM generate_series(1, 500) n")
    for step in range(140):
        who = chance.choice(["user=shop dbname=shop"] * 9 + ["user=stranger dbname=shop", "user=clerk password=y dbname=shop",
              "user=nobody dbname=shop", "user=shop dbname=missing", f"user={chance.choice(WORDS)} dbname=postgres"])  # fmt: skip
        try:
            with psycopg.connect(
                at + who + f" application_name={chance.choice(['web', 'worker', 'psql'])}", autocommit=True
            ) as client:
                for _ in range(chance.randrange(1, 6)):
                    text = chance.choice(MISTAKES + GOOD).format(word=chance.choice(WORDS), n=chance.randrange(1, 400))
                    try:
                        client.execute(text)
                    except psycopg.Error:
                        pass
        except psycopg.Error:
            pass
        if step % 20 == 5:
            _lock(at, step % 40 == 5)
        if step == 77:
            crowd = []
            try:
                crowd += [psycopg.connect(at + "user=shop dbname=shop") for _ in range(20)]
            except psycopg.Error:
                pass
    with psycopg.connect(at + "user=shop dbname=shop", autocommit=True) as last:
        last.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'shop'"
        )
        last.execute("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'")


def _lock(at: str, deadlock: bool) -> None:
    """Two clients that wait for each other, or one that waits too long."""

    def hold(first: int, second: int, pause: float) -> None:
        try:
            with psycopg.connect(at + "user=shop dbname=shop") as client:
                client.execute("UPDATE orders SET note = 'a' WHERE id = %s", [first])
                time.sleep(pause)
                client.execute("UPDATE orders SET note = 'b' WHERE id = %s", [second])
        except psycopg.Error:
            pass

    pairs = [(1, 2), (2, 1)] if deadlock else [(1, 3), (1, 4)]
    threads = [threading.Thread(target=hold, args=(*pair, 0.3)) for pair in pairs]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
