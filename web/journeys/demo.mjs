// The demo on a port that is free, and what the journeys know about its data.
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const LONGEST_START_MS = 60_000;

/** Starts `congsinh demo`, with these variables beside our own, and waits until it says where it listens. */
export async function startDemo(binary, environment = {}) {
  // Port 0: the system chooses one. The day is fixed, so that the pages are the same each time.
  const child = spawn(binary, ["demo", "--port", "0", "--as-of", "2025-01-31"], { cwd: root, env: { ...process.env, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  const address = await new Promise((resolve, reject) => {
    const hear = (bytes) => {
      said += bytes;
      const found = said.match(/http:\/\/127\.0\.0\.1:\d+/);
      if (found) resolve(found[0]);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`the demo ended with ${code}: ${said}`)));
    setTimeout(() => reject(new Error(`the demo did not start: ${said}`)), LONGEST_START_MS).unref();
  });
  child.removeAllListeners("exit");
  return {
    address,
    enterprises: await enterprises(),
    said: () => said,
    stop: () =>
      new Promise((resolve) => {
        child.on("exit", resolve);
        child.kill("SIGTERM");
        setTimeout(() => child.kill("SIGKILL"), 5_000).unref();
      }),
  };
}

/** Code and names of the enterprises of the sample park: what most roles must not see. */
async function enterprises() {
  const text = await readFile(join(root, "examples/khu-mau/enterprises.csv"), "utf8");
  const [head, ...lines] = text.trim().split("\n").map((line) => line.split(","));
  const at = (name) => head.indexOf(name);
  return lines.map((cells) => ({ code: cells[at("enterprise")], vi: cells[at("name_vi")], en: cells[at("name_en")] }));
}
