"""DuckDB on the same two tables: the best 20 takers of every giver by a join and a window function.

`duckdb_side.py FOLDER grid N` looks within 50 km, by a grid; `duckdb_side.py FOLDER exact N` at every pair of a class, and
holds the answer against ours.csv. Prints one JSON document."""

import json
import resource
import sys
import time

import duckdb

folder, form, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
connection = duckdb.connect()
connection.execute("set threads = 2; set preserve_insertion_order = false")


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


# 0.45 degrees are 50 km of latitude, and 0.49 degrees at least 50 km of longitude south of 23.4 degrees.
cell = "cast(floor(lat / 0.45) as integer) as north, cast(floor(lon / 0.49) as integer) as east"
connection.execute(f"create table givers as select *, {cell} from read_csv('{folder}/givers.csv')")
connection.execute(
    f"create table takers as select *, {cell} from (select *, class as wanted, 0.7 as share from read_csv('{folder}/takers.csv') "
    f"union all select *, alt_class, 0.45 from read_csv('{folder}/takers.csv') where alt_class not in (-1, class))")
where = "g.class = t.wanted and (g.hazardous = 0 or t.licensed = 1)"
where += "".join(f" and g.q{n} <= 1.5 * t.l{n}" for n in range(4))
over = " + ".join(f"greatest(0, g.q{n} / t.l{n} - 0.6)" for n in range(4))
km = ("2 * 6371.0 * asin(least(1, sqrt(pow(sin(radians(t.lat - g.lat) / 2), 2) + cos(radians(g.lat)) * cos(radians(t.lat)) "
      "* pow(sin(radians(t.lon - g.lon) / 2), 2))))")
takers = "takers"
if form == "grid":
    connection.execute("create table nine as select t.* exclude (north, east), north + a as north, east + b as east from takers t, "
                       "(values (-1), (0), (1)) x(a), (values (-1), (0), (1)) y(b)")
    takers = "nine"
    where += " and g.north = t.north and g.east = t.east"
benefit = f"floor(g.disposal_kvnd_t + t.share * t.price_kvnd_t - 70 - 161.5 * g.hazardous - 60 * ({over}) - 2.2 * 1.3 * km + 0.500001)"
pairs = f"select g.id as giver, t.id as taker, {km} as km, {benefit} as benefit from givers g join {takers} t on {where}"
within = "where benefit > 0" + (" and km <= 50" if form == "grid" else "")
best = (f"select giver, taker, benefit from ({pairs}) {within} "
        "qualify row_number() over (partition by giver order by benefit desc, taker) <= 20")
cpus, walls = [], []
for _ in range(times + 1):
    began, used = time.perf_counter(), cpu()
    connection.execute(f"create or replace table best as {best}")
    cpus.append(cpu() - used)
    walls.append(time.perf_counter() - began)
links, total = connection.execute("select count(*), cast(sum(benefit) as bigint) from best").fetchone()
memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
if form == "exact":
    connection.execute(f"create table ours as select * from read_csv('{folder}/ours.csv')")
    differ = connection.execute("select count(*) from best b full join ours o on b.giver = o.giver and b.taker = o.taker "
                                "and b.benefit = o.benefit_kvnd_t where b.giver is null or o.giver is null").fetchone()[0]
    if differ:
        sys.exit(f"{differ} links differ from ours")
# The first run is not counted.
print(json.dumps({"form": form, "links": links, "benefit": total, "cpu_s": cpus[1:], "wall_s": walls[1:], "memory_mb": memory_mb,
                  "version": duckdb.__version__}))
