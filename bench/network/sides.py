"""Runs our solver and the peers on one network and prints a row for each; stops when an optimum differs.

sides.py OURS LEMON FOLDER TIMES MIX PEER...: each side runs in a process of its own, the first of TIMES + 1 runs is not counted
unless it is the only one. A peer that has not ended a run within PEER_SECONDS of CPU time (120) is left out, and said so."""

import json
import os
import resource
import statistics
import subprocess
import sys

ours, lemon, folder, times, mix, *peers = sys.argv[1:]
data = f"{folder}/problem.bin"
limit = int(os.environ.get("PEER_SECONDS", "120"))
here = os.path.dirname(os.path.abspath(__file__))


def commands(peer):
    if peer.startswith("lemon-"):
        return None if lemon == "none" else [lemon, data, times, peer.removeprefix("lemon-")]
    return [sys.executable, f"{here}/python_side.py", peer, data, times]


def bounded():
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))


def runs_of(command):
    lines = subprocess.run(command, stdout=subprocess.PIPE, preexec_fn=bounded, text=True).stdout.splitlines()
    runs = [json.loads(line) for line in lines if line.endswith("}")]
    return runs[1:] if len(runs) > 1 else runs


def ask(*arguments):
    return json.loads(subprocess.run([ours, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout)


counts = [int.from_bytes(part, "little") for part in (lambda head: (head[:8], head[8:16], head[16:24]))(open(data, "rb").read(24))]
answer = ask("solve", folder, times)
whole = ask("whole", folder)
if whole["objective"] != answer["objective"]:
    sys.exit(f"read from the tables: {whole['objective']} is not {answer['objective']}")
median = statistics.median(answer["cpu_s"])
print(f"\n{mix}: {counts[2]:,} links, {counts[0]:,} givers, {counts[1]:,} takers; optimum {answer['objective']:,}. Whole: tables read, "
      f"solved, flows written in {whole['cpu_s']:.3f} CPU s ({whole['wall_s']:.3f} s), {whole['peak_kib'] / 1024:.0f} MiB")
print("| solver | n | CPU s, median | spread | wall s, median | times ours | peak MiB, of it input |")
print("|---|---|---|---|---|---|---|")
row = "| {} | {} | {:.4f} | {:.4f} … {:.4f} | {:.4f} | {:.1f} | {:.0f}, {:.0f} |".format


def line(name, cpus, walls, peak, before):
    print(row(name, len(cpus), statistics.median(cpus), min(cpus), max(cpus), statistics.median(walls),
              statistics.median(cpus) / median, peak / 1024, before / 1024), flush=True)


line("ours", answer["cpu_s"], answer["wall_s"], answer["peak_kib"], answer["input_kib"])
figures = {"links": counts[2], "givers": counts[0], "takers": counts[1], "objective": answer["objective"], "ours": answer, "whole": whole}
for peer in peers:
    command = commands(peer)
    runs = runs_of(command) if command else []
    if not runs:
        print(f"| {peer} | left out: no answer within {limit} CPU s | | | | | |" if command else f"| {peer} | not installed | | | | | |")
        continue
    for run in runs:
        # HiGHS works in floating point.
        if abs(run["objective"] - answer["objective"]) > (1e-9 * answer["objective"] if peer == "highs" else 0):
            sys.exit(f"{peer}: {run['objective']} is not {answer['objective']}")
    line(peer, [run["cpu_s"] for run in runs], [run["wall_s"] for run in runs], runs[-1]["peak_kib"], runs[-1]["input_kib"])
    figures[peer] = {"cpu_s": [run["cpu_s"] for run in runs], "wall_s": [run["wall_s"] for run in runs],
                     "peak_kib": runs[-1]["peak_kib"], "times_ours": statistics.median(run["cpu_s"] for run in runs) / median}
json.dump(figures, open(f"{folder}/figures.json", "w"))
