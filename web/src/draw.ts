// Draws one chart into its place and keeps it right when the width or the theme changes.
import { getInstanceByDom, init, use, type EChartsCoreOption, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { onThemeChange, readLook, type Look } from "./look";

use([CanvasRenderer]);

export type Scene = { look: Look; width: number; height: number; narrow: boolean };

/** One chart type: how tall it wants to be, and the option that shows the data. */
export type Island<Data> = {
  height: (data: Data, width: number) => number;
  option: (data: Data, scene: Scene) => EChartsCoreOption;
  /** Work that must come first, such as fetching the map. */
  before?: (data: Data, place: HTMLElement) => Promise<void>;
  /** Buttons and the like, once the chart is there. */
  after?: (chart: EChartsType, place: HTMLElement) => void;
};

export type Drawing = { canvas: (scale: number, background: string) => HTMLCanvasElement };

const islands: Record<string, () => Promise<{ island: Island<never> }>> = {
  bars: () => import("./islands/bars"),
  cumulative: () => import("./islands/cumulative"),
  fit: () => import("./islands/fit"),
  macc: () => import("./islands/macc"),
  map: () => import("./islands/map"),
  network: () => import("./islands/network"),
  sankey: () => import("./islands/sankey"),
  tradeoff: () => import("./islands/tradeoff"),
};

const narrowBelow = 560;

export async function draw(place: HTMLElement): Promise<Drawing> {
  const load = islands[place.dataset["chart"] ?? ""];
  if (!load) throw new Error(`no chart type ${place.dataset["chart"]}`);
  const { island } = (await load()) as unknown as { island: Island<unknown> };
  const data = readData(place);
  await island.before?.(data, place);

  const ownHeight = Number(place.dataset["height"]);
  const setHeight = () => {
    const height = ownHeight > 0 ? ownHeight : island.height(data, place.clientWidth);
    place.style.height = `${height}px`;
  };
  place.replaceChildren();
  place.setAttribute("role", "img");
  setHeight();
  const chart = getInstanceByDom(place) ?? init(place, null, { renderer: "canvas" });

  const show = () => {
    const width = place.clientWidth;
    if (width === 0) return;
    setHeight();
    chart.resize();
    const scene: Scene = { look: readLook(), width, height: place.clientHeight, narrow: width < narrowBelow };
    chart.setOption({ ...common(scene), ...island.option(data, scene) }, { notMerge: true });
  };
  show();
  island.after?.(chart, place);
  followLinks(chart);
  redrawOnResize(place, show);
  onThemeChange(show);
  void document.fonts.ready.then(show);
  return { canvas: (scale, background) => chart.renderToCanvas({ pixelRatio: scale, backgroundColor: background }) };
}

function readData(place: HTMLElement): unknown {
  const source = document.getElementById(place.dataset["source"] ?? "");
  if (!source) throw new Error(`no data ${place.dataset["source"]}`);
  return JSON.parse(source.textContent ?? "");
}

/** Nothing moves: figures are read, not watched, and slow machines are common. */
function common({ look }: Scene): EChartsCoreOption {
  return {
    animation: false,
    backgroundColor: "transparent",
    color: [...look.series],
    textStyle: { fontFamily: look.font, fontSize: 12, color: look.ink },
  };
}

function followLinks(chart: EChartsType): void {
  chart.on("click", (event) => {
    const href = (event.data as { href?: unknown } | null | undefined)?.href;
    if (typeof href === "string" && href !== "") location.assign(href);
  });
}

function redrawOnResize(place: HTMLElement, show: () => void): void {
  let width = place.clientWidth;
  let frame = 0;
  new ResizeObserver(() => {
    if (place.clientWidth === width || place.clientWidth === 0) return;
    width = place.clientWidth;
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(show);
  }).observe(place);
}
