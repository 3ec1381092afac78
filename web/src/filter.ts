// A search field above a table hides the rows that lack a typed word. Accents and đ do not matter.
import { enhance } from "./enhance";
import { fold } from "./format";
import { word } from "./words";

export function prepareFilters(): void {
  enhance("input[data-filter]", (element) => {
    const input = element as HTMLInputElement;
    const apply = () => filter(input.dataset["filter"] ?? "", input.value);
    input.addEventListener("input", apply);
    if (input.value) apply();
  });
}

function filter(selector: string, typed: string): void {
  const table = document.querySelector<HTMLTableElement>(selector);
  if (!table) return;
  const words = fold(typed).split(/\s+/).filter(Boolean);
  const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
  let shown = 0;
  for (const row of rows) {
    const text = fold(`${row.textContent ?? ""} ${row.dataset["text"] ?? ""}`);
    row.hidden = !words.every((one) => text.includes(one));
    if (!row.hidden) shown += 1;
  }
  const count = document.querySelector(`[data-filter-count="${selector}"]`);
  if (count) count.textContent = words.length ? `${shown} / ${rows.length} ${word("rowsShown")}` : "";
}
