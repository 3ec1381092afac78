// A reader without script, and one with the dark theme: nothing may be lost.
import { PARK, STEPS } from "../steps.mjs";

export async function journey(visitor) {
  await visitor.arrive({ javaScriptEnabled: false });
  await visitor.visit("/");
  await visitor.signIn("demo-operator");
  const { page } = visitor;
  for (const step of STEPS) {
    await visitor.visit(`${PARK}/${step}`);
    visitor.expect((await page.locator("main table:visible").count()) > 0, "tables are shown");
    visitor.expect((await page.locator("[data-chart]:visible:not(:has(svg))").count()) === 0, "no empty places of charts");
  }
  await page.locator('form.context select[name="framework"]').selectOption("vn-decree-82-2018");
  await visitor.follow(page.locator("form.context button"));

  await visitor.arrive({ colorScheme: "dark" });
  await visitor.signIn("demo-operator");
  for (const step of ["assess", "plan", "verify"]) await visitor.visit(`${PARK}/${step}`);
}
