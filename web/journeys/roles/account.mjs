// Somebody new: invited, lets themselves in, sets up a second step, ends a forgotten session, loses the password.
import { codeOf, linkFor } from "../letters.mjs";

const MAIL = "hoa@example.org";
const PASSWORD = "cá tra bơi ngược sông Hậu";
const OTHER_PASSWORD = "mưa rơi trên mái tôn đỏ";

export async function journey(visitor) {
  const outbox = visitor.demo.said().match(/(?:Thư được ghi vào|Letters are written into) (\S+)/)[1];
  await invite(visitor);
  await acceptInvitation(visitor, await linkFor(outbox, MAIL));
  const key = await setUpSecondStep(visitor);
  await endForgottenSession(visitor, key);
  await losePassword(visitor, outbox);
  await refuseWeakPassword(visitor);
}

async function invite(visitor) {
  await visitor.arrive();
  await visitor.signIn("demo-administrator");
  const { page } = visitor;
  await visitor.follow(page.locator('nav.rail a[href="/people"]'));
  await visitor.expectFinding(/8 người, 8 đang hoạt động/);
  await visitor.switchLanguage();
  await visitor.follow(page.locator('main a[href="/invitations"]'));
  await visitor.switchLanguage();
  await page.getByLabel("Địa chỉ thư").fill(MAIL);
  await page.locator("#role").selectOption("ministry");
  await Promise.all([page.waitForResponse((response) => response.request().method() === "POST"), page.getByRole("button", { name: "Mời", exact: true }).click()]);
  await page.waitForLoadState();
  await visitor.look();
  await visitor.expectWords(/hoa@example\.org/, /đang chờ/);
  await visitor.signOut();
}

async function acceptInvitation(visitor, link) {
  await visitor.arrive();
  const { page } = visitor;
  await visitor.visit(link.pathname + link.search);
  await visitor.expectFinding(/Cán bộ cấp bộ/);
  await visitor.switchLanguage();
  await page.getByLabel("Họ và tên").fill("Lê Thị Hoa");
  await page.getByLabel("Mật khẩu").fill(PASSWORD);
  await visitor.follow(page.getByRole("button", { name: "Tạo tài khoản" }));
  await visitor.expectFinding(/144/);
  await page.locator("details.menu summary").click();
  await visitor.follow(page.locator('details.menu a[href="/account"]'));
  await visitor.expectFinding(/1 phiên/);
  await visitor.expectWords(/phiên này/);
  await visitor.switchLanguage();
}

async function setUpSecondStep(visitor) {
  const { page } = visitor;
  await visitor.follow(page.locator('main a[href="/account/second-factor"]'));
  await visitor.switchLanguage();
  const key = await page.locator("code.key").innerText();
  await page.getByLabel("Mã xác thực").fill(codeOf(key));
  await Promise.all([page.waitForResponse((response) => response.request().method() === "POST"), page.getByRole("button", { name: "Bật" }).click()]);
  await page.locator("ul.codes").waitFor();
  await visitor.look();
  visitor.expect((await page.locator("ul.codes li").count()) === 10, "ten recovery codes");
  visitor.codes = await page.locator("ul.codes li").allInnerTexts();
  await visitor.follow(page.locator('main a[href="/account"]'));
  await visitor.expectWords(/đang bật/);
  return key;
}

/** Signs in elsewhere, as on a machine that somebody forgot to leave, and ends that session from here. */
async function endForgottenSession(visitor, key) {
  const { page } = visitor;
  const elsewhere = await visitor.browser.newContext({ baseURL: visitor.demo.address, locale: "vi-VN" });
  const other = await elsewhere.newPage();
  await other.goto("/sign-in");
  await other.locator("#user").fill(MAIL);
  await other.locator("#password").fill(PASSWORD);
  await other.locator("form.form button").click();
  await other.waitForURL((url) => url.pathname === "/sign-in/code");
  // The code that confirmed the key is used up, so the next one is taken.
  await other.locator("#code").fill(codeOf(key, 1));
  await other.locator("form.form button").click();
  await other.waitForURL((url) => url.pathname === "/");
  await visitor.visit("/account");
  await visitor.expectFinding(/2 phiên/);
  await page.locator("#sessions tbody button").first().click();
  await page.locator("#sessions tbody tr:nth-child(2)").waitFor({ state: "detached" });
  await visitor.look();
  await visitor.expectFinding(/1 phiên/);
  const refused = await elsewhere.request.get("/account", { maxRedirects: 0 });
  visitor.expect(refused.status() === 401, `an ended session answers ${refused.status()}`);
  await elsewhere.close();
  await visitor.signOut();
}

async function losePassword(visitor, outbox) {
  await visitor.arrive();
  const { page } = visitor;
  await visitor.visit("/sign-in");
  await visitor.switchLanguage();
  await visitor.follow(page.locator('main a[href="/sign-in/lost"]'));
  await visitor.switchLanguage();
  await page.getByLabel("Địa chỉ thư").fill(MAIL);
  await page.getByRole("button", { name: "Gửi thư" }).click();
  await page.locator('p.finding[role="status"]').waitFor();
  await visitor.look();
  let link = await linkFor(outbox, MAIL);
  while (!link.pathname.endsWith("/reset")) {
    await page.waitForTimeout(200);
    link = await linkFor(outbox, MAIL);
  }
  await visitor.visit(link.pathname + link.search);
  await visitor.switchLanguage();
  await page.getByLabel("Mật khẩu mới").fill(OTHER_PASSWORD);
  await visitor.follow(page.getByRole("button", { name: "Lưu mật khẩu" }));
  await visitor.switchLanguage();
  await page.getByLabel("Mã xác thực").fill(visitor.codes[0]);
  await visitor.follow(page.getByRole("button", { name: "Đăng nhập" }));
  await visitor.expectFinding(/144/);
}

async function refuseWeakPassword(visitor) {
  const { page } = visitor;
  await visitor.visit("/account");
  await page.getByLabel("Mật khẩu hiện tại").fill(OTHER_PASSWORD);
  await page.getByLabel("Mật khẩu mới").fill("password123");
  visitor.refusalExpected(true);
  await page.getByRole("button", { name: "Đổi mật khẩu" }).click();
  await page.locator("section.faults").waitFor();
  await visitor.expectWords(/mật khẩu thông dụng/);
  await visitor.look();
  visitor.refusalExpected(false);
  await visitor.signOut();
}
