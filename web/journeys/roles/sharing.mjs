// What an enterprise shares and takes back, seen from both sides, and who looked.
import { PARK } from "../steps.mjs";

const OWN = `${PARK}/enterprises/E01`;
const STREAMS = 'form[action$="/withdraw"]:has-text("Dòng vật chất"):has-text("Bên vận hành")';

export async function journey(visitor) {
  await visitor.arrive();
  await theOperatorSees(visitor, 2, true);

  await visitor.signIn("demo-enterprise");
  await visitor.follow(visitor.page.locator('main a[href*="/sharing"]'));
  await visitor.expectFinding(/nội dung đang được chia sẻ thêm/);
  await visitor.expectWords(/Theo luật/, /Trang doanh nghiệp/, /Nguyễn Văn An/);
  await press(visitor, visitor.page.locator(`${STREAMS} button`));
  visitor.expect((await visitor.page.locator(STREAMS).count()) === 0, "what was withdrawn is no longer among what is shared");
  await visitor.expectWords(/thu hồi lúc/);
  await visitor.switchLanguage();
  await visitor.signOut();

  await theOperatorSees(visitor, 3, false);

  await visitor.signIn("demo-enterprise");
  await visitor.visit(`${OWN}/sharing`);
  await aDayThatHasPassed(visitor);
  await visitor.page.locator('select[name="subject"]').selectOption("streams");
  await visitor.page.locator('select[name="receiver"]').selectOption("operator");
  await press(visitor, visitor.page.locator('form[action$="/share"] button'));
  visitor.expect((await visitor.page.locator(STREAMS).count()) === 1, "what was shared is among what is shared");
  await visitor.signOut();

  await theOperatorSees(visitor, 2, true);
  await theOperatorAssigns(visitor);
}

/** The operator is told how many keep their streams to themselves, and sees the enterprise's own only while shared. */
async function theOperatorSees(visitor, withheld, sees) {
  await visitor.signIn("demo-operator");
  await visitor.visit(`${PARK}/matching`);
  await visitor.expectWords(new RegExp(`dòng vật chất của ${withheld} doanh nghiệp`));
  await visitor.visit(OWN);
  const words = await visitor.page.locator("main").innerText();
  visitor.expect(words.includes("Thủy sản Mẫu 01"), "the enterprise by name, as the law has it");
  visitor.expect((await visitor.page.locator("main table#streams").count()) === (sees ? 1 : 0), `streams shown: ${sees}`);
  await visitor.signOut();
}

/** A last day in the past is refused, with the reason at the top of the page. */
async function aDayThatHasPassed(visitor) {
  const day = visitor.page.locator('form[action$="/share"] input[type="date"]');
  await day.evaluate((input) => input.removeAttribute("min"));
  await day.fill("2020-01-31");
  visitor.refusalExpected(true);
  await press(visitor, visitor.page.locator('form[action$="/share"] button'));
  visitor.refusalExpected(false);
  await visitor.expectWords(/Ngày cuối phải từ/);
}

/** The consultant of the park is let go, and comes back. */
async function theOperatorAssigns(visitor) {
  await visitor.signIn("demo-operator");
  await visitor.visit(`${PARK}/sharing`);
  await visitor.expectFinding(/38 trên 40 doanh nghiệp chia sẻ mọi nội dung; 1 chuyên gia/);
  await visitor.switchLanguage();
  await press(visitor, visitor.page.locator('form[action$="/sharing/end"] button'));
  await visitor.expectFinding(/0 chuyên gia/);
  await visitor.signOut();

  // Whoever works nowhere arrives at the nation.
  await visitor.signIn("demo-consultant");
  await visitor.expectStatus(`${PARK}/observe`, 403);
  await visitor.signOut();

  await visitor.signIn("demo-operator");
  await visitor.visit(`${PARK}/sharing`);
  await press(visitor, visitor.page.locator('form[action$="/sharing/assign"] button'));
  await visitor.expectFinding(/1 chuyên gia/);
  await visitor.signOut();
}

/** Presses a button that sends a form, and looks at the page that answers. */
async function press(visitor, button) {
  const { page } = visitor;
  await Promise.all([page.waitForNavigation({ waitUntil: "load" }), button.first().click()]);
  await visitor.look();
}
