// The consultant of the park: every framework, one criterion in full, measures and their savings.
import { PARK } from "../steps.mjs";

const FRAMEWORKS = ["vn-decree-82-2018", "vn-circular-05-2025", "international-eip-2017"];

export async function journey(visitor) {
  await visitor.arrive();
  await visitor.signIn("demo-consultant");
  const { page } = visitor;
  await visitor.follow(page.locator(`nav.steps a[href^="${PARK}/assess"]`));

  for (const framework of FRAMEWORKS) {
    const before = page.url();
    await page.locator('form.context select[name="framework"]').selectOption(framework);
    await page.waitForURL((url) => url.href !== before && url.searchParams.get("framework") === framework, { waitUntil: "load" });
    await visitor.look();
    await visitor.expectFinding(/\d+ trên \d+ tiêu chí áp dụng/);
  }
  await visitor.expectWords(/chưa được xác nhận/);
  visitor.expect((await page.locator("main .mark.unconfirmed").count()) >= 52, "every unconfirmed row carries its mark");

  await visitor.visit(`${PARK}/plan`);
  await visitor.followNumber();
  await visitor.visit(`${PARK}/verify?period=2023`);
  await visitor.visit(`${PARK}/matching`);
  await visitor.switchLanguage();
  await visitor.expectStatus("/parks/kalundborg/observe", 403);
  await visitor.expectStatus("/audit", 403);
}
