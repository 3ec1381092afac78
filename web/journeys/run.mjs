// Runs the browser journeys against the demo: node run.mjs PATH-OF-CONGSINH [JOURNEY…]
// CHROMIUM names the browser; CONGSINH_SHOTS a folder for screenshots of every page (default: a temporary one).
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

const demo = await startDemo(binary);
const browser = await openBrowser();
let failures = 0;
try {
  for (const name of chosen.length > 0 ? chosen : names) {
    const { journey } = await import(`./roles/${name}.mjs`);
    const began = Date.now();
    const faults = await browser.travel(demo, name, journey);
    failures += faults.length;
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    console.log(`   ${name.padEnd(20)} ${faults.length === 0 ? "ok" : `${faults.length} faults`}, ${browser.pagesSeen(name)} pages, ${seconds} s`);
    for (const fault of faults) console.log(`     ${fault}`);
  }
  console.log(`   screenshots in ${browser.shots}`);
} finally {
  await browser.close();
  await demo.stop();
}
process.exit(failures === 0 ? 0 : 1);
