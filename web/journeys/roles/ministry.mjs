// The ministry: the nation on both editions of provinces, the register, a park in totals.
import { PARK, STEPS } from "../steps.mjs";

export async function journey(visitor) {
  await visitor.arrive();
  await visitor.signIn("demo-ministry");
  const { page } = visitor;
  await visitor.visit("/");
  await visitor.expectFinding(/144 khu/);

  for (const [edition, provinces] of [["2024", 63], ["2025", 34]]) {
    await visitor.visit(`/?provinces=${edition}`);
    const table = page.locator("main table:has(tfoot)").first();
    const total = await table.locator("tfoot td").first().getAttribute("data-value");
    visitor.expect(total === "144", `the provinces of ${edition} have ${total} parks together`);
    const rows = await table.locator('tbody a[href*="/provinces/"]').count();
    visitor.expect(rows > 0 && rows <= provinces, `${rows} provinces of ${edition}`);
  }

  await visitor.visit("/parks?q=tra+noc");
  await visitor.expectWords(/Trà Nóc/);
  await visitor.switchLanguage();
  for (const step of STEPS) {
    await visitor.visit(`${PARK}/${step}`);
    await visitor.expectNoEnterprise();
  }
  await visitor.visit("/parks/kalundborg/matching");
  await visitor.expectApiWithoutEnterprise("khu-mau");
  await visitor.expectStatus(`${PARK}/enterprises/E01`, 403);
}
