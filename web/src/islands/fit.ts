// Observed against the model, month by month, and what the model leaves unexplained below.
import "echarts/lib/chart/bar";
import "echarts/lib/chart/line";
import "echarts/lib/component/axisPointer";
import "echarts/lib/component/grid";
import "echarts/lib/component/legend";
import "echarts/lib/component/markLine";
import "echarts/lib/component/tooltip";
import type { Island } from "../draw";
import { month, withUnit } from "../format";
import type { Look } from "../look";
import { categoryAxis, legend, tip, tooltip, valueAxis } from "../parts";
import { word } from "../words";

export type Fit = {
  unit: string;
  months: { month: string; observed: number | null; predicted: number | null; residual: number | null }[];
  /** First month of the reporting period. */
  installed?: string | null;
};

type Hovered = { dataIndex: number };

export const island: Island<Fit> = {
  height: () => 420,
  option: (data, { look, height }) => {
    const months = data.months.map((one) => month(one.month));
    const residualHeight = 90;
    const split = height - residualHeight - 56;
    return {
      grid: [
        { top: 56, left: 56, right: 24, height: split - 56 },
        { top: split + 40, left: 56, right: 24, height: residualHeight - 16 },
      ],
      legend: legend(look, { data: [word("observed"), word("predicted"), word("residual")] }),
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      tooltip: tooltip(look, "axis", (hovered: Hovered[]) => describe(data, hovered[0]?.dataIndex ?? 0)),
      xAxis: [
        categoryAxis(look, months, { gridIndex: 0, axisLabel: { show: false } }),
        categoryAxis(look, months, { gridIndex: 1, axisLine: { show: false } }),
      ],
      yAxis: [valueAxis(look, data.unit, { gridIndex: 0, scale: true }), valueAxis(look, "", { gridIndex: 1, splitNumber: 2 })],
      series: [
        {
          type: "line",
          name: word("predicted"),
          data: data.months.map((one) => one.predicted),
          symbol: "none",
          itemStyle: { color: look.green },
          lineStyle: { color: look.green, width: 2.5 },
          emphasis: { disabled: true },
          markLine: installation(data, look),
        },
        {
          type: "line",
          name: word("observed"),
          data: data.months.map((one) => one.observed),
          symbol: "circle",
          symbolSize: 7,
          itemStyle: { color: look.ink },
          lineStyle: { color: look.ink, width: 1, type: "dotted" },
          emphasis: { disabled: true },
        },
        {
          type: "bar",
          name: word("residual"),
          xAxisIndex: 1,
          yAxisIndex: 1,
          barMaxWidth: 16,
          itemStyle: { color: look.series[1] },
          emphasis: { disabled: true },
          data: data.months.map((one) => one.residual),
        },
      ],
    };
  },
};

function installation(data: Fit, look: Look): object | undefined {
  const index = data.months.findIndex((one) => one.month === data.installed);
  if (index < 0) return undefined;
  return {
    silent: true,
    symbol: "none",
    lineStyle: { color: look.ink, type: "dashed", width: 1 },
    label: { formatter: word("installed"), color: look.ink, position: index > data.months.length / 2 ? "insideEndBottom" : "insideEndTop", rotate: 0, align: index > data.months.length / 2 ? "right" : "left", distance: [4, 4] },
    data: [{ xAxis: index }],
  };
}

function describe(data: Fit, index: number): HTMLElement {
  const one = data.months[index];
  if (!one) return tip("", []);
  return tip(month(one.month), [
    [word("observed"), withUnit(one.observed, data.unit)],
    [word("predicted"), withUnit(one.predicted, data.unit)],
    [word("residual"), withUnit(one.residual, data.unit)],
  ]);
}
