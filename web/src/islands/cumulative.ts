// Saving summed month by month, with the band its uncertainty leaves.
import "echarts/lib/chart/line";
import "echarts/lib/component/grid";
import "echarts/lib/component/legend";
import "echarts/lib/component/markLine";
import "echarts/lib/component/tooltip";
import type { Island } from "../draw";
import { month, percent, withUnit } from "../format";
import { categoryAxis, legend, tip, tooltip, valueAxis } from "../parts";
import { word } from "../words";

export type Cumulative = {
  unit: string;
  /** 0.9 for 90 %. */
  confidence: number;
  months: { month: string; saving: number | null; low: number | null; high: number | null }[];
};

type Hovered = { dataIndex: number };

export const island: Island<Cumulative> = {
  height: () => 340,
  option: (data, { look }) => {
    const bandName = `${percent(data.confidence)} ${word("confidence")}`;
    const edge = { type: "line", stack: "band", stackStrategy: "all", symbol: "none", lineStyle: { opacity: 0 }, silent: true, emphasis: { disabled: true } };
    return {
      grid: { top: 56, left: 0, right: 24, bottom: 4, containLabel: true },
      legend: legend(look, { data: [{ name: word("saving") }, { name: bandName, icon: "rect" }], selectedMode: false }),
      tooltip: tooltip(look, "axis", (hovered: Hovered[]) => describe(data, bandName, hovered[0]?.dataIndex ?? 0)),
      xAxis: categoryAxis(look, data.months.map((one) => month(one.month)), { boundaryGap: false }),
      yAxis: valueAxis(look, data.unit),
      series: [
        { ...edge, name: "low", data: data.months.map((one) => one.low) },
        {
          ...edge,
          name: bandName,
          itemStyle: { color: look.band },
          areaStyle: { color: look.band, opacity: 1 },
          data: data.months.map((one) => (one.low === null || one.high === null ? null : one.high - one.low)),
        },
        {
          type: "line",
          name: word("saving"),
          data: data.months.map((one) => one.saving),
          itemStyle: { color: look.green },
          lineStyle: { color: look.green, width: 2.5 },
          symbol: "circle",
          symbolSize: 6,
          emphasis: { disabled: true },
          markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: look.ink, type: "solid", width: 1 }, data: [{ yAxis: 0 }] },
        },
      ],
    };
  },
};

function describe(data: Cumulative, bandName: string, index: number): HTMLElement {
  const one = data.months[index];
  if (!one) return tip("", []);
  return tip(month(one.month), [
    [word("saving"), withUnit(one.saving, data.unit)],
    [`${bandName}, ${word("from")}`, withUnit(one.low, data.unit)],
    [word("to"), withUnit(one.high, data.unit)],
  ]);
}
