"""OR-tools or HiGHS on a network of bench/network: python_side.py ortools|highs FILE TIMES prints a line of JSON for each run."""

import json
import resource
import sys
import time

import numpy as np

peer, path, times = sys.argv[1], sys.argv[2], int(sys.argv[3])
numbers = np.fromfile(path, dtype="<i8")
givers, takers, links = (int(count) for count in numbers[:3])
supply, demand, giver, taker, benefit = np.split(
    numbers[3:], np.cumsum([givers, takers, links, links]))


def usage():
    return resource.getrusage(resource.RUSAGE_SELF)


def ortools():
    from ortools.graph.python import min_cost_flow

    # A hub node takes what is not exchanged, as the solver wants all supplies met.
    hub = givers + takers
    solver = min_cost_flow.SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([giver, np.arange(givers), np.full(takers, hub)]),
        np.concatenate([givers + taker, np.full(givers, hub), givers + np.arange(takers)]),
        np.concatenate([np.minimum(supply[giver], demand[taker]), supply, demand]),
        np.concatenate([-benefit, np.zeros(givers + takers, dtype=np.int64)]))
    solver.set_nodes_supplies(
        np.arange(givers + takers + 1), np.concatenate([supply, -demand, [demand.sum() - supply.sum()]]))
    if solver.solve() != solver.OPTIMAL:
        sys.exit("OR-tools found no optimum")
    return -solver.optimal_cost()


def highs():
    import highspy

    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = links, givers + takers
    model.col_cost_ = benefit.astype(float)
    model.col_lower_, model.col_upper_ = np.zeros(links), np.full(links, highspy.kHighsInf)
    model.row_lower_ = np.full(givers + takers, -highspy.kHighsInf)
    model.row_upper_ = np.concatenate([supply, demand]).astype(float)
    model.sense_ = highspy.ObjSense.kMaximize
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.arange(0, 2 * links + 1, 2)
    model.a_matrix_.index_ = np.stack([giver, givers + taker], axis=1).ravel()
    model.a_matrix_.value_ = np.ones(2 * links)
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.passModel(model)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        sys.exit("HiGHS found no optimum")
    return round(solver.getObjectiveValue())


work = {"ortools": ortools, "highs": highs}[peer]
input_kib = usage().ru_maxrss
for _ in range(times + 1):
    began, used = time.perf_counter(), usage()
    objective = work()
    wall, after = time.perf_counter() - began, usage()
    cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    print(json.dumps({"objective": objective, "wall_s": wall, "cpu_s": cpu, "input_kib": input_kib,
                      "peak_kib": after.ru_maxrss}), flush=True)
