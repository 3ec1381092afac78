// Ctrl+K: one field for places, pages and actions. Page links come from this page, the rest from the server.
import { enhance } from "./enhance";
import { fold } from "./format";
import { language, word } from "./words";

type Hit = { title: string; detail?: string | null; href: string; kind?: string };

const waitBeforeAsking = 150;
const mostPageLinks = 6;

let open: (() => void) | null = null;

export function preparePalette(): void {
  enhance("[data-palette-open]", (button) => button.addEventListener("click", show));
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      show();
    }
  });
}

function show(): void {
  open ??= build();
  open();
}

function build(): () => void {
  const dialog = element("dialog", "palette");
  dialog.setAttribute("aria-label", word("search"));
  const input = element("input");
  input.type = "search";
  input.placeholder = word("search");
  input.autocomplete = "off";
  for (const [name, value] of Object.entries({
    role: "combobox", "aria-label": word("search"), "aria-expanded": "true", "aria-controls": "palette-list", "aria-autocomplete": "list",
  })) input.setAttribute(name, value);
  const list = element("div", "palette-list");
  list.id = "palette-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", word("results"));
  const note = element("p", "palette-note");
  note.setAttribute("role", "status");
  dialog.append(input, list, note);
  document.body.append(dialog);

  let current = 0;
  let asked = 0;
  let timer = 0;

  const options = () => [...list.querySelectorAll<HTMLAnchorElement>("[role=option]")];

  const choose = (index: number) => {
    const all = options();
    current = all.length ? (index + all.length) % all.length : 0;
    all.forEach((option, at) => option.setAttribute("aria-selected", String(at === current)));
    const chosen = all[current];
    if (chosen) {
      input.setAttribute("aria-activedescendant", chosen.id);
      chosen.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };

  const draw = (found: Hit[], answered: boolean) => {
    const pages = pageLinks(input.value).slice(0, input.value.trim() ? mostPageLinks : 20);
    const known = new Set(pages.map((page) => page.href));
    list.replaceChildren(...group(word("results"), found.filter((hit) => !known.has(hit.href)), "hit"), ...group(word("pages"), pages, "page"));
    note.textContent = answered && options().length === 0 ? word("nothing") : "";
    choose(0);
  };

  const ask = async () => {
    const query = input.value.trim();
    const address = document.body.dataset["search"];
    const mine = ++asked;
    if (!query || !address) return draw([], query !== "");
    draw([], false);
    const found = await search(address, query);
    if (mine === asked) draw(found, true);
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void ask(), waitBeforeAsking);
  });
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") choose(current + 1);
    else if (event.key === "ArrowUp") choose(current - 1);
    else if (event.key === "Enter") options()[current]?.click();
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || (event.target as Element).closest("[role=option]")) dialog.close();
  });

  return () => {
    if (dialog.open) return;
    input.value = "";
    draw([], false);
    dialog.showModal();
    input.focus();
  };
}

async function search(address: string, query: string): Promise<Hit[]> {
  try {
    const url = new URL(address, location.href);
    url.searchParams.set("q", query);
    url.searchParams.set("lang", language());
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    if (!answer.ok) return [];
    const body = (await answer.json()) as { results?: Hit[] };
    return (body.results ?? []).filter((hit) => typeof hit.title === "string" && typeof hit.href === "string");
  } catch {
    return [];
  }
}

function pageLinks(typed: string): Hit[] {
  const words = fold(typed).split(/\s+/).filter(Boolean);
  const links = [...document.querySelectorAll<HTMLAnchorElement>("nav.rail a, nav.steps a")];
  return links
    .map((link) => ({ title: nameOf(link), href: link.getAttribute("href") ?? "" }))
    .filter((page) => words.every((one) => fold(page.title).includes(one)));
}

/** The link's words without its count and status. */
function nameOf(link: HTMLAnchorElement): string {
  const copy = link.cloneNode(true) as HTMLAnchorElement;
  copy.querySelectorAll(".count, .dot").forEach((part) => part.remove());
  return copy.textContent?.replace(/\s+/g, " ").trim() ?? "";
}

function group(title: string, hits: Hit[], prefix: string): Node[] {
  if (hits.length === 0) return [];
  const box = element("div");
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", title);
  const heading = element("p", "palette-group");
  heading.setAttribute("aria-hidden", "true");
  heading.textContent = title;
  box.append(heading, ...hits.map((hit, index) => option(hit, `palette-${prefix}-${index}`)));
  return [box];
}

function option(hit: Hit, id: string): HTMLAnchorElement {
  const link = element("a");
  link.id = id;
  link.href = hit.href;
  link.tabIndex = -1;
  link.setAttribute("role", "option");
  const title = element("span");
  title.textContent = hit.title;
  link.append(title);
  if (hit.detail) {
    const detail = element("small");
    detail.textContent = hit.detail;
    link.append(" ", detail);
  }
  return link;
}

function element<Name extends keyof HTMLElementTagNameMap>(name: Name, className = ""): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className) made.className = className;
  return made;
}
