// Bars, upright or lying, side by side or stacked.
import "echarts/lib/chart/bar";
import "echarts/lib/chart/custom";
import "echarts/lib/component/grid";
import "echarts/lib/component/legend";
import "echarts/lib/component/markLine";
import "echarts/lib/component/tooltip";
import type { Island, Scene } from "../draw";
import { number, withUnit } from "../format";
import type { Look } from "../look";
import { categoryAxis, hatching, legend, tip, tooltip, valueAxis } from "../parts";

type Role = "met" | "not-met" | "unknown" | "not-applicable" | "first" | "second" | "third" | "fourth" | "fifth" | "sixth";

export type Bars = {
  unit: string;
  value_name: string;
  direction?: "horizontal" | "vertical";
  stacked?: boolean;
  categories: string[];
  hrefs?: (string | null)[] | null;
  series: { name: string; role?: Role | null; values: (number | null)[] }[];
  line?: { name: string; value: number } | null;
  /** Around the bars of a single series: the ends of each one's interval. */
  bands?: ([number, number] | null)[] | null;
};

type Hovered = { dataIndex: number };

export const island: Island<Bars> = {
  height: (data) => (lying(data) ? Math.max(200, 96 + data.categories.length * rowHeight(data)) : 340),
  option: (data, scene) => {
    const { look } = scene;
    const axes = { value: valueAxis(look, lying(data) ? "" : axisName(data)), category: categoryAxis(look, data.categories, categoryLabels(data, scene)) };
    return {
      grid: { top: (data.series.length > 1 || !lying(data) ? 48 : data.line ? 28 : 12) + (scene.narrow && data.series.length > 2 ? 24 : 0), left: 0, right: 24, bottom: lying(data) ? 24 : 4, containLabel: true },
      legend: legend(look, { show: data.series.length > 1 }),
      tooltip: { ...tooltip(look, "axis", (hovered: Hovered[]) => describe(data, hovered[0]?.dataIndex ?? 0)), axisPointer: { type: "shadow" } },
      xAxis: lying(data) ? { ...axes.value, name: axisName(data), nameLocation: "middle", nameGap: 28, nameTextStyle: { color: look.muted } } : axes.category,
      yAxis: lying(data) ? axes.category : axes.value,
      series: [...data.series.map((series, index) => ({
        type: "bar",
        name: series.name,
        stack: data.stacked ? "all" : undefined,
        barMaxWidth: 28,
        cursor: data.hrefs ? "pointer" : "default",
        itemStyle: paint(look, series.role, index),
        emphasis: { disabled: true },
        data: series.values.map((value, at) => ({ value, href: data.hrefs?.[at] ?? undefined })),
        markLine: index === 0 && data.line ? threshold(data, look) : undefined,
      })), ...(data.bands ? [bands(data, data.bands, look)] : [])],
    };
  },
};

function lying(data: Bars): boolean {
  return data.direction !== "vertical";
}

function rowHeight(data: Bars): number {
  return data.stacked ? 32 : Math.max(32, data.series.length * 16 + 12);
}

function axisName(data: Bars): string {
  return data.unit ? `${data.value_name}, ${data.unit}` : data.value_name;
}

function categoryLabels(data: Bars, { look, width }: Scene): object {
  if (!lying(data)) return {};
  const room = Math.min(260, Math.round(width * 0.38));
  return { inverse: true, axisLabel: { color: look.ink, width: room, overflow: "truncate", interval: 0 } };
}

function paint(look: Look, role: Role | null | undefined, index: number): object {
  switch (role) {
    case "met": return { color: look.green };
    case "not-met": return { color: look.amber };
    case "unknown": return { color: look.unknown, decal: hatching(look) };
    case "not-applicable": return { color: look.notApplicable };
    default: {
      const order = ["first", "second", "third", "fourth", "fifth", "sixth"].indexOf(role ?? "");
      return { color: look.series[(order >= 0 ? order : index) % look.series.length] };
    }
  }
}

type Drawn = { value: (dimension: number) => number; coord: (point: number[]) => number[] };

/** A line from end to end with a stroke across each end. */
function bands(data: Bars, ends: ([number, number] | null)[], look: Look): object {
  const along = (at: number, value: number) => (lying(data) ? [value, at] : [at, value]);
  const style = { stroke: look.ink, lineWidth: 1.5 };
  const line = (from: number[], to: number[]) => ({ type: "line", shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] }, style });
  const stroke = ([x = 0, y = 0]: number[]) => (lying(data) ? line([x, y - 5], [x, y + 5]) : line([x - 5, y], [x + 5, y]));
  return {
    type: "custom",
    silent: true,
    z: 5,
    encode: lying(data) ? { x: [1, 2], y: 0 } : { x: 0, y: [1, 2] },
    data: ends.flatMap((end, at) => (end ? [[at, end[0], end[1]]] : [])),
    renderItem: (_: object, api: Drawn) => {
      const [low, high] = [1, 2].map((end) => api.coord(along(api.value(0), api.value(end)))) as [number[], number[]];
      return { type: "group", children: [line(low, high), stroke(low), stroke(high)] };
    },
  };
}

function threshold(data: Bars, look: Look): object {
  const line = data.line ?? { name: "", value: 0 };
  return {
    silent: true,
    symbol: "none",
    lineStyle: { color: look.ink, type: "dashed", width: 1.5 },
    label: { formatter: `${line.name}: ${number(line.value)}`, color: look.ink, position: lying(data) ? "start" : "insideEndTop" },
    data: [lying(data) ? { xAxis: line.value } : { yAxis: line.value }],
  };
}

function describe(data: Bars, index: number): HTMLElement {
  const band = data.bands?.[index];
  const ends = band ? [["90 %", `${number(band[0])} – ${withUnit(band[1], data.unit)}`] as const] : [];
  return tip(data.categories[index] ?? "", [...data.series.map((series) => [series.name, withUnit(series.values[index], data.unit)] as const), ...ends]);
}
