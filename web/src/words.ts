// The few words that scripts show themselves. Everything else comes from the server.

export type Language = "vi" | "en";

const words = {
  vi: {
    chart: "Biểu đồ", table: "Bảng", download: "Tải xuống", view: "Cách xem",
    csv: "Bảng, csv", xlsx: "Bảng, xlsx", png: "Hình, png",
    chartFailed: "Không vẽ được biểu đồ; số liệu ở bảng dưới đây.",
    zoomIn: "Phóng to", zoomOut: "Thu nhỏ", zoomReset: "Toàn bộ",
    hoangSa: "Quần đảo Hoàng Sa", truongSa: "Quần đảo Trường Sa",
    unknown: "chưa đủ dữ liệu", met: "đạt", notMet: "chưa đạt", notApplicable: "không áp dụng", park: "khu công nghiệp",
    observed: "Đo được", predicted: "Mô hình", residual: "Sai lệch", installed: "Bắt đầu kỳ báo cáo",
    saving: "Tiết kiệm lũy kế", confidence: "khoảng tin cậy", from: "từ", to: "đến",
    gives: "cho", takes: "nhận", estimated: "ước tính", chosen: "đã chọn", notChosen: "chưa chọn", total: "tổng",
    material: "vật chất", heat: "nhiệt", water: "nước", energy: "năng lượng",
    giver: "bên cho", taker: "bên nhận", both: "cho và nhận", outside: "ngoài khu", plant: "cơ sở xử lý dùng chung",
    input: "đầu vào", site: "cơ sở", output: "đầu ra", exchange: "trao đổi", loss: "tổn thất",
    search: "Tìm khu, trang, việc", close: "Đóng", pages: "Trang", results: "Kết quả", nothing: "Không tìm thấy gì khớp.",
    rowsShown: "dòng", loading: "Đang tải", provenance: "Nguồn gốc số liệu", failed: "Không tải được. Mở trang đầy đủ:", openPage: "mở trang",
    saved: "Đã lưu", saving_: "Đang lưu", notSaved: "Chưa lưu được, thử lại khi có mạng", cellFault: "lỗi", refused: "Máy chủ từ chối; tải lại trang để xem lý do",
    sortBy: "sắp xếp", pasteUndone: "Đã trả lại nội dung trước khi dán",
  },
  en: {
    chart: "Chart", table: "Table", download: "Download", view: "View",
    csv: "Table, csv", xlsx: "Table, xlsx", png: "Picture, png",
    chartFailed: "The chart could not be drawn; the figures are in the table below.",
    zoomIn: "Zoom in", zoomOut: "Zoom out", zoomReset: "Whole",
    hoangSa: "Hoang Sa Archipelago", truongSa: "Truong Sa Archipelago",
    unknown: "unknown", met: "met", notMet: "not met", notApplicable: "not applicable", park: "industrial park",
    observed: "Observed", predicted: "Model", residual: "Residual", installed: "Start of the reporting period",
    saving: "Cumulative saving", confidence: "confidence interval", from: "from", to: "to",
    gives: "gives", takes: "takes", estimated: "estimated", chosen: "chosen", notChosen: "not chosen", total: "total",
    material: "material", heat: "heat", water: "water", energy: "energy",
    giver: "giver", taker: "taker", both: "gives and takes", outside: "outside the park", plant: "shared plant",
    input: "input", site: "site", output: "output", exchange: "exchange", loss: "loss",
    search: "Find parks, pages, actions", close: "Close", pages: "Pages", results: "Results", nothing: "Nothing matches.",
    rowsShown: "rows", loading: "Loading", provenance: "Where this figure comes from", failed: "It could not be loaded. Open the full page:", openPage: "open page",
    saved: "Saved", saving_: "Saving", notSaved: "Not saved, will try again when the line is back", cellFault: "faults", refused: "The server refused; load the page again to see why",
    sortBy: "sort", pasteUndone: "The cells are as they were before pasting",
  },
} as const;

export type Word = keyof (typeof words)["vi"];

export function language(): Language {
  return document.documentElement.lang.toLowerCase().startsWith("en") ? "en" : "vi";
}

export function word(name: Word): string {
  return words[language()][name];
}
