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
  await pasteABlock(visitor);
  await attachABill(visitor);
  await completeAMonth(visitor);
  await confirmAStream(visitor);
  await visitor.visit(`${PARK}/enterprises/E01`);
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

/** A block from Excel is shown as it was understood, then kept; one with a fault is not. */
async function pasteABlock(visitor) {
  const { page } = visitor;
  await visitor.visit(`${PARK}/enterprises/E01`);
  await visitor.follow(page.locator('main a[href*="/intake"]'));
  await visitor.switchLanguage();
  const read = async (block) => {
    await page.locator("#text").fill(block);
    await visitor.send(page.locator("form:has(#text) button"));
  };
  visitor.refusalExpected(true);
  await read("Tháng\tNước ngầm (m3)\n05/2024\tba trăm");
  visitor.refusalExpected(false);
  await visitor.expectWords(/B2/, /không phải là số/);
  await read("Tháng\tNước ngầm (m3)\n05/2024\t310,5");
  await visitor.expectFinding(/Đọc được 1 số liệu/);
  await visitor.send(page.locator("#preview button"));
  await visitor.expectFinding(/Đã thêm 1/);
}

/** A bill is attached to its record and listed with its hash. */
async function attachABill(visitor) {
  const { page } = visitor;
  await visitor.visit(`${PARK}/enterprises/E01/history/electricity/2024-05`);
  await page.locator('main input[type="file"]').setInputFiles({ name: "hoa-don-05.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7 bill") });
  await visitor.send(page.locator('main form:has(input[type="file"]) button'));
  await visitor.expectWords(/hoa-don-05\.pdf/, /[0-9a-f]{64}/);
  await visitor.visit(`${PARK}/enterprises/E01/evidence`);
  await visitor.expectFinding(/1 tệp minh chứng/);
  await visitor.switchLanguage();
}

/** A likely stream is confirmed with the enterprise's own quantity, stands among its streams, and is taken back. */
async function confirmAStream(visitor) {
  const { page } = visitor;
  await visitor.visit(`${PARK}/enterprises/E01`);
  await visitor.follow(page.locator('main a[href*="/profile"]'));
  await visitor.expectFinding(/dòng có thể có đang chờ xác nhận/);
  await visitor.switchLanguage();
  const row = page.locator('#proposals tr:has(input[value="give/020204"])');
  const answer = async (quantity, act) => {
    await row.locator('input[name="quantity"]').fill(quantity);
    await visitor.send(row.locator(`button[value="${act}"]`));
  };
  visitor.refusalExpected(true);
  await answer("mười hai", "confirm");
  visitor.refusalExpected(false);
  await visitor.expectWords(/không phải là số/);
  await answer("1.250,5", "confirm");
  await visitor.expectWords(/Bùn từ xử lý nước thải.*đã khai/);
  await visitor.visit(`${PARK}/enterprises/E01`);
  await visitor.expectWords(/Bùn từ xử lý nước thải/, /Doanh nghiệp xác nhận đề xuất/);
  await visitor.visit(`${PARK}/enterprises/E01/profile`);
  await visitor.send(page.locator('#answered button[value="back"]'));
  await row.waitFor();
}

/** Completing is an act of its own. */
async function completeAMonth(visitor) {
  const { page } = visitor;
  await visitor.visit(`${PARK}/enterprises/E01`);
  await page.locator('#periods select[name="period"]').selectOption("2024-01");
  await visitor.send(page.locator("#periods form.context button"));
  await visitor.expectWords(/Đã hoàn tất/);
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
