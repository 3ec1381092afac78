// Writes dist/: scripts, style sheet, fonts, licences and a manifest. Same sources, same bytes.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const home = dirname(fileURLToPath(import.meta.url));
const dist = join(home, "dist");
const modules = join(home, "node_modules");

const shared = {
  absWorkingDir: home,
  outdir: "dist",
  bundle: true,
  minify: true,
  legalComments: "none",
  target: ["es2022", "chrome109", "firefox110", "safari16"],
  logLevel: "warning",
};

await rm(dist, { recursive: true, force: true });
await mkdir(dist);
await Promise.all([scripts(), earlyScript(), styles(), copies()]);
await licences();
await manifest();

/** Page behaviour and charts share chunks; each chart type is a chunk of its own. */
async function scripts() {
  await build({
    ...shared,
    entryPoints: { app: "src/app.ts", charts: "src/charts.ts" },
    format: "esm",
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
  });
}

/** Runs before the first paint, so it must not be a module. */
async function earlyScript() {
  await build({ ...shared, entryPoints: { theme: "src/theme.ts" }, format: "iife" });
}

async function styles() {
  await build({
    ...shared,
    entryPoints: { app: "styles/app.css" },
    // Pico draws with the latest CSS; lowering it would only make the file longer.
    target: ["chrome111", "firefox115", "safari16.4"],
    loader: { ".woff2": "file" },
    assetNames: "fonts/[name]",
  });
}

async function copies() {
  await copyFile(join(home, "styles/icon.svg"), join(dist, "icon.svg"));
  await copyFile(join(modules, "htmx.org/dist/htmx.min.js"), join(dist, "htmx.js"));
}

async function licences() {
  const names = ["@fontsource/be-vietnam-pro", "@picocss/pico", "echarts", "htmx.org", "tslib", "zrender"];
  const parts = [];
  for (const name of names) {
    const folder = join(modules, name);
    const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && /^(licen[cs]e|notice)/i.test(entry.name))
      .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
      .sort();
    const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
    parts.push(`${name} ${version} (${license})\n\n${texts.join("\n\n").trim()}\n`);
  }
  await writeFile(join(dist, "licences.txt"), parts.join(`\n${"=".repeat(78)}\n\n`));
}

async function manifest() {
  const entries = await readdir(dist, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const files = {};
  for (const path of paths.sort()) {
    const bytes = await readFile(path);
    const name = relative(dist, path).replaceAll("\\", "/");
    files[name] = { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  }
  await writeFile(join(dist, "manifest.json"), `${JSON.stringify({ files }, null, 1)}\n`);
}
