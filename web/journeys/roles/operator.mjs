// The park's operator: the six steps from left to right, a number followed to its record, the files handed over.
import { PARK, walkSteps } from "../steps.mjs";

const FIRST_LINES = {
  observe: /trên \d+ tháng đủ/,
  assess: /\d+ trên \d+ tiêu chí áp dụng đạt \(\d+ không áp dụng, \d+ chưa đủ dữ liệu\)/,
  matching: /trao đổi khả thi.*(tối ưu)/,
  plan: /giải pháp đáng làm/,
  verify: /khoảng tin cậy 90 %/,
  report: /Báo cáo kỳ 2024/,
};

export async function journey(visitor) {
  await visitor.arrive();
  await visitor.signIn("demo-operator");
  const { page } = visitor;
  visitor.expect(new URL(page.url()).pathname === PARK, "sign-in leads to the own park");
  await visitor.expectFinding(/Đạt \d+ trên \d+/);
  await visitor.expectWords(/tổng hợp/);
  await visitor.switchLanguage();
  await visitor.findWithPalette("khu mau", /Khu công nghiệp Mẫu/);

  await walkSteps(visitor, (step) => visitor.expectFinding(FIRST_LINES[step]));

  await toTheRecord(visitor);
  await whatWouldMakeItMet(visitor);
  await whyNoMatch(visitor);
  await decideOnTheNetwork(visitor);
  await aSaving(visitor);
  await visitor.visit(`${PARK}/enterprises/E02`);
  await visitor.finding();
  await answerAndApprove(visitor);
  await callForData(visitor);
  await takeFiles(visitor);
  await handIn(visitor);
  await visitor.signOut();
}

/** Two acts from a number to what it was added from. */
async function toTheRecord(visitor) {
  await visitor.visit(`${PARK}/observe`);
  const words = await visitor.followNumber();
  visitor.expect(/\d/.test(words), "the dialog gives the figure");
  const { page } = visitor;
  const whole = page.locator('main .basis[data-provenance]:visible').first();
  await visitor.visit(await whole.getAttribute("href"));
  await visitor.expectWords(/E\d\d|Thủy sản|Giấy|Thép/);
}

async function whatWouldMakeItMet(visitor) {
  const { page } = visitor;
  await visitor.visit(`${PARK}/assess`);
  const open = page.locator('main tr:has(.outcome.not-met) a[href*="VN35"], main li:has(.outcome.not-met) a[href*="VN35"]').first();
  await visitor.visit(await open.getAttribute("href"));
  await visitor.expectWords(/đạt/);
}

async function whyNoMatch(visitor) {
  await visitor.visit(`${PARK}/matching`);
  const reasons = visitor.page.locator("#why-not details");
  if (!visitor.expect((await reasons.count()) > 0, "a stream without a match says why")) return;
  await reasons.first().locator("summary").first().click();
  visitor.expect((await reasons.first().locator("li, td").first().innerText()).length > 10, "the reason is a sentence");
}

async function decideOnTheNetwork(visitor) {
  const { page } = visitor;
  await visitor.visit(`${PARK}/matching`);
  await visitor.visit(await page.locator('main nav.crumbs a[href*="/matching/network"]').getAttribute("href"));
  await visitor.expectFinding(/lợi ích lớn nhất.*(tối ưu)/);
  await visitor.visit(`${PARK}/matching/network?curve=disposal`);
  await visitor.visit(await page.locator("#points tbody a").nth(1).getAttribute("href"));
  await visitor.expectFinding(/Điểm 2/);
  await visitor.visit(`${PARK}/matching/network?a.leaves=E37`);
  await visitor.expectWords(/Lợi ích so với mạng gốc/);
  // Without script the answer waits until somebody looks again.
  if (!visitor.hasScript) return;
  await page.locator("#draws form button").click();
  await page.locator("#draws-figure").waitFor({ timeout: 60_000 });
  await visitor.expectWords(/95 % số lần rút/);
}

async function aSaving(visitor) {
  await visitor.visit(`${PARK}/verify/A01`);
  await visitor.expectFinding(/±|khoảng tin cậy/);
  await visitor.visit(`${PARK}/verify/A13`);
  await visitor.expectWords(/từ chối|chưa đủ|thiếu/i);
}

/** A finding is answered; a month is completed, approved and thereby locked. */
async function answerAndApprove(visitor) {
  const { page } = visitor;
  await visitor.visit(`${PARK}/observe`);
  await visitor.visit(await page.locator('#findings a[href*="#finding."]').first().getAttribute("href"));
  const open = page.locator("#findings article").first();
  await open.locator("summary").first().click();
  await open.locator("textarea").fill("Đã đối chiếu với hóa đơn gốc");
  await visitor.send(open.locator("form button"));
  await visitor.expectWords(/Đã trả lời: 1 điểm/, /Đã đối chiếu với hóa đơn gốc/);
  await visitor.visit(`${PARK}/enterprises/E02`);
  await page.locator('#periods select[name="period"]').selectOption("2024-02");
  await visitor.send(page.locator("#periods form.context button"));
  await visitor.send(page.locator('#periods form:has(input[value="approve"]) button'));
  await visitor.expectWords(/Đã phê duyệt/);
  const cell = page.locator('[id="amount.2024-02"]');
  const before = await cell.inputValue();
  visitor.refusalExpected(true);
  await cell.fill("1");
  await cell.press("Enter");
  await page.locator('form[data-grid-form] td[data-state="failed"]').first().waitFor();
  visitor.refusalExpected(false);
  await page.reload();
  visitor.expect((await cell.inputValue()) === before, "an approved month is locked");
}

/** Gaps by what they would settle, and the letter that asks for one. */
async function callForData(visitor) {
  const { page } = visitor;
  await visitor.visit(`${PARK}/gaps`);
  await visitor.expectFinding(/khoảng trống/);
  await visitor.switchLanguage();
  const letter = await page.locator('main a[href*="/call"]').first().getAttribute("href");
  await visitor.visit(letter);
  await visitor.expectWords(/Kính gửi/, /Dear/);
  await visitor.switchLanguage();
  await visitor.download(await page.locator('main a[href*="call.pdf"]').getAttribute("href"), "%PDF");
}

async function takeFiles(visitor) {
  for (const language of ["vi", "en"]) {
    await visitor.download(`${PARK}/report.pdf?lang=${language}`, "%PDF");
    await visitor.download(`${PARK}/report.xlsx?lang=${language}`, "PK");
  }
  const report = JSON.parse(await visitor.download(`${PARK}/report.json`, "{"));
  visitor.expect(report.park === "khu-mau", "the report as JSON names its park");
  await visitor.download("/template.xlsx", "PK");
}

/** The park's own workbook comes in again; a file that is none gives faults. */
async function handIn(visitor) {
  const { page } = visitor;
  const workbook = await visitor.download(`${PARK}/workbook.xlsx`, "PK");
  await visitor.visit(`${PARK}/observe`);
  await visitor.follow(page.locator('main a[href*="/import"]'));
  const upload = async (name, bytes) => {
    await page.locator('main input[type="file"]').setInputFiles({ name, mimeType: "application/octet-stream", buffer: bytes });
    await Promise.all([page.waitForResponse((answer) => answer.request().method() === "POST"), page.locator('main form:has(input[type="file"]) button').first().click()]);
    await page.waitForLoadState("load");
  };
  visitor.refusalExpected(true);
  await upload("broken.xlsx", Buffer.from("this is no workbook"));
  await page.locator("main .faults").waitFor();
  visitor.refusalExpected(false);
  await visitor.look();
  await upload("khu-mau.xlsx", workbook);
  await visitor.look();
  visitor.expect((await page.locator("main .faults").count()) === 0, "the park's own workbook has no fault");
}
