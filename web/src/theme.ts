// Runs before the first paint: what the reader chose earlier, so that nothing flickers.
const root = document.documentElement;
root.classList.add("js");
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") root.dataset["theme"] = theme;
  if (localStorage.getItem("density") === "compact") root.dataset["density"] = "compact";
} catch {
  // Storage may be forbidden; the page then follows the machine.
}
