// The park of the journeys and its six steps.
export const PARK = "/parks/khu-mau";
export const STEPS = ["observe", "assess", "matching", "plan", "verify", "report"];

/** Walks through the six tabs by pressing them, from the left to the right. */
export async function walkSteps(visitor, look = async () => {}) {
  for (const step of STEPS) {
    await visitor.follow(visitor.page.locator(`nav.steps a[href^="${PARK}/${step}"]`));
    visitor.expect(new URL(visitor.page.url()).pathname === `${PARK}/${step}`, `the tab leads to ${step}`);
    visitor.expect((await visitor.page.locator('nav.steps a[aria-current="page"]').count()) === 1, "one current tab");
    await visitor.finding();
    await look(step);
  }
}
