// Flows of energy, water or materials from where they come in to where they end.
import "echarts/lib/chart/sankey";
import "echarts/lib/component/tooltip";
import type { Island } from "../draw";
import { withUnit } from "../format";
import type { Look } from "../look";
import { tip, tooltip } from "../parts";
import { word } from "../words";

type Kind = "input" | "site" | "output" | "exchange" | "loss" | "plant";
type Node = { id: string; name: string; kind?: Kind | null; href?: string | null };
type Link = { source: string; target: string; value: number; note?: string | null; estimated?: boolean | null; href?: string | null };

export type Sankey = { unit: string; nodes: Node[]; links: Link[] };

type Hovered = { dataType?: "node" | "edge"; name: string; value?: number; data: { title?: string; link?: Link } };

export const island: Island<Sankey> = {
  height: (data) => Math.min(900, Math.max(340, widestColumn(data) * 34)),
  option: (raw, { look, narrow, width }) => {
    const data = withoutCircles(raw);
    const names = new Map(data.nodes.map((node) => [node.id, node.name]));
    const used = new Set(data.links.flatMap((link) => [link.source, link.target]));
    const room = narrow ? 96 : Math.min(200, Math.round(width * 0.2));
    return {
      tooltip: tooltip(look, "item", (event: Hovered) => describe(data, names, event)),
      series: [
        {
          type: "sankey",
          top: 8,
          bottom: 8,
          left: 0,
          right: room,
          nodeWidth: 10,
          nodeGap: narrow ? 10 : 14,
          nodeAlign: "justify",
          layoutIterations: 32,
          draggable: false,
          emphasis: { focus: "adjacency", lineStyle: { opacity: 0.7 } },
          lineStyle: { color: "source", opacity: 0.35, curveness: 0.5 },
          label: { color: look.ink, fontSize: 12, width: room - 8, overflow: "truncate", formatter: (event: Hovered) => event.data.title ?? event.name, textBorderColor: look.surface, textBorderWidth: 3 },
          labelLayout: { hideOverlap: true },
          data: data.nodes.filter((node) => used.has(node.id)).map((node) => ({ name: node.id, title: node.name, href: node.href ?? undefined, itemStyle: { color: colour(look, node.kind), borderWidth: 0 } })),
          links: data.links.map((link) => ({
            source: link.source,
            target: link.target,
            value: link.value,
            link,
            href: link.href ?? undefined,
            lineStyle: link.estimated ? { opacity: 0.18 } : {},
          })),
        },
      ],
    };
  },
};

function colour(look: Look, kind: Kind | null | undefined): string {
  switch (kind) {
    case "input": return look.series[1];
    case "exchange": return look.green;
    case "output": return look.series[5];
    case "loss": return look.unknown;
    case "plant": return look.series[3];
    default: return look.series[4];
  }
}

/** A rough count of what stands above one another: givers or takers, whichever are more. */
function widestColumn(data: Sankey): number {
  return Math.max(new Set(data.links.map((link) => link.source)).size, new Set(data.links.map((link) => link.target)).size, 1);
}

/**
 * The layout needs flows without circles. Where enterprises give to each other in a circle,
 * each stands twice: once as giver on the left, once as taker on the right. Plants stay between
 * the two unless they pass on to each other in a circle.
 */
function withoutCircles(data: Sankey): Sankey {
  const links = data.links.filter((link) => link.value > 0 && link.source !== link.target);
  if (!hasCircle(links)) return { ...data, links };
  const apart = twice({ ...data, links }, (node) => node.kind !== "plant");
  return hasCircle(apart.links) ? twice({ ...data, links }, () => true) : apart;
}

/** Some nodes as giver and as taker. */
function twice(data: Sankey, which: (node: Node) => boolean): Sankey {
  const ids = new Set(data.nodes.filter(which).map((node) => node.id));
  const side = (id: string, suffix: string) => (ids.has(id) ? `${id}\u0000${suffix}` : id);
  return {
    unit: data.unit,
    nodes: data.nodes.flatMap((node) => (ids.has(node.id) ? ["gives", "takes"].map((suffix) => ({ ...node, id: side(node.id, suffix) })) : [node])),
    links: data.links.map((link) => ({ ...link, source: side(link.source, "gives"), target: side(link.target, "takes") })),
  };
}

/** Takes away nodes nobody points at until none is left; what cannot be taken away stands in a circle. */
function hasCircle(links: readonly Link[]): boolean {
  const incoming = new Map<string, number>();
  const outgoing = new Map<string, string[]>();
  for (const { source, target } of links) {
    incoming.set(source, incoming.get(source) ?? 0);
    incoming.set(target, (incoming.get(target) ?? 0) + 1);
    outgoing.set(source, [...(outgoing.get(source) ?? []), target]);
  }
  const free = [...incoming].filter(([, count]) => count === 0).map(([id]) => id);
  let taken = 0;
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    taken += 1;
    for (const target of outgoing.get(id) ?? []) {
      const left = (incoming.get(target) ?? 0) - 1;
      incoming.set(target, left);
      if (left === 0) free.push(target);
    }
  }
  return taken < incoming.size;
}

function describe(data: Sankey, names: Map<string, string>, event: Hovered): HTMLElement {
  const link = event.data.link;
  if (event.dataType === "edge" && link) {
    const notes = [link.note, link.estimated ? word("estimated") : null].filter(Boolean).join("; ");
    return tip(`${names.get(link.source) ?? ""} → ${names.get(link.target) ?? ""}`, [[word("total"), withUnit(link.value, data.unit)]], notes);
  }
  const isPlant = data.nodes.some((node) => node.id === event.name && node.kind === "plant");
  return tip(event.data.title ?? event.name, [[word("total"), withUnit(event.value, data.unit)]], isPlant ? word("plant") : null);
}
