"""DuckDB on the same files as ours: takes the CSV in, answers the same questions on our Parquet files, and prints both."""

import glob
import json
import resource
import statistics
import sys
import time

import duckdb

folder, times = sys.argv[1], int(sys.argv[2])
ours = json.load(open(f"{folder}/ours.json"))
connection = duckdb.connect()
connection.execute("set threads = 2; set timezone = 'UTC'")


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def timed(work):
    began, used = time.perf_counter(), cpu()
    answer = work()
    return time.perf_counter() - began, cpu() - used, answer


csv = sorted(glob.glob(f"{folder}/readings-*.csv"))
target = f"{folder}/duckdb.parquet"
ingest = timed(lambda: connection.execute(
    f"copy (select meter, \"at\", value from read_csv({csv!r}, columns = {{'meter': 'varchar', 'at': 'timestamptz', "
    f"'value': 'double'}}) order by meter, \"at\") to '{target}' (format parquet, compression zstd)").fetchall())

# By whole numbers: the calendar of time zones would cost DuckDB more than the question.
connection.execute("create view readings as select meter, make_timestamp(epoch_us(\"at\")) as moment, "
                   "make_timestamp(epoch_us(\"at\") + 7 * 3600000000) as local, value "
                   f"from read_parquet({ours['files']!r})")
questions = {
    "one_meter_to_days": "select count(*), sum(total) from (select cast(local as date), sum(value) as total from readings "
                         "where meter = 'M00042' group by 1)",
    "all_meters_by_month": "select count(*), sum(total) from (select meter, date_trunc('month', local), sum(value) as total "
                           "from readings group by 1, 2)",
    "gaps": "select count(*), sum(missing) from (select date_diff('hour', before, moment) - 1 as missing from (select moment, "
            "lag(moment) over (partition by meter order by moment) as before from readings) where date_diff('hour', before, moment) > 1)",
}
theirs = {}
for name, sql in questions.items():
    runs = [timed(lambda: connection.execute(sql).fetchone()) for _ in range(times + 1)][1:]
    theirs[name] = {"wall_s": [run[0] for run in runs], "cpu_s": [run[1] for run in runs], "answer": list(runs[0][2])}

print(f"{ours['readings']:,} readings; ours {ours['bytes'] / ours['readings']:.2f} bytes a reading, "
      f"{ours['bytes_of_rollups'] / ours['readings']:.2f} more for rollups; DuckDB {duckdb.__version__}")
print("| work | ours: wall s, CPU s | DuckDB: wall s, CPU s | CPU, DuckDB / ours | spread of ours |")
print("|---|---|---|---|---|")
row = "| {} | {:.3f}, {:.3f} | {:.3f}, {:.3f} | {:.2f} | {} |".format
taken = ours["ingest"]["wall_s"], ours["ingest"]["cpu_s"]
folded = taken[0] + ours["fold"]["wall_s"], taken[1] + ours["fold"]["cpu_s"]
for name, took in [("take in, sorted and durable (n = 1)", taken), ("the same, then folded with rollups (n = 1)", folded)]:
    print(row(name, *took, ingest[0], ingest[1], ingest[1] / took[1], "–"))
median = statistics.median
for name, of_ours in ours["questions"].items():
    other = theirs[name.removesuffix("_rollup")]
    if of_ours["answer"] != [int(other["answer"][0]), other["answer"][1]]:
        sys.exit(f"{name}: {of_ours['answer']} is not {other['answer']}")
    cpus = of_ours["cpu_s"]
    print(row(name, median(of_ours["wall_s"]), median(cpus), median(other["wall_s"]), median(other["cpu_s"]),
              median(other["cpu_s"]) / max(median(cpus), 1e-9), f"{min(cpus):.3f} … {max(cpus):.3f}"))
print("every answer is equal on both sides")
