// Pieces that several chart types share: axes, tooltip, legend.
import type { Look } from "./look";
import { short } from "./format";

/** A tooltip as elements: text cannot become markup, and no inline style is needed. */
export function tip(title: string, rows: readonly (readonly [string, string])[], note?: string | null): HTMLElement {
  const box = document.createElement("div");
  box.className = "chart-tip";
  const heading = document.createElement("strong");
  heading.textContent = title;
  box.append(heading);
  for (const [name, value] of rows) {
    const row = document.createElement("p");
    const label = document.createElement("span");
    label.textContent = name;
    const amount = document.createElement("b");
    amount.textContent = value;
    row.append(label, amount);
    box.append(row);
  }
  if (note) {
    const small = document.createElement("small");
    small.textContent = note;
    box.append(small);
  }
  return box;
}

/** `confine` keeps the box inside the chart and leaves out the arrow, which would need an inline style. */
export function tooltip(look: Look, trigger: "item" | "axis", formatter: (event: never) => HTMLElement | string) {
  return {
    trigger,
    confine: true,
    backgroundColor: look.surface,
    borderColor: look.rule,
    padding: 0,
    transitionDuration: 0,
    textStyle: { color: look.ink, fontSize: 13 },
    axisPointer: { type: "line", lineStyle: { color: look.muted } },
    formatter,
  };
}

export function valueAxis(look: Look, name: string, rest: object = {}) {
  return {
    type: "value",
    name,
    nameTextStyle: { color: look.muted, align: "left" },
    axisLabel: { color: look.muted, formatter: short, hideOverlap: true },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: look.rule } },
    ...rest,
  };
}

export function categoryAxis(look: Look, data: readonly string[], rest: object = {}) {
  return {
    type: "category",
    data: [...data],
    axisLabel: { color: look.muted, hideOverlap: true },
    axisLine: { lineStyle: { color: look.muted } },
    axisTick: { show: false },
    ...rest,
  };
}

export function legend(look: Look, rest: object = {}) {
  return {
    top: 0,
    left: 0,
    itemWidth: 14,
    itemHeight: 10,
    itemGap: 16,
    textStyle: { color: look.ink },
    inactiveColor: look.rule,
    ...rest,
  };
}

/** Hatching says "unknown" where colour alone would not. */
export function hatching(look: Look) {
  return { symbol: "rect", color: look.surface, dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4 };
}
