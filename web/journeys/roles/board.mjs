// The provincial management board: the province, its park in totals, and no enterprise by name.
import { PARK, walkSteps } from "../steps.mjs";

export async function journey(visitor) {
  await visitor.arrive();
  await visitor.signIn("demo-board");
  await visitor.expectFinding(/144/);
  await visitor.visit("/provinces/92");
  await visitor.expectFinding(/khu/);
  await visitor.switchLanguage();

  await visitor.visit(PARK);
  await visitor.expectNoEnterprise();
  await walkSteps(visitor, () => visitor.expectNoEnterprise());
  await visitor.expectWords(/tổng hợp/);
  await visitor.expectApiWithoutEnterprise("khu-mau");
  await visitor.expectStatus(`${PARK}/enterprises/E01`, 403);
  await visitor.expectStatus(`${PARK}/workbook.xlsx`, 403);
  await visitor.expectStatus(`${PARK}/verify/A01`, 403);
  await visitor.signOut();
}
