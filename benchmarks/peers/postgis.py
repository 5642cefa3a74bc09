"""The job with PostGIS: its own server for the time of the run, limits cut by ST_Subdivide, everything indexed.

Nothing is written to a log, no sync, parallel queries. A limit's cut parts lie apart, so areas are sums over the
parts; only outlines that are wanted (the town pieces, the parts outside) are put together again.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.clock import LIMITS, Clock, by_town, job, report, write_outside

if TYPE_CHECKING:
    from collections.abc import Iterator

SETTINGS = {
    "shared_buffers": "1GB", "work_mem": "256MB", "maintenance_work_mem": "512MB", "effective_cache_size": "8GB",
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "wal_level": "minimal",
    "max_wal_senders": "0", "max_wal_size": "8GB", "autovacuum": "off", "jit": "off", "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "2", "parallel_setup_cost": "0", "parallel_tuple_cost": "0.001",
    "min_parallel_table_scan_size": "0", "listen_addresses": "",
}  # fmt: skip
CUT = """
create unlogged table {name}_cut as select {key}, st_subdivide(geom, 128) as geom from {name};
create index on {name}_cut using gist (geom);
analyze {name}_cut;
"""
PIECES = """
create unlogged table pairs as
select p.pid, t.town_id, case when st_coveredby(p.geom, t.geom) then p.geom
  else st_collectionextract(st_intersection(p.geom, t.geom), 3) end as geom
from parcels p join towns_cut t on st_intersects(p.geom, t.geom);
create unlogged table pieces as
select row_number() over () as piece, pid, town_id, geom, st_area(geom) as area from (
  select pid, town_id, case when count(*) = 1 then (array_agg(geom))[1] else st_union(geom) end as geom
  from pairs where not st_isempty(geom) group by pid, town_id
) as grouped where st_area(geom) > 0;
create index on pieces using gist (geom);
analyze pieces;
"""
WITHIN = """
create unlogged table in_{name} as select piece, sum(area) as {name} from (
  select p.piece, case when st_coveredby(p.geom, l.geom) then p.area
    else st_area(st_intersection(p.geom, l.geom)) end as area
  from pieces p join {name}_cut l on st_intersects(p.geom, l.geom)
) as parts group by piece;
analyze in_{name};
"""
OUTSIDE = """
create unlogged table outside as select piece, pid, town_id, st_area(geom) as outside, geom from (
  select p.piece, p.pid, p.town_id, case when i.{name} is null or i.{name} = 0 then p.geom else
    st_collectionextract(st_difference(p.geom,
      (select st_union(l.geom) from {name}_cut l where st_intersects(p.geom, l.geom))), 3) end as geom
  from pieces p left join in_{name} i using (piece) where i.{name} is null or i.{name} < p.area
) as parts where st_area(geom) > 0;
analyze outside;
"""
RESULT = """
select p.piece, p.pid, p.town_id, p.area, coalesce(e.expansion, 0), coalesce(o.outside, 0),
  coalesce(f.farmland, 0), coalesce(r.redline, 0)
from pieces p left join in_expansion e using (piece) left join outside o using (piece)
  left join in_farmland f using (piece) left join in_redline r using (piece)
"""


def programs() -> Path:
    """Folder of the newest PostgreSQL, of Debian's packages or on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    where = str(found[-1]) if found else shutil.which("initdb")
    if where is None:
        raise SystemExit("PostgreSQL is not installed: postgresql-15-postgis-3")
    return Path(where).parent


@contextmanager
def server() -> Iterator[tuple[psycopg.Connection, int]]:
    """A server of our own in a temporary folder, on a free port; stopped and removed at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = Path(tempfile.mkdtemp(prefix="postgis-"))
    other = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if other:
        shutil.chown(home, "postgres")
    run = [*other, str(programs() / "pg_ctl"), "-D", str(home / "data"), "-w", "-s"]
    options = " ".join(f"-c {key}={value or chr(39) * 2}" for key, value in SETTINGS.items())
    try:
        subprocess.run(
            [*run, "initdb", "-o", "--auth=trust --username=bench --encoding=UTF8 --locale=C"],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        subprocess.run(
            [*run, "-l", str(home / "log"), "-o", f"-p {port} -k {home} {options}", "start"], check=True
        )
        try:
            postmaster = int((home / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[0])
            with psycopg.connect(
                host=str(home), port=port, user="bench", dbname="postgres", autocommit=True
            ) as db:
                db.execute("create extension postgis")
                yield db, postmaster
        finally:
            subprocess.run([*run, "-m", "fast", "stop"], check=True)
    finally:
        shutil.rmtree(home, ignore_errors=True)


class Memory(threading.Thread):
    """Peak memory of the server, shared pages counted once (Linux)."""

    def __init__(self, postmaster: int) -> None:
        super().__init__(daemon=True)
        self.postmaster, self.peak, self.over = postmaster, 0.0, threading.Event()

    def run(self) -> None:
        """Look once a second."""
        while not self.over.wait(1):
            children = Path(f"/proc/{self.postmaster}/task/{self.postmaster}/children")
            total = 0.0
            for pid in [str(self.postmaster), *children.read_text(encoding="ascii").split()]:
                try:
                    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
                except OSError:
                    continue
                total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
            self.peak = max(self.peak, total / 1024)


def load(db: psycopg.Connection, name: str, path: Path, key: str) -> None:
    db.execute(f"create unlogged table {name} ({key} text, geom geometry)")
    copy = f"copy {name} from stdin (format binary)"
    with pq.ParquetFile(path) as file, db.cursor().copy(copy) as rows:
        rows.set_types(["text", "bytea"])
        for batch in file.iter_batches(8192, columns=[key, "geometry"]):
            ids, shapes = batch.column(0).to_pylist(), batch.column(1).to_pylist()
            for row in zip(ids, shapes, strict=True):
                rows.write_row(row)


def fetch(db: psycopg.Connection, query: str, types: list[str], names: list[str]) -> pa.Table:
    with db.cursor().copy(f"copy ({query}) to stdout (format binary)") as copy:
        copy.set_types(types)
        return pa.table(dict(zip(names, zip(*copy.rows(), strict=True), strict=True)))


def main() -> None:
    folder, out, path, number, _ = job()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the server is stopped then, too
    clock, begin = Clock(), time.perf_counter()
    with server() as (db, postmaster):
        memory = Memory(postmaster)
        memory.start()
        start = round(time.perf_counter() - begin, 3)
        with clock.phase("load"):
            load(db, "parcels", path, "pid")
            load(db, "towns", folder / "towns.parquet", "town_id")
            for name in LIMITS:
                load(db, name, folder / f"{name}.parquet", "id")
            db.execute("create index on parcels using gist (geom)")
            db.execute("analyze parcels")
        with clock.phase("subdivide"):
            for name, key in {"towns": "town_id", **dict.fromkeys(LIMITS, "id")}.items():
                db.execute(CUT.format(name=name, key=key))
        with clock.phase("towns"):
            db.execute(PIECES)
        for name in LIMITS:
            with clock.phase(name):
                db.execute(WITHIN.format(name=name))
        with clock.phase("difference"):
            db.execute(OUTSIDE.format(name="expansion"))
        with clock.phase("write"):
            names = ["piece", "pid", "town_id", "area", "expansion", "outside", "farmland", "redline"]
            pieces = fetch(db, RESULT, ["int8", "text", "text", *["float8"] * 5], names)
            pq.write_table(pieces, out / "pieces.parquet", compression="zstd")
            outside = fetch(
                db,
                "select pid, town_id, outside, st_asbinary(geom) from outside",
                ["text", "text", "float8", "bytea"],
                ["pid", "town_id", "outside", "geometry"],
            )
            write_outside(out / "outside.parquet", outside)
            totals = by_town(pd.DataFrame(pieces.drop_columns(["piece", "pid"]).to_pandas()))
        row = db.execute(
            "select current_setting('server_version') || ' / ' || postgis_lib_version()"
        ).fetchone()
        memory.over.set()
        memory.join()
    report(
        "postgis",
        number,
        clock,
        totals,
        out,
        server_mb=round(memory.peak),
        start=start,
        version=row[0] if row else "",
    )


if __name__ == "__main__":
    main()
