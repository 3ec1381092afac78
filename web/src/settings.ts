// Theme and density: chosen by the reader, kept on this machine only.
import { enhance } from "./enhance";

const root = document.documentElement;

export function prepareSettings(): void {
  enhance("select[data-theme-select]", (element) => {
    const select = element as HTMLSelectElement;
    select.value = root.dataset["theme"] ?? "auto";
    select.addEventListener("change", () => chooseTheme(select.value));
  });
  enhance("[data-density-toggle]", (button) => {
    showDensity(button);
    button.addEventListener("click", () => {
      const compact = root.dataset["density"] !== "compact";
      if (compact) root.dataset["density"] = "compact";
      else delete root.dataset["density"];
      keep("density", compact ? "compact" : null);
      document.querySelectorAll<HTMLElement>("[data-density-toggle]").forEach(showDensity);
    });
  });
  printInLight();
}

/** Paper is white: charts and marks take their light colours while printing. */
function printInLight(): void {
  let before: string | undefined;
  addEventListener("beforeprint", () => {
    before = root.dataset["theme"];
    root.dataset["theme"] = "light";
  });
  addEventListener("afterprint", () => {
    if (before === undefined) delete root.dataset["theme"];
    else root.dataset["theme"] = before;
  });
}

function chooseTheme(theme: string): void {
  const fixed = theme === "light" || theme === "dark";
  if (fixed) root.dataset["theme"] = theme;
  else delete root.dataset["theme"];
  keep("theme", fixed ? theme : null);
}

function showDensity(button: HTMLElement): void {
  button.setAttribute("aria-pressed", String(root.dataset["density"] === "compact"));
}

function keep(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // Storage may be forbidden; the choice then lasts for this page.
  }
}
