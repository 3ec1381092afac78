// The administrator: the log of changes and whether its chain is whole.
import { PARK } from "../steps.mjs";

export async function journey(visitor) {
  await visitor.arrive();
  await visitor.signIn("demo-administrator");
  const { page } = visitor;
  await visitor.follow(page.locator('nav.rail a[href="/audit"]'));
  await visitor.expectFinding(/\d+/);
  visitor.expect((await page.locator("main table tbody tr").count()) > 5, "the log lists its rows");
  await visitor.expectNoEnterprise();
  await visitor.switchLanguage();
  await visitor.visit(PARK);
  await visitor.expectNoEnterprise();
  await visitor.expectApiWithoutEnterprise("khu-mau");
  await visitor.expectStatus(`${PARK}/enterprises/E01`, 403);
  await visitor.signOut();
}
