// Marginal abatement cost curve: each block is as wide as what it abates and as high as what that costs.
import "echarts/lib/chart/custom";
import "echarts/lib/component/grid";
import "echarts/lib/component/markLine";
import "echarts/lib/component/tooltip";
import type { Island, Scene } from "../draw";
import { number, withUnit } from "../format";
import { tip, tooltip, valueAxis } from "../parts";
import { word } from "../words";

type Block = { name: string; width: number; height: number; chosen?: boolean | null; note?: string | null; href?: string | null };

export type AbatementCurve = {
  width_name: string;
  width_unit: string;
  height_name: string;
  height_unit: string;
  blocks: Block[];
  line?: { name: string; value: number } | null;
};

type Placed = Block & { from: number; to: number };
type Pen = { value: (dimension: number) => number; coord: (point: [number, number]) => [number, number] };
type Cell = { dataIndex: number };

export const island: Island<AbatementCurve> = {
  height: () => 400,
  option: (data, scene) => {
    const { look } = scene;
    const blocks = place(data.blocks);
    const end = blocks.at(-1)?.to ?? 1;
    return {
      grid: { top: 48, left: 8, right: 16, bottom: 32, containLabel: true },
      tooltip: tooltip(look, "item", (event: Cell) => describe(data, blocks[event.dataIndex])),
      xAxis: valueAxis(look, `${data.width_name}, ${data.width_unit}`, {
        min: 0, max: end, nameLocation: "middle", nameGap: 30, nameTextStyle: { color: look.muted }, splitLine: { show: false },
        axisLine: { show: true, onZero: true, lineStyle: { color: look.ink } }, axisLabel: { color: look.muted, formatter: label(end), showMaxLabel: false },
        position: "bottom",
      }),
      yAxis: valueAxis(look, `${data.height_name}, ${data.height_unit}`, { axisLine: { show: false } }),
      series: [
        {
          type: "custom",
          clip: true,
          data: blocks.map((block) => ({ value: [block.from, block.to, block.height], href: block.href ?? undefined })),
          encode: { x: [0, 1], y: 2 },
          renderItem: (cell: Cell, pen: Pen) => rectangle(blocks[cell.dataIndex], cell.dataIndex, pen, scene),
          markLine: data.line
            ? {
                silent: true,
                symbol: "none",
                lineStyle: { color: look.ink, type: "dashed", width: 1 },
                label: { formatter: `${data.line.name}: ${number(data.line.value)}`, color: look.ink, position: "insideStartTop" },
                data: [{ yAxis: data.line.value }],
              }
            : undefined,
        },
      ],
    };
  },
};

/** Cheapest first; equal costs by name, so that the picture is the same each time. */
function place(blocks: readonly Block[]): Placed[] {
  const sorted = [...blocks].sort((left, right) => left.height - right.height || (left.name < right.name ? -1 : 1));
  let from = 0;
  return sorted.map((block) => {
    const placed = { ...block, from, to: from + block.width };
    from = placed.to;
    return placed;
  });
}

/** The last tick is where the curve ends, seldom a round number; it is left to the table. */
function label(end: number): (value: number) => string {
  return (value) => (value === end ? "" : number(value));
}

function rectangle(block: Placed | undefined, index: number, pen: Pen, { look }: Scene): object | null {
  if (!block) return null;
  const [left, zero] = pen.coord([block.from, 0]);
  const [right, top] = pen.coord([block.to, block.height]);
  const width = Math.max(1, right - left);
  const colour = block.height <= 0 ? look.green : look.series[1];
  const chosen = block.chosen !== false;
  const upward = top <= zero;
  const children: object[] = [
    {
      type: "rect",
      shape: { x: left, y: Math.min(zero, top), width, height: Math.max(1, Math.abs(top - zero)) },
      style: { fill: colour, fillOpacity: chosen ? 1 : 0.25, stroke: chosen ? look.surface : colour, lineWidth: 1, lineDash: chosen ? undefined : [3, 2] },
    },
  ];
  if (width > 10) {
    const inside = chosen && Math.abs(top - zero) > 24;
    const beside = upward ? -4 : 4;
    children.push({
      type: "text",
      silent: true,
      style: {
        x: (left + right) / 2,
        y: inside ? (top + zero) / 2 : top + beside,
        text: width > 90 ? `${index + 1} ${block.name}` : String(index + 1),
        fill: inside ? look.surface : look.ink,
        font: `11px ${look.font}`,
        align: "center",
        verticalAlign: inside ? "middle" : upward ? "bottom" : "top",
        width: width - 6,
        overflow: "truncate",
      },
    });
  }
  return { type: "group", children, cursor: block.href ? "pointer" : "default" };
}

function describe(data: AbatementCurve, block: Placed | undefined): HTMLElement {
  if (!block) return tip("", []);
  const state = block.chosen === false ? word("notChosen") : block.chosen ? word("chosen") : null;
  return tip(block.name, [
    [data.width_name, withUnit(block.width, data.width_unit)],
    [data.height_name, withUnit(block.height, data.height_unit)],
  ], [state, block.note].filter(Boolean).join("; "));
}
