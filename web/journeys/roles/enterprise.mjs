// The energy officer of an enterprise: what is to be done, this month's bill, the own options and streams.
import { PARK, walkSteps } from "../steps.mjs";

export async function journey(visitor) {
  await visitor.arrive();
  await visitor.signIn("demo-enterprise");
  const { page } = visitor;
  visitor.expect(new URL(page.url()).pathname === `${PARK}/enterprises/E01`, "sign-in leads to the own enterprise");
  await visitor.expectFinding(/việc cần làm/);
  await visitor.expectNoEnterprise("E01");

  await correctABill(visitor);
  await visitor.followNumber();
  await visitor.switchLanguage();

  await walkSteps(visitor, () => visitor.expectNoEnterprise("E01"));
  await visitor.visit(PARK);
  await visitor.expectNoEnterprise("E01");
  await visitor.expectApiWithoutEnterprise("khu-mau", "E01");
  await visitor.expectStatus(`${PARK}/enterprises/E02`, 403);
  await visitor.expectStatus(`${PARK}/workbook.xlsx`, 403);
  await visitor.expectStatus("/audit", 403);
  await visitor.signOut();
}

/** Types another amount, sees it saved with a trace, and puts the old one back. */
async function correctABill(visitor) {
  const { page } = visitor;
  const form = page.locator("form[data-grid-form]");
  const cell = form.locator("td input").first();
  const before = await cell.inputValue();
  for (const amount of ["12.345", before]) {
    await cell.fill(amount);
    await cell.press("Enter");
    await form.locator('td[data-state="saved"]').first().waitFor();
  }
  await page.reload();
  visitor.expect((await cell.inputValue()) === before, "the old amount is back");
  await cell.fill("mười hai");
  visitor.refusalExpected(true);
  await cell.press("Enter");
  await form.locator('td[data-state="failed"]').first().waitFor();
  visitor.refusalExpected(false);
  await page.reload();
  visitor.expect((await cell.inputValue()) === before, "what is no number is not kept");
}
