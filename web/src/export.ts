// Downloads made in the browser: the table as CSV, the chart as a picture with its title and source.
import type { Drawing } from "./draw";
import { readLook } from "./look";

export function save(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** RFC 4180 with a byte order mark, so that Excel reads the accents. Raw numbers with a decimal point. */
export function csvOf(table: HTMLTableElement): Blob {
  const lines = [...table.rows].map((row) => [...row.cells].map((cell) => quote(textOf(cell))).join(","));
  return new Blob([`\uFEFF${lines.join("\r\n")}\r\n`], { type: "text/csv;charset=utf-8" });
}

function textOf(cell: HTMLTableCellElement): string {
  const raw = cell.dataset["value"] ?? (cell.textContent ?? "").replace(/\s+/g, " ").trim();
  const isNumber = /^[-+]?\d+(\.\d+)?(e[-+]?\d+)?$/i.test(raw);
  // A spreadsheet would run text that looks like a formula.
  return !isNumber && /^[=+\-@\t]/.test(raw) ? `'${raw}` : raw;
}

function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Twice the pixels of the screen; the finding above, the source below. */
export async function pictureOf(figure: HTMLElement, drawing: Drawing): Promise<Blob> {
  const look = readLook();
  const chart = drawing.canvas(2, look.surface);
  const scale = 2;
  const margin = 16 * scale;
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  if (!context) throw new Error("no canvas");
  const width = Math.max(chart.width, 320 * scale) + 2 * margin;

  const line = (selector: string, size: number, weight: number, colour: string) => {
    const font = `${weight} ${size * scale}px ${look.font}`;
    const text = (figure.querySelector(selector)?.textContent ?? "").replace(/\s+/g, " ").trim();
    return { font, colour, height: size * 1.5 * scale, rows: wrap(context, font, text, width - 2 * margin) };
  };
  const above = [line("figcaption h2, figcaption h3, figcaption h4", 16, 600, look.ink), line("figcaption p", 12, 400, look.muted)];
  const below = [line(".source", 11, 400, look.muted)];
  const heightOf = (parts: typeof above) => parts.reduce((sum, part) => sum + part.rows.length * part.height, 0);

  canvas.width = width;
  canvas.height = heightOf(above) + chart.height + heightOf(below) + 3 * margin;
  context.fillStyle = look.surface;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.textBaseline = "top";
  let top = margin;
  const write = (parts: typeof above) => {
    for (const part of parts) {
      context.font = part.font;
      context.fillStyle = part.colour;
      for (const row of part.rows) {
        context.fillText(row, margin, top);
        top += part.height;
      }
    }
  };
  write(above);
  context.drawImage(chart, margin, top + margin / 2);
  top += chart.height + margin;
  write(below);
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/png"));
}

function wrap(context: CanvasRenderingContext2D, font: string, text: string, width: number): string[] {
  context.font = font;
  const rows: string[] = [];
  let row = "";
  for (const one of text.split(" ").filter(Boolean)) {
    const longer = row ? `${row} ${one}` : one;
    if (row && context.measureText(longer).width > width) {
      rows.push(row);
      row = one;
    } else row = longer;
  }
  if (row) rows.push(row);
  return rows;
}
