// A figure is one data set seen three ways: chart, table, download. The server has already written the table.
import { draw, type Drawing } from "./draw";
import { csvOf, pictureOf, save } from "./export";
import { word } from "./words";

type View = "chart" | "table" | "download";

let figures = 0;

let isLeaving = false;
for (const event of ["beforeunload", "pagehide"]) addEventListener(event, () => (isLeaving = true));
addEventListener("pageshow", () => (isLeaving = false));

export function prepareFigure(figure: HTMLElement): void {
  const place = figure.querySelector<HTMLElement>(".chart[data-chart]");
  if (!place) {
    figure.dataset["ready"] = "";
    return;
  }
  const id = figure.id || `figure-${++figures}`;
  const panels = makePanels(figure, place, id);
  const tabs = makeTabs(panels, id);
  const drawing = drawWhenNear(place, () => tabs.show("table"));
  fillDownloads(figure, panels.download, drawing);
  tabs.show(figure.dataset["figure"] === "table" ? "table" : "chart");
  figure.dataset["ready"] = "";
}

function makePanels(figure: HTMLElement, place: HTMLElement, id: string): Record<View, HTMLElement> {
  const panel = (view: View) => {
    const made = document.createElement("div");
    made.id = `${id}-${view}`;
    made.className = `figure-panel ${view}-panel`;
    made.setAttribute("role", "tabpanel");
    made.setAttribute("aria-labelledby", `${id}-${view}-tab`);
    return made;
  };
  const panels = { chart: panel("chart"), table: panel("table"), download: panel("download") };
  const links = figure.querySelector<HTMLElement>(":scope > .downloads");
  const table = [...figure.children].filter((part) => part !== place && part !== links && !part.matches("figcaption, script, .source"));
  place.before(panels.chart, panels.table, panels.download);
  panels.chart.append(place);
  panels.table.append(...table);
  if (links) panels.download.append(links);
  return panels;
}

function makeTabs(panels: Record<View, HTMLElement>, id: string): { show: (view: View) => void } {
  const list = document.createElement("div");
  list.className = "figure-tabs";
  list.setAttribute("role", "tablist");
  list.setAttribute("aria-label", word("view"));
  const views: View[] = ["chart", "table", "download"];
  const buttons = views.map((view) => {
    const button = document.createElement("button");
    button.type = "button";
    button.id = `${id}-${view}-tab`;
    button.textContent = word(view);
    button.setAttribute("role", "tab");
    button.setAttribute("aria-controls", `${id}-${view}`);
    button.addEventListener("click", () => show(view));
    return button;
  });
  const show = (chosen: View) => {
    for (const [index, view] of views.entries()) {
      const on = view === chosen;
      buttons[index]?.setAttribute("aria-selected", String(on));
      if (buttons[index]) buttons[index].tabIndex = on ? 0 : -1;
      panels[view].hidden = !on;
    }
  };
  list.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    const next =
      event.key === "ArrowRight" ? at + 1 : event.key === "ArrowLeft" ? at - 1
      : event.key === "Home" ? 0 : event.key === "End" ? views.length - 1 : null;
    if (next === null || at < 0) return;
    event.preventDefault();
    const index = (next + views.length) % views.length;
    buttons[index]?.focus();
    const view = views[index];
    if (view) show(view);
  });
  list.append(...buttons);
  panels.chart.before(list);
  return { show };
}

function drawWhenNear(place: HTMLElement, onFailure: () => void): () => Promise<Drawing | null> {
  let drawing: Promise<Drawing | null> | null = null;
  const start = () =>
    (drawing ??= draw(place).catch((error: unknown) => {
      // Whoever leaves the page gives up what was still on its way; nothing is wrong then.
      if (!isLeaving) console.warn("chart", place.dataset["chart"], error);
      place.textContent = word("chartFailed");
      place.classList.add("failed");
      onFailure();
      return null;
    }));
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      void start();
    },
    { rootMargin: "300px" },
  );
  observer.observe(place);
  return start;
}

function fillDownloads(figure: HTMLElement, panel: HTMLElement, drawing: () => Promise<Drawing | null>): void {
  const name = figure.id || "figure";
  const list = document.createElement("ul");
  list.className = "download-list";
  const add = (part: HTMLElement) => {
    const item = document.createElement("li");
    item.append(part);
    list.append(item);
  };
  const button = (text: string, act: () => void) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "secondary";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  };

  if (figure.dataset["xlsx"]) {
    const link = document.createElement("a");
    link.href = figure.dataset["xlsx"];
    link.setAttribute("role", "button");
    link.className = "secondary";
    link.textContent = word("xlsx");
    add(link);
  }
  const table = figure.querySelector("table");
  if (table) add(button(word("csv"), () => save(csvOf(table), `${name}.csv`)));
  add(button(word("png"), () => void drawing().then(async (drawn) => {
    if (drawn) save(await pictureOf(figure, drawn), `${name}.png`);
  })));
  panel.append(list);
}
