// Runs the browser journeys against the demo: node run.mjs PATH-OF-CONGSINH [JOURNEY…]
// CHROMIUM names the browser; CONGSINH_SHOTS a folder for screenshots of every page, at 1280 and 360 px.
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { startDemo } from "./demo.mjs";
import { openBrowser } from "./browser.mjs";

const home = dirname(fileURLToPath(import.meta.url));
const [binary, ...chosen] = process.argv.slice(2);
if (!binary) {
  console.error("usage: node run.mjs PATH-OF-CONGSINH [JOURNEY…]");
  process.exit(2);
}

const names = (await readdir(join(home, "roles"))).map((file) => file.replace(/\.mjs$/, "")).sort();
const unknown = chosen.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  console.error(`no journey ${unknown.join(", ")}; there are ${names.join(", ")}`);
  process.exit(2);
}

// Each traveller has a demo of its own, so that what one changes another does not see.
const TRAVELLERS = 2;
const browser = await openBrowser();
const queue = [...(chosen.length > 0 ? chosen : names)];
let failures = 0;
try {
  await Promise.all(Array.from({ length: Math.min(TRAVELLERS, queue.length) }, travelOn));
} finally {
  await browser.close();
}
process.exit(failures === 0 ? 0 : 1);

async function travelOn() {
  const demo = await startDemo(binary);
  try {
    for (let name = queue.shift(); name; name = queue.shift()) {
      const { journey } = await import(`./roles/${name}.mjs`);
      const began = Date.now();
      const { faults, visited } = await browser.travel(demo, name, journey);
      failures += faults.length;
      const seconds = ((Date.now() - began) / 1000).toFixed(1);
      const outcome = faults.length === 0 ? "ok" : `${faults.length} faults`;
      console.log([`   ${name.padEnd(16)} ${outcome}, ${visited} pages, ${seconds} s`, ...faults.map((fault) => `     ${fault}`)].join("\n"));
    }
  } finally {
    await demo.stop();
  }
}
