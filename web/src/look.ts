// Charts take their colours from the style sheet, so both themes stay in one place.

export type Look = {
  ink: string;
  muted: string;
  rule: string;
  surface: string;
  green: string;
  amber: string;
  unknown: string;
  notApplicable: string;
  /** Six colours told apart in both themes and by most colour-blind readers. */
  series: readonly [string, string, string, string, string, string];
  /** Five steps from little to much. */
  steps: readonly [string, string, string, string, string];
  band: string;
  empty: string;
  font: string;
};

export function readLook(): Look {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: colour("ink"),
    muted: colour("muted"),
    rule: colour("rule"),
    surface: colour("surface"),
    green: colour("green"),
    amber: colour("amber"),
    unknown: colour("chart-unknown"),
    notApplicable: colour("chart-not-applicable"),
    series: [colour("chart-1"), colour("chart-2"), colour("chart-3"), colour("chart-4"), colour("chart-5"), colour("chart-6")],
    steps: [colour("step-1"), colour("step-2"), colour("step-3"), colour("step-4"), colour("step-5")],
    band: colour("chart-band"),
    empty: colour("chart-empty"),
    font: getComputedStyle(document.body).fontFamily,
  };
}

/** Calls back when the reader or the machine changes the theme. */
export function onThemeChange(act: () => void): void {
  new MutationObserver(act).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", act);
}
