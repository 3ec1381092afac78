// Holds the API against its own description, signed in as each role: no 5xx, no answer that is not described.
// node api.mjs PATH-OF-CONGSINH PATH-OF-SCHEMATHESIS
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve as absolute } from "node:path";
import { startDemo } from "./demo.mjs";

const [binary, schemathesis] = process.argv.slice(2);
if (!schemathesis) {
  console.error("usage: node api.mjs PATH-OF-CONGSINH PATH-OF-SCHEMATHESIS");
  process.exit(2);
}

const ROLES = ["public", "enterprise", "operator", "consultant", "board", "ministry", "programme", "administrator"];
const CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,unsupported_method";
const EXAMPLES = 20;

// It leaves caches where it runs; they do not belong into the repository.
const folder = await mkdtemp(join(tmpdir(), "congsinh-api-"));
const demo = await startDemo(binary);
let failures = 0;
try {
  for (const role of ROLES) {
    const { code, said } = await hold(await cookie(role));
    const tried = said.match(/(\d+) generated, (\d+) passed/);
    const isWhole = code === 0 && tried && tried[1] === tried[2] && Number(tried[1]) > 0;
    if (!isWhole) failures += 1;
    console.log(isWhole ? `   ${role.padEnd(16)} ok, ${tried[1]} requests` : `   ${role}\n${said}`);
  }
} finally {
  await demo.stop();
  await rm(folder, { recursive: true, force: true });
}
process.exit(failures === 0 ? 0 : 1);

async function cookie(role) {
  if (role === "public") return "none=1";
  const answer = await fetch(`${demo.address}/sign-in`, { method: "POST", body: new URLSearchParams({ user: `demo-${role}` }), redirect: "manual" });
  const cookies = answer.headers.getSetCookie().map((line) => line.split(";")[0]);
  if (cookies.length === 0) throw new Error(`no sign-in as ${role}: ${answer.status}`);
  return cookies.join("; ");
}

function hold(session) {
  const options = ["run", `${demo.address}/api/openapi.json`, "-H", `Cookie: ${session}`, "--checks", CHECKS, "-n", String(EXAMPLES), "--seed", "1"];
  const stdio = ["ignore", "pipe", "pipe"];
  const child = spawn(absolute(schemathesis), [...options, "--phases", "examples,coverage,fuzzing", "--no-color"], { stdio, cwd: folder });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (said += bytes));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve({ code, said }));
  });
}
