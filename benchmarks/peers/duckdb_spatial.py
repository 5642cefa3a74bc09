"""The job with DuckDB and its spatial extension, from its package, offline.

Spatial joins, geometries that lie within a limit passed through uncut, and the limits cut along a grid first, as
DuckDB has no ST_Subdivide: to 8 km squares, then to 1 km squares (farmland is smaller than that). `--uncut` leaves them as they are.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import duckdb

from benchmarks.clock import LIMITS, Clock, by_town, job, report, write_outside

STEPS = (8_000, 1_000)
POLYGONS = "ST_CollectionExtract({}, 3)"
CUT = """
create or replace table {name}_next as
select key, {cut} as geom
from (
  select key, geom, ST_MakeEnvelope(i * {step}, j * {step}, (i + 1) * {step}, (j + 1) * {step}) as cell
  from (
    select key, geom, j,
      unnest(range(floor(ST_XMin(geom) / {step})::bigint, floor(ST_XMax(geom) / {step})::bigint + 1)) as i
    from (
      select key, geom,
        unnest(range(floor(ST_YMin(geom) / {step})::bigint, floor(ST_YMax(geom) / {step})::bigint + 1)) as j
      from {name}
    )
  )
) where ST_Intersects(geom, cell);
create or replace table {name} as select key, geom from {name}_next where not ST_IsEmpty(geom);
drop table {name}_next;
"""
PIECES = """
create table pairs as
select p.pid, t.key as town_id,
  case when ST_Within(p.geom, t.geom) then p.geom else {cut} end as geom
from parcels p join towns t on ST_Intersects(p.geom, t.geom);
create table pieces as
select row_number() over () as piece, pid, town_id, geom, ST_Area(geom) as area from (
  select pid, town_id, any_value(geom) as geom from pairs where not ST_IsEmpty(geom)
  group by pid, town_id having count(*) = 1
  union all
  select pid, town_id, ST_Union_Agg(geom) from pairs where not ST_IsEmpty(geom)
  group by pid, town_id having count(*) > 1
) where ST_Area(geom) > 0;
drop table pairs;
"""
WITHIN = """
create table in_{name} as
select p.piece, sum(case when ST_Within(p.geom, l.geom) then p.area
  else ST_Area(ST_Intersection(p.geom, l.geom)) end) as area
from pieces p join {name} l on ST_Intersects(p.geom, l.geom) group by p.piece;
"""
OUTSIDE = """
create table taken as
select p.piece, ST_Union_Agg(l.geom) as geom
from (select piece, geom from pieces semi join (
  select i.piece from in_expansion i join pieces q using (piece) where i.area > 0 and i.area < q.area
) using (piece)) p join expansion l on ST_Intersects(p.geom, l.geom) group by p.piece;
create table outside as select piece, pid, town_id, ST_Area(geom) as outside, geom from (
  select p.piece, p.pid, p.town_id,
    case when t.geom is null then p.geom else {cut} end as geom
  from pieces p left join in_expansion i using (piece) left join taken t using (piece)
  where i.area is null or i.area < p.area
) where ST_Area(geom) > 0;
"""
RESULT = """
select p.piece, p.pid, p.town_id, p.area, coalesce(e.area, 0) as expansion,
  coalesce(o.outside, 0) as outside, coalesce(f.area, 0) as farmland, coalesce(r.area, 0) as redline
from pieces p left join in_expansion e using (piece) left join outside o using (piece)
  left join in_farmland f using (piece) left join in_redline r using (piece)
"""


def connect() -> duckdb.DuckDBPyConnection:
    """DuckDB with the extension of the same version, out of the installed package."""
    spec = find_spec("duckdb_extension_spatial")
    if spec is None or spec.origin is None:
        raise SystemExit(f"duckdb-extension-spatial=={duckdb.__version__} is not installed")
    extension = (
        Path(spec.origin).parent / "extensions" / f"v{duckdb.__version__}" / "spatial.duckdb_extension"
    )
    if not extension.exists():
        raise SystemExit(f"duckdb {duckdb.__version__} needs duckdb-extension-spatial of the same version")
    db = duckdb.connect()
    db.execute(f"load '{extension}'")
    db.execute("set preserve_insertion_order = false")
    return db


def main() -> None:
    folder, out, path, number, options = job()
    clock = Clock()
    db = connect()
    cells = POLYGONS.format("ST_Intersection(geom, cell)")
    with clock.phase("read"):
        for name, file, key in [
            ("parcels", path, "pid"),
            ("towns", folder / "towns.parquet", "town_id as key"),
            *((name, folder / f"{name}.parquet", "id as key") for name in LIMITS),
        ]:
            # the blob is taken as it is: no cost of a geometry type with a CRS
            db.execute("set enable_geoparquet_conversion = false")
            db.execute(f"create table {name} as select {key}, ST_GeomFromWKB(geometry) as geom from '{file}'")
    if not options.uncut:
        with clock.phase("subdivide"):
            for name in ("towns", "expansion", "redline"):
                for step in STEPS:
                    db.execute(CUT.format(name=name, step=step, cut=cells))
    with clock.phase("towns"):
        db.execute(PIECES.format(cut=POLYGONS.format("ST_Intersection(p.geom, t.geom)")))
    for name in LIMITS:
        with clock.phase(name):
            db.execute(WITHIN.format(name=name))
    with clock.phase("difference"):
        db.execute(OUTSIDE.format(cut=POLYGONS.format("ST_Difference(p.geom, t.geom)")))
    with clock.phase("write"):
        db.execute(f"create table result as {RESULT}")
        db.execute(f"copy result to '{out / 'pieces.parquet'}' (format parquet, compression zstd)")
        write_outside(
            out / "outside.parquet",
            db.execute(
                "select pid, town_id, outside, ST_AsWKB(geom)::blob as geometry from outside"
            ).to_arrow_table(),
        )
        totals = by_town(db.execute("select * exclude (piece, pid) from result").df())
    tool = "duckdb, uncut" if options.uncut else "duckdb"
    report(tool, number, clock, totals, out, version=duckdb.__version__)


if __name__ == "__main__":
    main()
