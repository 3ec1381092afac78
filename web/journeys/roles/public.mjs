// A visitor without a name: the nation, the register, and what is not for everybody.
import { PARK, STEPS } from "../steps.mjs";

export async function journey(visitor) {
  const { page } = await visitor.arriveAt("/");
  await visitor.expectFinding(/144 khu/);
  await visitor.expectWords(/Hoàng Sa/, /Trường Sa/);
  await visitor.switchLanguage();

  await visitor.visit("/parks");
  await visitor.expectFinding(/144/);
  visitor.expect((await page.locator("main table tbody tr").count()) >= 100, "the register lists its parks");
  await visitor.download("/parks.csv", "");
  await visitor.follow(page.locator('main table a[href^="/registry/"]'));
  await visitor.expectWords(/OpenStreetMap|https?:|\./);

  await visitor.findWithPalette("tra noc", /Trà Nóc 1/);
  await visitor.visit("/api/docs");

  for (const step of STEPS) await visitor.expectStatus(`${PARK}/${step}`, 401);
  await visitor.expectStatus(`${PARK}/enterprises/E01`, 401);
  await visitor.expectStatus("/audit", 401);
  await visitor.expectStatus("/no-such-page", 404);
}
