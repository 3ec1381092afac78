// What the assess step leads to: editions, guidance, forms, duties, dossiers and the policy laboratory.
import { PARK } from "../steps.mjs";

const OF_THE_OPERATOR = [
  `${PARK}/assess/VN35-37-2C`,
  `${PARK}/assess/editions`,
  `${PARK}/assess/years`,
  `${PARK}/assess/parks`,
  `${PARK}/forms`,
  `${PARK}/forms/vn-a4`,
  `${PARK}/obligations`,
  `${PARK}/enterprises/E09/obligations`,
  "/dossiers",
  "/deadlines",
];
const OF_THE_MINISTRY = [
  "/policy?kind=sample&VN35-37-2C.target=60",
  "/dossiers",
  "/law-map",
  "/worked-example",
  "/frameworks",
  "/frameworks/vn-decree-35-2022",
  "/frameworks/vn-decree-35-2022/compare?with=vn-decree-82-2018",
];

export async function journey(visitor) {
  await visitor.arrive();
  await visitor.signIn("demo-operator");
  for (const path of OF_THE_OPERATOR) {
    await visitor.visit(path);
  }
  await visitor.visit("/dossiers");
  await visitor.follow(visitor.page.locator('main a[href*="/dossiers/"]').first());
  await visitor.switchLanguage();
  for (const path of OF_THE_OPERATOR) {
    await visitor.visit(path);
  }
  await visitor.signOut();

  await visitor.signIn("demo-ministry");
  for (const path of OF_THE_MINISTRY) {
    await visitor.visit(path);
    await visitor.expectNoEnterprise();
  }
}
