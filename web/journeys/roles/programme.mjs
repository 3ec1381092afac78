// The programme officer: results by status, where they come from, what others published.
import { PARK } from "../steps.mjs";

export async function journey(visitor) {
  await visitor.arrive();
  await visitor.signIn("demo-programme");
  await visitor.visit("/");
  await visitor.expectWords(/đã kiểm chứng/, /trạng thái/);
  await visitor.switchLanguage();
  await visitor.visit(`${PARK}/verify`);
  await visitor.expectWords(/MWh/, /t CO₂e/);
  await visitor.expectNoEnterprise();
  await visitor.visit(`${PARK}/report`);
  await visitor.expectNoEnterprise();
  await visitor.expectStatus(`${PARK}/report.pdf?lang=vi`, 403);
  await visitor.signOut();
}
