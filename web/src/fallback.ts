// A chart whose script did not arrive must not hide its table.

export function showTablesWhenChartsFail(): void {
  const check = () => {
    for (const figure of document.querySelectorAll<HTMLElement>("figure[data-figure]:not([data-ready])")) {
      figure.dataset["failed"] = "";
    }
  };
  if (document.readyState === "complete") check();
  else addEventListener("load", check);
}
