# Dòng lệnh

cli-faults = { $count } lỗi; không có gì được ghi lại.
cli-check-good = { $name }: { $enterprises } doanh nghiệp, { $records } số liệu khai báo, không có lỗi.
cli-demo-ready = Bản trình diễn: { $address } · đăng nhập theo vai tại { $address }/sign-in · dừng bằng Ctrl+C
cli-serve-ready = Đang phục vụ tại { $address }
cli-imported = Đã lưu { $name }, bản { $revision }.
cli-refused = { $user } không có quyền: congsinh { $command }
cli-nobody = Kho này không có tài khoản { $user }
cli-register-imported = Đã ghi vào sổ đăng ký; hoàn tác: congsinh register undo { $import }
cli-register-no-import = Không có lần nhập { $import }
cli-register-undone = Đã hoàn tác lần nhập { $import }
cli-register-no-park = Không có khu { $park } trong kho
cli-register-no-entry = Sổ đăng ký không có mã { $code }
cli-register-linked = { $code } là khu { $park }
cli-register-linked-same = { $count } khu được nối với sổ đăng ký
cli-framework-kept = Đã lưu bản đang soạn { $edition }: { $rows } dòng
cli-framework-published = Đã ban hành { $edition }: { $rows } dòng
cli-framework-good = { $edition }: { $rows } dòng, không có lỗi
cli-batch-done = { $count } công tơ: { $saving } có mức tiết kiệm, { $disqualified } không đủ điều kiện, { $faulty } lỗi tệp, { $failed } tính hỏng, { $left } chưa chạy
