# Từ dùng chung

product = congsinh
yes = có
no = không
money-billion = { $value } tỷ đồng
money-million = { $value } triệu đồng
money-vnd = { $value } đồng
period-from-to = từ { $from } đến { $to }
basis-metered = đo
basis-invoiced = hóa đơn
basis-declared = khai báo
basis-calculated = tính
basis-estimated = ước
outcome-met = đạt
outcome-not-met = chưa đạt
outcome-unknown = chưa đủ dữ liệu
outcome-not-applicable = không áp dụng
status-proposed = đề xuất
status-approved = phê duyệt
status-built = xây dựng
status-measured = đo được
status-verified = đã kiểm chứng
status-rejected = loại bỏ
status-superseded = đã thay thế
score = { $met } trên { $applicable } tiêu chí áp dụng đạt ({ $not_applicable } không áp dụng, { $unknown } chưa đủ dữ liệu)
unit-yes-no = có/không
unit-count = liên kết
unit-years-compliant = năm tuân thủ
unit-reports-per-year = báo cáo/năm
unit-activities-per-year = hoạt động/năm
unit-ratio-to-national-share = lần so với tỷ lệ toàn quốc
unconfirmed = chưa được xác nhận
unconfirmed-why = Nguồn chưa kiểm tra được; số liệu hoặc quy định này cần được đối chiếu trước khi sử dụng chính thức.
synthetic = Số liệu tổng hợp, không có thật
synthetic-why = Khu này do chương trình tạo ra để thử nghiệm; không một số liệu nào là của doanh nghiệp có thật.
source = Nguồn
unknown-mark = ?
one-enterprise = một doanh nghiệp
enterprises-count = { $count } doanh nghiệp
enterprises-named = { $count } doanh nghiệp: { $names }

## Nhóm tài nguyên
group-electricity = điện
group-fuel = nhiên liệu
group-biomass = sinh khối
group-steam = hơi
group-supply-water = nước cấp
group-reused-water = nước tái sử dụng
group-treated-wastewater = nước thải đã xử lý đạt quy chuẩn
group-wastewater = nước thải
group-materials = nguyên vật liệu
group-chemicals = hóa chất
group-product = sản phẩm
group-waste-ordinary = chất thải rắn thông thường
group-waste-hazardous = chất thải nguy hại
group-waste-reused = chất thải rắn được tái sử dụng
group-waste-landfill = chất thải rắn đem chôn lấp
group-metered-energy = năng lượng được đo bằng công tơ
group-exchanges = trao đổi cộng sinh
group-tenants = doanh nghiệp trong khu
group-enterprises = danh sách doanh nghiệp
group-condition = điều kiện thời tiết

## Khoảng trống dữ liệu
gap-missing-months = { $enterprise }: thiếu { $resource }, tháng { $months }
gap-never-reported = { $enterprise }: chưa từng khai báo { $group }
gap-unanswered = Chưa có trả lời còn hiệu lực của { $enterprises } cho câu hỏi: { $question }
gap-too-old = Số liệu quá 24 tháng: { $what }
gap-not-stated = Khu chưa khai: { $fact }
gap-not-proven = Khu đã khai nhưng chưa có minh chứng: { $fact }
gap-nothing-recorded = Chưa có số liệu về { $group }
gap-no-rule = Phần mềm chưa có cách tính cho tiêu chí { $criterion }

## Việc cần làm để đạt
act-more-enterprises = Cần thêm { $needed } doanh nghiệp trả lời có ({ $unanswered } chưa trả lời): { $question }
act-more-exchanges = Cần thêm { $needed } trao đổi cộng sinh đang chạy
act-iso-systems = Cần hệ thống quản lý theo ISO tại { $enterprises }
act-more-of = Cần thay đổi { $needed }: { $what }
act-state = Khai và nộp minh chứng: { $fact }
act-change = Thực hiện và nộp minh chứng: { $fact }
act-record = Nhập số liệu: { $groups }
act-add-rule = Trả lời tiêu chí bằng minh chứng

## Lỗi trong tệp
fault-missing-file = { $place }: thiếu bảng { $expected }
fault-missing-column = { $place }: thiếu cột { $expected }
fault-missing-value = { $place }: để trống, cần { $expected }
fault-unreadable-file = { $place }: không đọc được ({ $found }), cần { $expected }
fault-not-a-number = { $place }: "{ $found }" không phải là số, cần { $expected }
fault-not-a-date = { $place }: "{ $found }" không phải là ngày, cần { $expected }
fault-not-a-period = { $place }: "{ $found }" không tạo thành một kỳ, cần { $expected }
fault-implausible-date = { $place }: ngày { $found } không hợp lý, cần trong khoảng { $expected }
fault-negative-amount = { $place }: { $found } là số âm, cần { $expected }
fault-out-of-range = { $place }: { $found } ngoài khoảng cho phép, cần { $expected }
fault-unknown-code = { $place }: mã "{ $found }" không có trong danh mục, cần { $expected }
fault-unknown-reference = { $place }: "{ $found }" không có trong bảng { $expected }
fault-wrong-unit = { $place }: đơn vị "{ $found }" không phù hợp, cần { $expected }
fault-duplicate = { $place }: "{ $found }" lặp lại, cần { $expected }
fault-overlapping-periods = { $place }: kỳ bắt đầu { $found } trùng với kỳ khác, cần { $expected }
fault-formula = { $place }: ô chứa công thức { $found }, cần giá trị { $expected }
fault-unknown-sheet = { $place }: không biết bảng "{ $found }", cần { $expected }
fault-unknown-column = { $place }: không biết cột "{ $found }", cần { $expected }
fault-contradiction = { $place }: "{ $found }" mâu thuẫn, cần { $expected }

## Điểm đáng ngờ

## Vì sao chưa lên bậc cao hơn
held-back-not-built = Chưa xây dựng
held-back-no-installation-dates = Chưa có ngày lắp đặt, nên không biết tháng nào là trước, tháng nào là sau
held-back-refused = Từ chối vì thiếu dữ liệu
held-back-not-signed = Đã đo được; chờ người ký và minh chứng để được kiểm chứng
held-back-not-significant = Khoảng tin cậy chứa số không: chưa thấy tiết kiệm
held-back-shares-above-one = Các biện pháp cùng một chỗ nhận hơn toàn bộ mức tiết kiệm
refusal-baseline-too-short = Đường cơ sở quá ngắn.
refusal-months-missing = Quá nhiều tháng không có số liệu.
refusal-reporting-empty = Không có tháng nào sau khi lắp đặt trong kỳ.
refusal-duplicate-month = Một tháng có hai giá trị.
refusal-not-first-of-month = Số liệu không theo tháng dương lịch.
refusal-periods-overlap = Kỳ cơ sở và kỳ báo cáo chồng lên nhau.
refusal-no-predictors = Không có sản lượng hay biến giải thích nào.
refusal-too-many-predictors = Quá nhiều biến giải thích.
refusal-duplicate-predictor = Một biến giải thích có hai lần.
refusal-predictor-count = Thiếu giá trị của biến giải thích.
refusal-not-finite = Có giá trị không phải là số hữu hạn.
refusal-one-value-energy = Mức tiêu thụ tháng nào cũng như nhau: đây là số ước hoặc khoán, không phải số đo.
refusal-one-value-predictor = Biến giải thích không thay đổi.
refusal-no-model-fitted = Không lập được mô hình vì các biến giải thích phụ thuộc nhau.
refusal-no-valid-model = Không mô hình nào vượt qua các kiểm định.
refusal-saving-refused = Mô hình hợp lệ nhưng không tính được khoảng tin cậy.
refusal-more-months = Cần thêm { $count } tháng số liệu.
framework-vn-decree-35-2022 = NĐ 35/2022
framework-vn-decree-82-2018 = NĐ 82/2018
framework-vn-circular-05-2025 = Chỉ tiêu A.5, B5 (2025)
framework-international-eip-2017 = Khung quốc tế EIP 2017

# Các phép kiểm tra
severity-error = Lỗi
severity-warning = Cảnh báo
severity-notice = Lưu ý
rule-unit-slip = Nhầm đơn vị
rule-jump = Thay đổi đột ngột
rule-missing-months = Thiếu tháng
rule-sector-outlier = Khác xa cùng ngành
rule-submeters-above-main = Công tơ nhánh vượt công tơ tổng
rule-more-out-than-in = Nước thải nhiều hơn nước vào
rule-waste-code-outside-sector = Mã chất thải không hợp ngành
rule-overlapping-bills = Hóa đơn trùng
rule-bases-disagree = Hóa đơn lệch công tơ
rule-zero = Không tiêu thụ
rule-repeated = Số lặp lại
finding-times = gấp { $ratio } lần
finding-part = bằng 1/{ $ratio }
finding-per-product = tấn sản phẩm
finding-per-employee = lao động
finding-unit-slip = Đã khai { $found }, { $times } mức thường thấy { $usual }: có thể nhầm đơn vị hoặc dấu phẩy. Ngưỡng: gần 10, 100 hoặc 1.000 lần, lệch không quá 1,6 lần, và sản lượng không giải thích được.
finding-jump = Đã khai { $found }, { $times } mức thường thấy { $usual }, và sản lượng không giải thích được. Ngưỡng: ngoài khoảng 1/2,5 đến 2,5 lần.
finding-missing-months = Thiếu số liệu { $months } tháng liền của tài nguyên vẫn được khai.
finding-sector-outlier = { $found } một tháng trên một { $of }, { $times } trung vị { $median } của { $peers } doanh nghiệp khác cùng ngành ({ $industry }) trong khu. Ngưỡng: trên 8 lần, và trên 3 lần so với doanh nghiệp gần nhất.
finding-sector-outlier-own = { $found } một tháng trên một { $of }: khác trên 8 lần so với trung vị của { $peers } doanh nghiệp khác cùng ngành ({ $industry }) trong khu, và trên 3 lần so với doanh nghiệp gần nhất.
finding-submeters-above-main = Các công tơ nhánh đọc { $submeters }, công tơ tổng đọc { $main }: nhiều hơn { $percent } %. Ngưỡng: 2 %.
finding-more-out-than-in = Nước thải { $wastewater }, nước cấp và nước tái sử dụng { $water }. Ngưỡng: nước thải không nhiều hơn nước vào.
finding-waste-code-outside-sector = Mã chất thải { $ewc } thuộc về ngành khác với ngành đã khai { $isic4 } ({ $industry }).
finding-overlapping-bills = Đã khai { $found }; cùng lượng này đã có ở { $other }, kỳ { $when }, chứng từ { $document }.
finding-bases-disagree = Đã khai { $billed }, công tơ tổng đọc { $metered }: lệch { $percent } %. Ngưỡng: 10 %.
finding-zero = Đã khai 0 trong khi thường thấy { $usual }, và trong tháng vẫn có sản xuất hoặc không rõ sản lượng.
finding-repeated = Cùng một số { $found } trong { $months } kỳ liền nhau. Ngưỡng: từ 3 kỳ.
