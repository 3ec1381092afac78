// Single sign-on against a real provider: refused as a stranger, linked by the owner, then in; and by an invitation.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Provider from "oidc-provider";
import { startDemo } from "../demo.mjs";
import { linkFor } from "../letters.mjs";

const SECRET = "a secret of this journey alone";
const PASSWORD = "cá tra bơi ngược sông Hậu";

export async function journey(visitor) {
  const folder = await mkdtemp(join(tmpdir(), "congsinh-oidc-"));
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${server.address().port}`;
  await writeFile(
    join(folder, "providers.toml"),
    `[[provider]]\nid = "bo"\nname_vi = "Cổng của bộ"\nname_en = "The ministry"\nissuer = "${issuer}"\nclient_id = "congsinh"\nclient_secret_env = "CONGSINH_JOURNEY_SECRET"\n`,
  );
  const demo = await startDemo(process.argv[2], { CONGSINH_OIDC: join(folder, "providers.toml"), CONGSINH_JOURNEY_SECRET: SECRET });
  visitor.demo = demo;
  server.on("request", provider(issuer, demo.address).callback());
  try {
    const outbox = demo.said().match(/(?:Thư được ghi vào|Letters are written into) (\S+)/)[1];
    await refuseStranger(visitor);
    await linkOwnAccount(visitor, outbox);
    await enterLinked(visitor);
    await enterByInvitation(visitor);
  } finally {
    await visitor.context?.close();
    visitor.context = undefined;
    await demo.stop();
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  }
}

function provider(issuer, address) {
  return new Provider(issuer, {
    clients: [{ client_id: "congsinh", client_secret: SECRET, redirect_uris: [`${address}/sign-in/return`] }],
    claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
    cookies: { keys: ["a key of this journey alone"] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@example.org`, email_verified: true, name: id === "dung" ? "Hoàng Dung" : "Lê Hoa" }),
    }),
  });
}

/** Goes to the provider, says there who it is, and comes back. The provider's own pages are not ours to judge. */
async function passProvider(visitor, link, person) {
  const { page } = visitor;
  visitor.refusalExpected(true);
  const faults = visitor.faults.length;
  await link.click();
  await page.locator('input[name="login"]').fill(person);
  await page.locator('input[name="password"]').fill("x");
  await page.locator('button[type="submit"]').click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.waitForURL((url) => url.origin === visitor.demo.address);
  visitor.faults.length = faults;
  await visitor.look();
  visitor.refusalExpected(false);
}

async function refuseStranger(visitor) {
  await visitor.arrive();
  await visitor.visit("/sign-in");
  await visitor.switchLanguage();
  await passProvider(visitor, visitor.page.getByRole("button", { name: "Đăng nhập bằng Cổng của bộ" }).or(visitor.page.getByRole("link", { name: "Cổng của bộ" })), "hoa");
  await visitor.expectFinding(/chưa gắn với tài khoản/);
}

async function invite(visitor, mail) {
  await visitor.arrive();
  await visitor.signIn("demo-administrator");
  const { page } = visitor;
  await visitor.visit("/invitations");
  await page.getByLabel("Địa chỉ thư").fill(mail);
  await page.locator("#role").selectOption("ministry");
  await page.getByRole("button", { name: "Mời", exact: true }).click();
  await page.locator(`tbody th:has-text("${mail}")`).waitFor();
  await visitor.signOut();
}

async function linkOwnAccount(visitor, outbox) {
  await invite(visitor, "hoa@example.org");
  const link = await linkFor(outbox, "hoa@example.org");
  await visitor.arrive();
  const { page } = visitor;
  await visitor.visit(link.pathname + link.search);
  await page.getByLabel("Họ và tên").fill("Lê Thị Hoa");
  await page.getByLabel("Mật khẩu").fill(PASSWORD);
  await visitor.follow(page.getByRole("button", { name: "Tạo tài khoản" }));
  await visitor.visit("/account");
  await passProvider(visitor, page.getByRole("link", { name: /Liên kết với/ }), "hoa");
  await visitor.expectWords(/đã liên kết/);
  await visitor.switchLanguage();
  await visitor.signOut();
}

async function enterLinked(visitor) {
  await visitor.arrive();
  await visitor.visit("/sign-in");
  await passProvider(visitor, visitor.page.locator('a[href^="/sign-in/with"]'), "hoa");
  await visitor.visit("/account");
  await visitor.expectWords(/hoa@example\.org/);
  await visitor.signOut();
}

async function enterByInvitation(visitor) {
  await invite(visitor, "dung@example.org");
  await visitor.arrive();
  await visitor.visit("/sign-in");
  await passProvider(visitor, visitor.page.locator('a[href^="/sign-in/with"]'), "dung");
  await visitor.visit("/account");
  await visitor.expectWords(/dung@example\.org/);
  visitor.expect((await visitor.page.locator("#name").inputValue()) === "Hoàng Dung", "the name that the provider gives");
}
