// The ministry: the nation on both editions of provinces, the register, a park in totals.
import { PARK, STEPS } from "../steps.mjs";

export async function journey(visitor) {
  await visitor.arrive();
  await visitor.signIn("demo-ministry");
  const { page } = visitor;
  await visitor.visit("/");
  await visitor.expectFinding(/144 khu/);

  const totals = [];
  for (const edition of ["2024", "2025"]) {
    await visitor.visit(`/?provinces=${edition}`);
    totals.push(await page.locator("#provinces tfoot, table tfoot").first().innerText().catch(() => ""));
  }
  visitor.expect(totals[0].match(/\d+/)?.[0] === "144" && totals[1].match(/\d+/)?.[0] === "144", `totals of both editions: ${totals}`);

  await visitor.visit("/parks?q=tra+noc");
  await visitor.expectWords(/Trà Nóc/);
  await visitor.switchLanguage();
  for (const step of STEPS) {
    await visitor.visit(`${PARK}/${step}`);
    await visitor.expectNoEnterprise();
  }
  await visitor.visit("/parks/kalundborg/matching");
  await visitor.expectStatus(`${PARK}/enterprises/E01`, 403);
}
