"""The tables of `./run bench candidates` from the answers of both sides."""

import json
import math
import os
import statistics
import sys

folder, sizes = sys.argv[1], [int(size) for size in sys.argv[2:]]
median = statistics.median


def answer(size, name):
    path = f"{folder}/{size}/{name}.json"
    return json.load(open(path)) if os.path.exists(path) else None


def spread(values):
    return f"{min(values):.3f} … {max(values):.3f}"


def at(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


print("| streams | side | links | CPU s | spread | peak MB | DuckDB / ours |")
print("|---|---|---|---|---|---|---|")
for size in sizes:
    ours = answer(size, "ours")
    cpu = median(ours["cpu_s"])
    print(f"| {size:,} | ours, exact | {ours['links']:,} | {cpu:.3f} | {spread(ours['cpu_s'])} | {ours['memory_mb']:.0f} | |")
    for name, what in [("grid", "DuckDB, within 50 km"), ("exact", "DuckDB, every pair of a class")]:
        if other := answer(size, name):
            theirs = median(other["cpu_s"])
            print(f"| {size:,} | {what} | {other['links']:,} | {theirs:.3f} | {spread(other['cpu_s'])} | "
                  f"{other['memory_mb']:.0f} | {theirs / cpu:.0f} |")
            if name == "exact" and (other["links"], other["benefit"]) != (ours["links"], ours["benefit"]):
                sys.exit(f"{size}: the exact answers differ")
print()
print("| streams | ours CPU s | µs a giver | divided by log2 of the takers | nodes, takers looked at a giver | read, write CPU s |")
print("|---|---|---|---|---|---|")
for size in sizes:
    ours = answer(size, "ours")
    each = median(ours["cpu_s"]) / ours["givers"] * 1e6
    print(f"| {size:,} | {median(ours['cpu_s']):.3f} | {each:.2f} | {each / math.log2(ours['takers']):.3f} | "
          f"{ours['nodes_a_giver']}, {ours['takers_a_giver']} | {ours['read_s']:.2f}, {ours['write_s']:.2f} |")
print()
print("| streams | change | n | median µs | 99 % µs | most µs | lists that changed: median, most |")
print("|---|---|---|---|---|---|---|")
for size in sizes:
    ours = answer(size, "ours")
    for what, lists in [("giver", [1]), ("taker", ours["lists_a_taker"])]:
        took = ours[f"change_of_{what}_us"]
        print(f"| {size:,} | price of a {what} | {len(took):,} | {median(took):.0f} | {at(took, 0.99):.0f} | {max(took):.0f} | "
              f"{median(lists):.0f}, {max(lists):,} |")
