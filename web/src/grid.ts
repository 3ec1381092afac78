// A table of inputs that behaves like a spreadsheet: arrows, paste from Excel, undo of a paste, cells that save themselves.
import { enhance } from "./enhance";
import { saveCells } from "./grid-save";
import { word } from "./words";

type Change = { input: HTMLInputElement; before: string };

export function prepareGrids(): void {
  enhance("table[data-grid]", (element) => {
    const table = element as HTMLTableElement;
    const pasted: Change[][] = [];
    table.addEventListener("keydown", (event) => move(table, event));
    table.addEventListener("paste", (event) => paste(table, event, pasted));
    table.addEventListener("keydown", (event) => undo(table, event, pasted));
    table.addEventListener("focusin", (event) => (event.target instanceof HTMLInputElement ? event.target.select() : undefined));
  });
  enhance("form[data-grid-form]", (form) => saveCells(form as HTMLFormElement));
}

/** Inputs by row; cells without an input keep their place, so that columns stay aligned. */
function cells(table: HTMLTableElement): (HTMLInputElement | null)[][] {
  return [...table.tBodies]
    .flatMap((body) => [...body.rows])
    .filter((row) => !row.hidden)
    .map((row) => [...row.cells].map((cell) => cell.querySelector<HTMLInputElement>("input:not([type=hidden]):not(:disabled)")));
}

function find(grid: (HTMLInputElement | null)[][], input: EventTarget | null): [number, number] | null {
  for (const [row, inputs] of grid.entries()) {
    const column = inputs.findIndex((one) => one !== null && one === input);
    if (column >= 0) return [row, column];
  }
  return null;
}

function move(table: HTMLTableElement, event: KeyboardEvent): void {
  const input = event.target;
  if (!(input instanceof HTMLInputElement) || event.ctrlKey || event.metaKey || event.altKey) return;
  const whole = input.selectionStart === 0 && input.selectionEnd === input.value.length;
  const atStart = input.selectionStart === 0 && (input.selectionEnd === 0 || whole);
  const atEnd = input.selectionEnd === input.value.length && (input.selectionStart === input.value.length || whole);
  const step: [number, number] | null =
    event.key === "ArrowUp" || (event.key === "Enter" && event.shiftKey) ? [-1, 0]
    : event.key === "ArrowDown" || event.key === "Enter" ? [1, 0]
    : event.key === "ArrowLeft" && atStart && !event.shiftKey ? [0, -1]
    : event.key === "ArrowRight" && atEnd && !event.shiftKey ? [0, 1]
    : null;
  if (!step) return;
  event.preventDefault();
  const grid = cells(table);
  const at = find(grid, input);
  if (!at) return;
  let [row, column] = at;
  for (;;) {
    row += step[0];
    column += step[1];
    if (row < 0 || column < 0 || row >= grid.length || column >= (grid[row]?.length ?? 0)) return;
    const next = grid[row]?.[column];
    if (next) return next.focus();
  }
}

function paste(table: HTMLTableElement, event: ClipboardEvent, pasted: Change[][]): void {
  const text = event.clipboardData?.getData("text/plain") ?? "";
  const block = text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n").map((line) => line.split("\t"));
  const single = block.length === 1 && block[0]?.length === 1;
  const grid = cells(table);
  const at = find(grid, event.target);
  if (single || !at) return;
  event.preventDefault();
  const changes: Change[] = [];
  for (const [down, line] of block.entries()) {
    for (const [right, value] of line.entries()) {
      const input = grid[at[0] + down]?.[at[1] + right];
      if (!input || input.readOnly || input.value === value.trim()) continue;
      changes.push({ input, before: input.value });
      put(input, value.trim());
    }
  }
  if (changes.length) pasted.push(changes);
}

function undo(table: HTMLTableElement, event: KeyboardEvent, pasted: Change[][]): void {
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.key.toLowerCase() !== "z") return;
  const last = pasted.pop();
  if (!last) return;
  event.preventDefault();
  for (const { input, before } of last) put(input, before);
  const status = table.closest("form")?.querySelector("[data-grid-status]");
  if (status) status.textContent = word("pasteUndone");
}

function put(input: HTMLInputElement, value: string): void {
  input.value = value;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}
