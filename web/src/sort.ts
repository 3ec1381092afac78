// Tables sorted by a click on a header: numbers by their raw value, words by the language's order, absent values last.
import { enhance } from "./enhance";
import { language, word } from "./words";

export function prepareSorting(): void {
  enhance("table[data-sort]", (element) => {
    const table = element as HTMLTableElement;
    const headers = [...(table.tHead?.rows[table.tHead.rows.length - 1]?.cells ?? [])];
    for (const header of headers) {
      if (header.dataset["sort"] === "none" || header.colSpan > 1 || header.textContent?.trim() === "") continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.title = word("sortBy");
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => sortBy(table, headers, header));
    }
  });
}

function sortBy(table: HTMLTableElement, headers: HTMLTableCellElement[], header: HTMLTableCellElement): void {
  const descending = header.getAttribute("aria-sort") === "ascending";
  for (const other of headers) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");

  const column = header.cellIndex;
  const body = table.tBodies[0];
  if (!body) return;
  const rows = [...body.rows].map((row) => ({ row, key: keyOf(row.cells[column]) }));
  rows.sort((left, right) => compare(left.key, right.key, descending));
  body.append(...rows.map(({ row }) => row));
}

type Key = { absent: boolean; amount: number; text: string };

function keyOf(cell: HTMLTableCellElement | undefined): Key {
  const raw = cell?.dataset["value"];
  const text = (raw ?? cell?.textContent ?? "").trim();
  return { absent: text === "" || text === "–", amount: raw === undefined ? readNumber(text) : Number(text), text };
}

/** A number as the page's language writes it; not a number when the text is anything else. */
function readNumber(text: string): number {
  const plain = language() === "vi" ? text.replaceAll(".", "").replace(",", ".") : text.replaceAll(",", "");
  return /^[-−]?\d+(\.\d+)?$/.test(plain) ? Number(plain.replace("−", "-")) : Number.NaN;
}

function compare(left: Key, right: Key, descending: boolean): number {
  if (left.absent || right.absent) return Number(left.absent) - Number(right.absent);
  const bothNumbers = !Number.isNaN(left.amount) && !Number.isNaN(right.amount);
  const order = bothNumbers ? left.amount - right.amount : left.text.localeCompare(right.text, language(), { numeric: true });
  return descending ? -order : order;
}
