-- The figures of test_municipal_plan.py in PostGIS, on the plane and on the ellipsoid (geography, geodesic edges).
-- Load first: ogr2ogr -f PostgreSQL PG:dbname=plan municipal-plan.gpkg -lco GEOMETRY_NAME=geom -nlt PROMOTE_TO_MULTI
create temp table land as
  select st_union(st_makevalid(geom)) as geom from (
    select geom from fp_bebauungsflaeche union all select geom from fp_gemeinbedarf
    union all select geom from fp_verentsorgung union all select geom from fp_strassenverkehr
    union all select geom from so_strassenverkehrsrecht) as parcel;
create temp table drawn as
  select sum(st_area(geom)) as area from (
    select geom from fp_bebauungsflaeche union all select geom from fp_gemeinbedarf
    union all select geom from fp_verentsorgung union all select geom from fp_strassenverkehr
    union all select geom from so_strassenverkehrsrecht) as parcel;
create temp table limits as
  select name, st_union(st_makevalid(geom)) as geom from (
    select 'permitted' as name, geom from fp_bebauungsflaeche
    union all select 'permitted', geom from fp_gemeinbedarf
    union all select 'conditional', geom from fp_gruen
    union all select 'restricted', geom from fp_landwirtschaft
    union all select 'restricted', geom from fp_waldflaeche
    union all select 'forbidden', geom from so_schutzgebietnaturschutzrecht where artderfestlegung::text = '1300'
    union all select 'farmland', geom from fp_landwirtschaft
    union all select 'redline', geom from so_schutzgebietnaturschutzrecht) as feature
  group by name;
insert into limits
  select 'no_zone', st_difference((select geom from fp_plan), st_union(geom)) from limits
  where name in ('permitted', 'conditional', 'restricted', 'forbidden');
create temp table result as
  select 'plan' as name, geom from fp_plan
  union all select 'land drawn', null
  union all select 'land', st_intersection(land.geom, fp_plan.geom) from land, fp_plan
  union all select name || ' itself', geom from limits where name in ('farmland', 'redline', 'forbidden')
  union all select 'land in ' || limits.name,
    st_collectionextract(st_intersection(st_intersection(land.geom, fp_plan.geom), limits.geom), 3)
    from land, fp_plan, limits;
select name,
  round(coalesce(st_area(geom), (select area from drawn))::numeric, 4) as plane,
  round(st_area(st_transform(geom, 4258)::geography)::numeric, 4) as geodesic,
  round(st_area(st_transform(st_segmentize(geom, 1.0), 4258)::geography)::numeric, 4) as geodesic_1m_edges,
  (select count(*) from st_dump(geom) as part where st_area(part.geom) > 1) as parts_over_1m2
from result order by name;
