// Numbers and months as the page's language writes them: 1.234,5 in Vietnamese, 1,234.5 in English.
import { language } from "./words";

/** Up to three significant decimals for small numbers, none for large ones; `–` for what is unknown. */
export function number(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const decimals = size >= 1000 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return new Intl.NumberFormat(language(), { maximumFractionDigits: decimals }).format(value);
}

export function withUnit(value: number | null | undefined, unit: string): string {
  const text = number(value);
  return text === "–" || unit === "" ? text : `${text} ${unit}`;
}

/** Short form for axes: 1.200.000 becomes 1,2 triệu. */
export function short(value: number): string {
  const size = Math.abs(value);
  const [divisor, vi, en] = size >= 1e9 ? [1e9, " tỷ", " bn"] : size >= 1e6 ? [1e6, " triệu", " m"] : [1, "", ""];
  const text = new Intl.NumberFormat(language(), { maximumFractionDigits: 2 }).format(value / (divisor as number));
  return text + (language() === "vi" ? vi : en);
}

/** `2024-07` as 07/2024, the same in both languages. */
export function month(text: string): string {
  const match = /^(\d{4})-(\d{2})/.exec(text);
  return match ? `${match[2]}/${match[1]}` : text;
}

export function percent(share: number): string {
  return new Intl.NumberFormat(language(), { style: "percent", maximumFractionDigits: 0 }).format(share).replace(/\s?%$/, language() === "vi" ? " %" : "%");
}

/** Lower case, base letters, đ as d: what filters compare. The server folds its own searches. */
export function fold(text: string): string {
  return text.toLowerCase().normalize("NFD").replace(/\p{M}+/gu, "").replaceAll("đ", "d");
}
