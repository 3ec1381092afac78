// The ministry takes a board's own list over into the register: faults first, then a doubtful name, then written, found by
// search in both languages, and undone, so that the next traveller finds the register as it was.
const LIST = [
  "DANH MỤC KHU CÔNG NGHIỆP (số liệu thử);;;",
  "STT;Tên khu công nghiệp;Diện tích tự nhiên (ha);Tình trạng",
  "I;Thành phố Cần Thơ;;",
  "1;KCN Thử Nghiệm Một;135,5;Đang hoạt động",
  "2;KCN Trà Nok 1;135;Đang hoạt động",
];

const file = (lines) => ({ name: "danh-muc.csv", mimeType: "text/csv", buffer: Buffer.from(lines.join("\n")) });

export async function journey(visitor) {
  await visitor.arrive();
  await visitor.signIn("demo-ministry");
  const { page } = visitor;

  await handIn(visitor, [...LIST, "3;KCN Thử Nghiệm Hai;1.234;Quy hoạch"]);
  await visitor.expectFinding(/1 lỗi/);
  await visitor.expectWords(/dòng 6/, /1\.234/);
  await visitor.send(page.locator("button", { hasText: "Bỏ lần nhập này" }));
  await visitor.expectFinding(/Đã bỏ/);

  await handIn(visitor, LIST);
  await visitor.expectFinding(/1 mới.*1 tên cần quyết định/);
  await visitor.switchLanguage();
  await visitor.send(page.locator("button[name=accept]"));
  await visitor.expectFinding(/1 mới, 1 thay đổi/);
  await visitor.send(page.locator("button", { hasText: "Ghi vào sổ đăng ký" }));
  await visitor.expectFinding(/Đã nhập: 1 mới, 1 thay đổi/);
  const written = page.url();

  await visitor.findWithPalette("thu nghiem mot", /Thử Nghiệm Một/);
  await visitor.visit("/registry/thu-nghiem-mot");
  await visitor.expectWords(/135,5 ha/, /Công văn thử/);
  await visitor.visit("/provinces?provinces=2024");
  await visitor.expectFinding(/63 tỉnh.*145 khu/);
  await visitor.switchLanguage();
  await visitor.visit("/provinces?on=2026-04-29");
  const named = await page.locator('a[title="Tỉnh Đồng Nai"]').count();
  visitor.expect(named === 1, "Đồng Nai was a province on 29 April 2026");
  await visitor.visit("/series");
  await visitor.expectWords(/366/, /53,7 %/);
  await visitor.visit("/enterprises");

  await visitor.visit(new URL(written).pathname);
  await visitor.send(page.locator("button", { hasText: "Hoàn tác" }));
  await visitor.expectFinding(/Đã hoàn tác/);
  await visitor.visit("/provinces");
  await visitor.expectFinding(/144 khu/);
}

async function handIn(visitor, lines) {
  const { page } = visitor;
  await visitor.visit("/register-imports");
  await page.setInputFiles("#file", file(lines));
  await page.fill("#source", "Công văn thử 1/2026");
  await page.fill("#stated_on", "2026-06-30");
  await visitor.send(page.locator("button", { hasText: "Đọc tệp" }));
}
