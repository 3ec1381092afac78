// Chromium, and what is asked of every page that a journey visits.
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const DESK = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 740 };

export async function openBrowser() {
  const shots = process.env.CONGSINH_SHOTS;
  if (shots) await mkdir(shots, { recursive: true });
  const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM || "/usr/bin/chromium", args: ARGUMENTS });
  return {
    close: () => browser.close(),
    /** Goes one journey and says what was wrong. */
    async travel(demo, name, journey) {
      const visitor = new Visitor({ browser, demo, name, shots, axe });
      try {
        await journey(visitor);
      } catch (error) {
        visitor.fault(error.message.split("\n").slice(0, 6).join(" · "));
        await visitor.page?.screenshot({ path: join(shots || tmpdir(), `${name}-fault.png`) }).catch(() => {});
      } finally {
        await visitor.context?.close();
      }
      return { faults: visitor.faults, visited: visitor.visited };
    },
  };
}

/** Somebody on a journey. `look` asks of a page what is asked of every page; the journey asks the rest. */
export class Visitor {
  constructor({ browser, demo, name, shots, axe }) {
    Object.assign(this, { browser, demo, name, shots, axe });
    this.faults = [];
    this.visited = 0;
    this.place = "";
  }

  fault(text) {
    this.faults.push(this.place ? `${this.place}: ${text}` : text);
  }

  /** Notes a fault unless the claim holds; the journey goes on, so that one run tells all faults. */
  expect(claim, text) {
    if (!claim) this.fault(text);
    return Boolean(claim);
  }

  /** A fresh browser profile; `options` as in Playwright, for example `{ javaScriptEnabled: false }`. */
  async arrive(options = {}) {
    await this.context?.close();
    this.hasScript = options.javaScriptEnabled !== false;
    this.context = await this.browser.newContext({ viewport: DESK, locale: "vi-VN", baseURL: this.demo.address, ...options });
    this.page = await this.context.newPage();
    this.page.setDefaultTimeout(45_000);
    this.page.on("console", (message) => {
      const isRefusal = this.isRefusalExpected && message.text().startsWith("Failed to load resource");
      if ((message.type() === "error" || message.type() === "warning") && !isRefusal) this.fault(`console: ${message.text()} (${message.location().url})`);
    });
    this.page.on("pageerror", (error) => this.fault(`script: ${error.message}`));
    this.page.on("response", (response) => {
      if (response.status() >= 400 && !this.isRefusalExpected) this.fault(`${response.status()} ${response.url()}`);
    });
  }

  async arriveAt(path) {
    await this.arrive();
    await this.visit(path);
    return this;
  }

  /** Whether the next answers may be refusals; Chromium writes each of them to the console. */
  refusalExpected(isExpected) {
    this.isRefusalExpected = isExpected;
  }

  /** Signs in as a demo user by the button that a person presses. */
  async signIn(user) {
    await this.visit("/sign-in");
    await Promise.all([
      this.page.waitForURL((url) => url.pathname !== "/sign-in"),
      this.page.locator(`form:has(input[name="user"][value="${user}"]) button`).click(),
    ]);
    await this.look();
  }

  async signOut() {
    await this.page.locator("details.menu summary").click();
    await this.page.locator('form[action="/sign-out"] button').click();
    await this.page.locator('header a[href="/sign-in"]').waitFor();
  }

  async visit(path) {
    this.place = path;
    const response = await this.page.goto(path, { waitUntil: "load" });
    this.expect(response.status() === 200, `status ${response.status()}`);
    await this.look();
  }

  /** Presses something that leads to another page, and looks at that page. */
  async follow(locator) {
    const before = this.page.url();
    await locator.first().click();
    await this.page.waitForURL((url) => url.href !== before, { waitUntil: "load" });
    await this.look();
  }

  /** Sends a form whose answer may stand at the same address. */
  async send(locator) {
    await Promise.all([this.page.waitForEvent("load"), locator.first().click()]);
    await this.look();
  }

  /** What is asked of every page. */
  async look() {
    const { page } = this;
    this.visited += 1;
    const url = new URL(page.url());
    this.place = url.pathname + url.search;
    await this.settle();
    this.expect((await page.locator("h1").count()) === 1, "one h1");
    this.expect((await page.title()).length > "· congsinh".length, "a title");
    const words = await page.locator("body").innerText();
    this.expect(!/undefined|\bNaN\b|\[object |\{\s*\$/.test(words), `words of a program: ${words.match(/.{0,40}(undefined|\bNaN\b|\[object |\{\s*\$).{0,20}/)?.[0]}`);
    await this.shoot("desk");
    if (this.hasScript) await this.checkWithAxe();
    await this.checkOnPhone();
  }

  /** Charts are drawn when they come into sight, so every one is brought there. */
  async settle() {
    await this.page.waitForLoadState(this.hasScript ? "networkidle" : "load");
    if (!this.hasScript) return;
    for (const chart of await this.page.locator("[data-chart]:visible").all()) {
      // Not Playwright's own scrolling: it waits for two still frames, which a busy machine may not draw in time.
      await chart.evaluate((element) => element.scrollIntoView({ block: "center" }));
      const drawn = chart.locator("canvas, svg").first();
      await drawn.waitFor({ timeout: 30_000 }).catch(async () => this.fault(`not drawn: ${await chart.getAttribute("data-source")}`));
    }
    await this.page.evaluate(() => scrollTo(0, 0));
  }

  async checkWithAxe() {
    await this.page.evaluate(this.axe);
    const violations = await this.page.evaluate(async () => {
      const result = await globalThis.axe.run(document, { resultTypes: ["violations"] });
      return result.violations.map((rule) => `${rule.id} (${rule.impact}): ${rule.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(" | ")}`);
    });
    for (const violation of violations) this.fault(`axe: ${violation}`);
  }

  async checkOnPhone() {
    await this.page.setViewportSize(PHONE);
    await this.page.waitForTimeout(150);
    const wide = await this.page.evaluate(() => {
      const room = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= room) return null;
      const culprits = [...document.querySelectorAll("main *")].filter((element) => element.getBoundingClientRect().right > room + 1 && !element.closest(".table-scroll"));
      return `${document.documentElement.scrollWidth} px wide at ${room}: ${culprits.slice(0, 3).map((element) => element.outerHTML.slice(0, 90)).join(" | ")}`;
    });
    this.expect(wide === null, wide);
    await this.shoot("phone");
    await this.page.setViewportSize(DESK);
    await this.page.waitForTimeout(50);
  }

  async shoot(size) {
    if (!this.shots) return;
    const name = `${this.name}-${String(this.visited).padStart(2, "0")}${this.place.replaceAll(/[^a-zA-Z0-9]+/g, "-").slice(0, 60)}-${size}.png`;
    await this.page.screenshot({ path: join(this.shots, name), fullPage: true });
  }

  /** The first line of the page, which states the answer. */
  async finding() {
    const finding = this.page.locator("main p.finding");
    if (!this.expect((await finding.count()) > 0, "a first line that states the answer")) return "";
    return (await finding.first().innerText()).trim();
  }

  async expectFinding(pattern) {
    const finding = await this.finding();
    this.expect(pattern.test(finding), `first line "${finding}", expected ${pattern}`);
  }

  async expectWords(...patterns) {
    const words = await this.page.locator("main").innerText();
    for (const pattern of patterns) this.expect(pattern.test(words), `no ${pattern} on the page`);
  }

  /** Reads the page in the other language and comes back. */
  async switchLanguage() {
    const before = await this.page.locator("html").getAttribute("lang");
    const other = before === "vi" ? "en" : "vi";
    await this.follow(this.page.locator(`header a[hreflang="${other}"]`));
    this.expect((await this.page.locator("html").getAttribute("lang")) === other, `the page is not in ${other}`);
    const title = await this.page.locator("h1").innerText();
    await this.page.locator(`header a[hreflang="${before}"]`).click();
    await this.page.locator(`html[lang="${before}"]`).waitFor({ state: "attached" });
    this.expect((await this.page.locator("html").getAttribute("lang")) === before, `the page is not in ${before} again`);
    return title;
  }

  /** From a number to what it stands on: the mark opens a dialog that names the source. */
  async followNumber(mark = this.page.locator("main .basis[data-provenance]:visible")) {
    if (!this.expect((await mark.count()) > 0, "a number whose mark can be followed")) return "";
    await mark.first().click();
    const dialog = this.page.locator("dialog[open]");
    // The dialog opens at once and fills when the answer has come.
    await this.page.waitForFunction(() => document.querySelector("dialog[open]")?.innerText.length > 40).catch(() => {});
    const words = (await dialog.innerText()).trim();
    this.expect(words.length > 40, `the dialog says only "${words}"`);
    await this.checkWithAxe();
    await this.shoot("dialog");
    await this.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    return words;
  }

  /** Types without accents into the palette and finds what is meant. */
  async findWithPalette(words, expected) {
    await this.page.keyboard.press("Control+k");
    const palette = this.page.locator("dialog[open]");
    await palette.locator("input").fill(words);
    await palette.getByText(expected).first().waitFor();
    await this.checkWithAxe();
    await this.shoot("palette");
    // The first Escape empties the field, as in every search field of Chromium; the second closes the dialog.
    await this.page.keyboard.press("Escape");
    if (await palette.isVisible()) await this.page.keyboard.press("Escape");
    await palette.waitFor({ state: "hidden" });
  }

  /** Fetches a file with this visitor's session and looks at its first bytes. */
  async download(path, magic) {
    const response = await this.context.request.get(path);
    const bytes = await response.body();
    this.expect(response.status() === 200, `${path} answers ${response.status()}`);
    this.expect(bytes.subarray(0, magic.length).toString("latin1") === magic, `${path} is no ${magic} file`);
    return bytes;
  }

  async expectStatus(path, status) {
    const response = await this.context.request.get(path, { maxRedirects: 0 });
    this.expect(response.status() === status, `${path} answers ${response.status()}, expected ${status}`);
  }

  /** No enterprise but those allowed may appear anywhere in the page, its links or its data. */
  async expectNoEnterprise(...allowed) {
    this.expectUnnamed(await this.page.content(), allowed);
  }

  /** The same for every answer of the API about the park. */
  async expectApiWithoutEnterprise(park, ...allowed) {
    const description = await (await this.context.request.get("/api/openapi.json")).json();
    const asked = Object.entries(description.paths).filter(([path, ways]) => path.includes("{park}") && ways.get);
    const paths = asked.map(([path]) => path);
    this.expect(paths.length > 0, "the API describes what it says about a park");
    for (const path of paths) {
      this.place = path.replace("{park}", park);
      if (this.place.includes("{")) continue;
      const response = await this.context.request.get(this.place);
      if ([401, 403].includes(response.status())) continue;
      this.expect(response.status() === 200, `status ${response.status()}`);
      this.expectUnnamed(await response.text(), allowed);
    }
  }

  expectUnnamed(text, allowed) {
    for (const { code, vi, en } of this.demo.enterprises.filter(({ code }) => !allowed.includes(code))) {
      for (const name of [vi, en]) this.expect(!text.includes(name), `names ${code}: ${name}`);
      this.expect(!new RegExp(`\\b${code}\\b`).test(text), `names the code ${code}`);
    }
  }
}
