// What more of one aim costs in another: points that nobody beats in both, and the line between them.
import "echarts/lib/chart/line";
import "echarts/lib/component/grid";
import "echarts/lib/component/tooltip";
import type { Island } from "../draw";
import { withUnit } from "../format";
import { tip, tooltip, valueAxis } from "../parts";

type Point = { x: number; y: number; name: string; chosen: boolean; href: string };

export type TradeOff = { x_name: string; x_unit: string; y_name: string; y_unit: string; points: Point[] };

type Hovered = { data: { point: Point } };

export const island: Island<TradeOff> = {
  height: () => 340,
  option: (data, { look }) => ({
    grid: { top: 48, left: 8, right: 24, bottom: 32, containLabel: true },
    tooltip: tooltip(look, "item", (event: Hovered) => describe(data, event.data.point)),
    xAxis: valueAxis(look, `${data.x_name}, ${data.x_unit}`, { scale: true, nameLocation: "middle", nameGap: 30, nameTextStyle: { color: look.muted } }),
    yAxis: valueAxis(look, `${data.y_name}, ${data.y_unit}`, { scale: true }),
    series: [
      {
        type: "line",
        symbol: "circle",
        symbolSize: 12,
        itemStyle: { color: look.green },
        lineStyle: { color: look.green, width: 2 },
        data: data.points.map((point) => ({
          value: [point.x, point.y],
          point,
          href: point.href,
          symbol: point.chosen ? "diamond" : "circle",
          symbolSize: point.chosen ? 18 : 12,
        })),
      },
    ],
  }),
};

function describe(data: TradeOff, point: Point): HTMLElement {
  return tip(point.name, [
    [data.x_name, withUnit(point.x, data.x_unit)],
    [data.y_name, withUnit(point.y, data.y_unit)],
  ]);
}
