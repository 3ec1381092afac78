// Provinces shaded by a value, parks as points. Hoàng Sa and Trường Sa are always drawn and named.
import "echarts/lib/chart/map";
import "echarts/lib/chart/scatter";
import "echarts/lib/component/geo";
import "echarts/lib/component/legend";
import "echarts/lib/component/tooltip";
import "echarts/lib/component/visualMap";
import { registerMap, type EChartsCoreOption, type EChartsType } from "echarts/core";
import type { Island, Scene } from "../draw";
import { number, withUnit } from "../format";
import type { Look } from "../look";
import { legend, tip, tooltip } from "../parts";
import { word, language } from "../words";

type Outcome = "met" | "not-met" | "unknown" | "not-applicable";
type Region = { code: string; name: string; value: number | null; note?: string | null; href?: string | null };
type Point = { id: string; name: string; lon: number; lat: number; outcome?: Outcome | null; note?: string | null; href?: string | null };

export type ProvinceMap = { value_name: string; unit: string; regions: Region[]; points?: Point[] | null };

type Position = [number, number];
type Feature = {
  properties: { code?: string; name?: string; name_vi?: string; name_en?: string };
  geometry: { type: "Polygon"; coordinates: Position[][] } | { type: "MultiPolygon"; coordinates: Position[][][] };
};
type Geography = { type: "FeatureCollection"; features: Feature[] };
type Hovered = { name?: string; data?: { region?: Region; point?: Point } };

/** The whole country with both archipelagos: west, north and east, south. */
const extent = [[102, 23.5], [118, 6.9]];
/** East of this meridian lie only the archipelagos; each of their islands gets a dot that stays visible at any size. */
const offshoreFrom = 110.5;
/** Where a zoom goes first: between the north and the south of the mainland. */
const middle: Position = [106.8, 16.2];
const archipelagos: { name: "hoangSa" | "truongSa"; at: Position }[] = [
  { name: "hoangSa", at: [112.0, 17.5] },
  { name: "truongSa", at: [114.2, 12.3] },
];

type Studied = { map: string; names: Map<string, string>; offshore: Position[] };

/** On a phone the legend of the points stands above the map. */
const legendRoom = 56;

const geographies = new Map<string, Studied>();
const geographyOf = new WeakMap<ProvinceMap, Studied>();

export const island: Island<ProvinceMap> = {
  height: (_data, width) => (width < 560 ? width + legendRoom : Math.min(680, Math.round(width * 0.95))),
  before: async (data, place) => {
    const address = place.dataset["geojson"] ?? "";
    let known = geographies.get(address);
    if (!known) {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(`map ${answer.status}`);
      const geography = (await answer.json()) as Geography;
      registerMap(address, geography as never);
      known = study(address, geography);
      geographies.set(address, known);
    }
    geographyOf.set(data, known);
  },
  option,
  after: (chart, place) => addZoomButtons(chart, place),
};

function study(map: string, geography: Geography): Studied {
  const names = new Map<string, string>();
  const offshore: Position[] = [];
  for (const { properties, geometry } of geography.features) {
    const localName = language() === "vi" ? properties.name_vi : properties.name_en;
    names.set(properties.code ?? "", localName ?? properties.name ?? properties.name_vi ?? "");
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    for (const polygon of polygons) {
      const first = polygon[0]?.[0];
      if (first && first[0] > offshoreFrom) offshore.push(first);
    }
  }
  return { map, names, offshore };
}

function option(data: ProvinceMap, { look, width, height, narrow }: Scene): EChartsCoreOption {
  const known = geographyOf.get(data);
  if (!known) return {};
  const { map, names, offshore } = known;
  const points = data.points ?? [];
  const outcomes = groups(look).filter((group) => points.some((point) => (point.outcome ?? null) === group.outcome));
  const pieces = classes(data.regions.map((region) => region.value), look);
  return {
    geo: {
      map,
      nameProperty: "code",
      aspectScale: 0.96,
      boundingCoords: extent,
      layoutCenter: ["50%", narrow ? legendRoom + (height - legendRoom) / 2 : "50%"],
      layoutSize: narrow ? Math.min(width, height - legendRoom) - 8 : Math.min(width, height) - 24,
      roam: false,
      scaleLimit: { min: 1, max: 8 },
      itemStyle: { areaColor: look.empty, borderColor: look.surface, borderWidth: 0.8 },
      emphasis: { disabled: true },
      select: { disabled: true },
      label: { show: false },
    },
    legend: legend(look, { show: outcomes.length > 0, orient: narrow ? "horizontal" : "vertical", data: outcomes.map((group) => group.name) }),
    visualMap: {
      type: "piecewise",
      seriesIndex: 0,
      pieces,
      selectedMode: false,
      orient: "vertical",
      left: 0,
      // On a phone beside the narrow middle of the country, else in the empty corner.
      ...(narrow ? { top: "48%" } : { bottom: 0 }),
      itemWidth: 14,
      itemHeight: 12,
      textGap: 8,
      itemGap: 4,
      padding: 0,
      textStyle: { color: look.ink, fontSize: narrow ? 11 : 12 },
      hoverLink: false,
    },
    tooltip: tooltip(look, "item", (event: Hovered) => describe(data, names, event)),
    series: [
      {
        type: "map",
        map,
        geoIndex: 0,
        nameProperty: "code",
        selectedMode: false,
        data: data.regions.map((region) => ({ name: region.code, value: region.value ?? Number.NaN, region, href: region.href ?? undefined })),
      },
      { type: "scatter", coordinateSystem: "geo", silent: true, symbolSize: 2.5, itemStyle: { color: look.ink }, data: offshore, z: 3 },
      {
        type: "scatter",
        coordinateSystem: "geo",
        silent: true,
        symbolSize: 0.1,
        z: 4,
        label: { show: true, position: "inside", formatter: "{b}", color: look.ink, fontSize: narrow ? 10 : 12, fontStyle: "italic" },
        data: archipelagos.map(({ name, at }) => ({ name: word(name), value: at })),
      },
      ...outcomes.map((group) => ({
        type: "scatter",
        coordinateSystem: "geo",
        name: group.name,
        symbol: group.symbol,
        symbolSize: narrow ? 8 : 10,
        itemStyle: group.style,
        emphasis: { scale: 1.4 },
        z: 5,
        data: points
          .filter((point) => (point.outcome ?? null) === group.outcome)
          .map((point) => ({ name: point.name, value: [point.lon, point.lat], point, href: point.href ?? undefined })),
      })),
    ],
  };
}

/** Outcomes differ in shape and colour. */
function groups(look: Look): { outcome: Outcome | null; name: string; symbol: string; style: object }[] {
  const edge = { borderColor: look.surface, borderWidth: 1 };
  return [
    { outcome: "met", name: word("met"), symbol: "circle", style: { color: look.green, ...edge } },
    { outcome: "not-met", name: word("notMet"), symbol: "circle", style: { color: look.surface, borderColor: look.amber, borderWidth: 2.5 } },
    { outcome: "unknown", name: word("unknown"), symbol: "triangle", style: { color: look.unknown, ...edge } },
    { outcome: "not-applicable", name: word("notApplicable"), symbol: "rect", style: { color: look.surface, borderColor: look.muted, borderWidth: 1.5 } },
    { outcome: null, name: word("park"), symbol: "diamond", style: { color: look.ink, ...edge } },
  ];
}

/** At most five equal classes between round numbers; whole numbers stay whole. */
function classes(values: readonly (number | null)[], look: Look): object[] {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  // No value is ever that small: the piece is there for its line in the legend.
  const unknown = { lt: -Number.MAX_VALUE, label: word("unknown"), color: look.empty };
  if (known.length === 0) return [unknown];
  const low = Math.min(...known);
  const high = Math.max(...known);
  if (low === high) return [unknown, { value: low, label: number(low), color: look.steps[3] }];
  const whole = known.every(Number.isInteger);
  const step = roundUp((high - low) / 5, whole);
  const start = Math.floor(low / step) * step;
  const count = Math.floor((high - start) / step) + 1;
  const pieces: object[] = [unknown];
  for (let index = 0; index < count; index += 1) {
    const from = start + index * step;
    const to = from + step;
    const last = whole ? to - 1 : to;
    const label = last === from ? number(from) : `${number(from)} – ${number(last)}`;
    pieces.push({ gte: from, lt: to, label, color: look.steps[Math.round((index * 4) / Math.max(1, count - 1))] });
  }
  return pieces;
}

function roundUp(value: number, whole: boolean): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= value) ?? 10 * power;
  return whole ? Math.max(1, Math.ceil(step)) : step;
}

/** The wheel belongs to the page; buttons zoom, and a zoomed map can be dragged. */
function addZoomButtons(chart: EChartsType, place: HTMLElement): void {
  const bar = document.createElement("div");
  bar.className = "chart-zoom";
  const current = () => (chart.getOption() as { geo?: { zoom?: number }[] }).geo?.[0]?.zoom ?? 1;
  const set = (next: number) => {
    const before = current();
    const zoom = Math.min(8, Math.max(1, next));
    const center = zoom === 1 ? { center: null } : before === 1 ? { center: middle } : {};
    chart.setOption({ geo: { zoom, roam: zoom > 1 ? "move" : false, ...center } });
  };
  const button = (text: string, name: string, act: () => void) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "quiet";
    made.textContent = text;
    made.setAttribute("aria-label", name);
    made.title = name;
    made.addEventListener("click", act);
    bar.append(made);
  };
  button("+", word("zoomIn"), () => set(current() * 1.6));
  button("−", word("zoomOut"), () => set(current() / 1.6));
  button("⤢", word("zoomReset"), () => set(1));
  place.before(bar);
}

function describe(data: ProvinceMap, names: Map<string, string>, event: Hovered): HTMLElement {
  const point = event.data?.point;
  if (point) {
    const outcome = { met: word("met"), "not-met": word("notMet"), unknown: word("unknown"), "not-applicable": word("notApplicable") };
    return tip(point.name, point.outcome ? [[outcome[point.outcome], ""]] : [], point.note);
  }
  const region = event.data?.region;
  const value = region?.value ?? null;
  const title = region?.name ?? names.get(event.name ?? "") ?? "";
  return tip(title, [[data.value_name, value === null ? word("unknown") : withUnit(value, data.unit)]], region?.note);
}
