// LEMON (Boost licence, Debian's liblemon-dev) on the networks of bench/network: lemon_side FILE TIMES cost-scaling|network-simplex
// prints one line of JSON for each run. A hub node takes what is not exchanged, as costs may be left aside there.
#include <lemon/cost_scaling.h>
#include <lemon/network_simplex.h>
#include <lemon/static_graph.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

using lemon::StaticDigraph;

static double cpu_seconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static long peak_kib() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  FILE* file = std::fopen(argv[1], "rb");
  int64_t counts[3];
  if (!file || std::fread(counts, 8, 3, file) != 3) return 2;
  const int givers = counts[0], takers = counts[1], links = counts[2], hub = givers + takers;
  std::vector<int64_t> numbers(givers + takers + 3L * links);
  if (std::fread(numbers.data(), 8, numbers.size(), file) != numbers.size()) return 2;
  std::fclose(file);
  const int64_t *supply = numbers.data(), *demand = supply + givers, *giver = demand + takers, *taker = giver + links,
                *benefit = taker + links;
  const long input_kib = peak_kib();
  const bool scaling = std::string(argv[3]) == "cost-scaling";

  for (int run = 0; run <= std::atoi(argv[2]); ++run) {
    const double cpu = cpu_seconds();
    const auto wall = std::chrono::steady_clock::now();
    struct Row {
      int from, to;
      int64_t cost, most;
    };
    std::vector<Row> rows;
    rows.reserve(links + givers + takers);
    for (int i = 0; i < links; ++i) rows.push_back({int(giver[i]), givers + int(taker[i]), -benefit[i], std::min(supply[giver[i]], demand[taker[i]])});
    for (int i = 0; i < givers; ++i) rows.push_back({i, hub, 0, supply[i]});
    for (int i = 0; i < takers; ++i) rows.push_back({hub, givers + i, 0, demand[i]});
    std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.from < b.from; });
    std::vector<std::pair<int, int>> ends;
    ends.reserve(rows.size());
    for (const Row& row : rows) ends.emplace_back(row.from, row.to);
    StaticDigraph graph;
    graph.build(givers + takers + 1, ends.begin(), ends.end());
    StaticDigraph::ArcMap<int64_t> cost(graph), most(graph);
    for (int i = 0; i < int(rows.size()); ++i) {
      cost[graph.arc(i)] = rows[i].cost;
      most[graph.arc(i)] = rows[i].most;
    }
    StaticDigraph::NodeMap<int64_t> quantity(graph, 0);
    int64_t over = 0;
    for (int i = 0; i < givers; ++i) over += quantity[graph.node(i)] = supply[i];
    for (int i = 0; i < takers; ++i) over += quantity[graph.node(givers + i)] = -demand[i];
    quantity[graph.node(hub)] = -over;
    int64_t total;
    bool is_optimal;
    if (scaling) {
      lemon::CostScaling<StaticDigraph, int64_t, int64_t> solver(graph);
      is_optimal = solver.upperMap(most).costMap(cost).supplyMap(quantity).run() == solver.OPTIMAL;
      total = solver.totalCost<int64_t>();
    } else {
      lemon::NetworkSimplex<StaticDigraph, int64_t, int64_t> solver(graph);
      is_optimal = solver.upperMap(most).costMap(cost).supplyMap(quantity).run() == solver.OPTIMAL;
      total = solver.totalCost<int64_t>();
    }
    if (!is_optimal) return 1;
    const std::chrono::duration<double> wall_s = std::chrono::steady_clock::now() - wall;
    std::printf("{\"objective\": %lld, \"wall_s\": %.6f, \"cpu_s\": %.6f, \"input_kib\": %ld, \"peak_kib\": %ld}\n",
                (long long)-total, wall_s.count(), cpu_seconds() - cpu, input_kib, peak_kib());
    std::fflush(stdout);
  }
}
