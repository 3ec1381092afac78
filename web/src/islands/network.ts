// Who gives what to whom, at the places where they stand.
import "echarts/lib/chart/graph";
import "echarts/lib/component/legend";
import "echarts/lib/component/tooltip";
import type { Island } from "../draw";
import { withUnit } from "../format";
import type { Look } from "../look";
import { legend, tip, tooltip } from "../parts";
import { word } from "../words";

type NodeKind = "giver" | "taker" | "both" | "plant" | "outside";
type LinkKind = "material" | "heat" | "water" | "energy";
type Node = { id: string; name: string; kind?: NodeKind | null; lon?: number | null; lat?: number | null; x?: number | null; y?: number | null; href?: string | null };
type Link = { source: string; target: string; value: number; name?: string | null; kind?: LinkKind | null; chosen?: boolean | null; note?: string | null; href?: string | null };

export type Network = { unit: string; nodes: Node[]; links: Link[] };

type Hovered = { dataType?: "node" | "edge"; data: { node?: Node; link?: Link } };

const nodeKinds: NodeKind[] = ["giver", "taker", "both", "plant", "outside"];
const linkKinds: LinkKind[] = ["material", "heat", "water", "energy"];
/** A short thick line, as links look. */
const linkIcon = "path://M0 0h16v4h-16z";
const hexagon = "path://M5 0h10l5 8.66l-5 8.66h-10l-5 -8.66z";
const symbols: Record<NodeKind, string> = { giver: "circle", taker: "rect", both: "diamond", plant: hexagon, outside: "triangle" };
/** How far nodes of one place are moved apart, as a share of the drawing's longer side. */
const asideShare = 0.14;

export const island: Island<Network> = {
  height: (data, width) => Math.min(640, Math.max(360, Math.min(width * 0.62, 200 + data.nodes.length * 16))),
  option: (data, { look, narrow }) => {
    const positions = place(data.nodes);
    const names = new Map(data.nodes.map((node) => [node.id, node.name]));
    const most = Math.max(...data.links.map((link) => link.value), 0);
    const present = nodeKinds.filter((kind) => data.nodes.some((node) => kindOf(node) === kind));
    const flows = linkKinds.filter((kind) => data.links.some((link) => (link.kind ?? "material") === kind));
    return {
      legend: legend(look, { data: [...present.map((kind) => ({ name: word(kind), icon: symbols[kind] })), ...flows.map((kind) => ({ name: word(kind), icon: linkIcon }))], selectedMode: false }),
      tooltip: tooltip(look, "item", (event: Hovered) => describe(data, names, event.data)),
      series: [
        {
          type: "graph",
          layout: "none",
          preserveAspect: "contain",
          top: 64,
          bottom: 32,
          left: narrow ? 48 : 96,
          right: narrow ? 48 : 96,
          categories: [
            ...present.map((kind) => ({ name: word(kind), symbol: symbols[kind], itemStyle: { color: nodeColour(look, kind) } })),
            ...flows.map((kind) => ({ name: word(kind), itemStyle: { color: linkColour(look, kind) } })),
          ],
          edgeSymbol: ["none", "arrow"],
          edgeSymbolSize: 8,
          emphasis: { focus: "adjacency", scale: false },
          label: { show: true, position: "bottom", color: look.ink, fontSize: 11, width: narrow ? 84 : 140, overflow: "truncate", textBorderColor: look.surface, textBorderWidth: 3 },
          labelLayout: { hideOverlap: true },
          data: data.nodes.map((node) => ({
            id: node.id,
            name: node.name,
            node,
            href: node.href ?? undefined,
            x: positions.get(node.id)?.[0] ?? 0,
            y: positions.get(node.id)?.[1] ?? 0,
            category: present.indexOf(kindOf(node)),
            symbol: symbols[kindOf(node)],
            symbolSize: 16,
            itemStyle: { borderColor: look.surface, borderWidth: 1.5 },
            cursor: node.href ? "pointer" : "default",
          })),
          links: data.links.filter((link) => names.has(link.source) && names.has(link.target)).map((link) => ({
            source: link.source,
            target: link.target,
            link,
            href: link.href ?? undefined,
            lineStyle: {
              color: linkColour(look, link.kind),
              width: link.chosen === false ? 1 : 1.5 + 5 * Math.sqrt(most > 0 ? Math.max(0, link.value) / most : 0),
              type: link.chosen === false ? "dashed" : "solid",
              opacity: link.chosen === false ? 0.5 : 0.8,
              curveness: 0.14,
            },
          })),
        },
      ],
    };
  },
};

function kindOf(node: Node): NodeKind {
  return node.kind ?? "both";
}

/** Given places as they are (north is up); without places everyone stands on a circle. */
function place(nodes: readonly Node[]): Map<string, [number, number]> {
  const latitudes = nodes.flatMap((node) => (node.lat === null || node.lat === undefined ? [] : [node.lat]));
  const middle = latitudes.length ? (Math.min(...latitudes) + Math.max(...latitudes)) / 2 : 0;
  const squeeze = Math.cos((middle * Math.PI) / 180);
  const given = (node: Node): [number, number] | null => {
    if (typeof node.lon === "number" && typeof node.lat === "number") return [node.lon * squeeze * 1e5, -node.lat * 1e5];
    if (typeof node.x === "number" && typeof node.y === "number") return [node.x, node.y];
    return null;
  };
  const places = nodes.map(given);
  const apart = new Set(places.map((one) => one?.join(" "))).size > 1;
  const complete = apart && places.every((one) => one !== null);
  if (complete) return aside(nodes, places.flatMap((one) => (one ? [one] : [])));
  return new Map(
    nodes.map((node, index) => {
      const angle = (2 * Math.PI * index) / nodes.length - Math.PI / 2;
      const onCircle: [number, number] = [160 * Math.cos(angle), 100 * Math.sin(angle)];
      return [node.id, onCircle];
    }),
  );
}

/** Plants stand at their owner's place: of several nodes at one place the first stays and the others move around it. */
function aside(nodes: readonly Node[], places: readonly [number, number][]): Map<string, [number, number]> {
  const side = (axis: 0 | 1) => Math.max(...places.map((one) => one[axis])) - Math.min(...places.map((one) => one[axis]));
  const distance = asideShare * Math.max(side(0), side(1));
  const key = (place: readonly number[]) => place.join(" ");
  const together = new Map<string, number>();
  for (const one of places) together.set(key(one), (together.get(key(one)) ?? 0) + 1);
  const seen = new Map<string, number>();
  return new Map(
    nodes.map((node, index) => {
      const at = places[index] ?? [0, 0];
      const before = seen.get(key(at)) ?? 0;
      seen.set(key(at), before + 1);
      if (before === 0) return [node.id, at];
      const angle = (2 * Math.PI * (before - 1)) / ((together.get(key(at)) ?? 2) - 1) + Math.PI / 2;
      return [node.id, [at[0] + distance * Math.cos(angle), at[1] + distance * Math.sin(angle)]];
    }),
  );
}

function nodeColour(look: Look, kind: NodeKind): string {
  return { giver: look.green, taker: look.series[1], both: look.series[4], plant: look.series[3], outside: look.unknown }[kind];
}

function linkColour(look: Look, kind: LinkKind | null | undefined): string {
  return { material: look.series[4], heat: look.series[2], water: look.series[1], energy: look.series[3] }[kind ?? "material"];
}

function describe(data: Network, names: Map<string, string>, hovered: { node?: Node; link?: Link }): HTMLElement {
  const { node, link } = hovered;
  if (link) {
    const state = link.chosen === false ? word("notChosen") : link.chosen ? word("chosen") : null;
    return tip(
      `${names.get(link.source) ?? ""} → ${names.get(link.target) ?? ""}`,
      [[link.name ?? word(link.kind ?? "material"), withUnit(link.value, data.unit)]],
      [state, link.note].filter(Boolean).join("; "),
    );
  }
  if (!node) return tip("", []);
  const given = data.links.filter((one) => one.source === node.id && one.chosen !== false).length;
  const taken = data.links.filter((one) => one.target === node.id && one.chosen !== false).length;
  return tip(node.name, [[word("gives"), String(given)], [word("takes"), String(taken)]], node.kind === "plant" ? word("plant") : null);
}
