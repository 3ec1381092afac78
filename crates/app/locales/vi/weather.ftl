# Thời tiết của khu

weather-title = Thời tiết
weather-finding = Trạm gần nhất có số liệu: { $name }, cách { $km } km
weather-finding-none = Chưa trạm nào có số liệu nhiệt độ
weather-stations = Các trạm
weather-station = Trạm
weather-distance = Khoảng cách
weather-coverage = Số liệu có
weather-use = Sử dụng
weather-used = đang dùng
weather-no-place = Chưa biết vị trí của trạm hoặc của khu
weather-from-memory = vị trí ghi theo trí nhớ, đến một phần mười độ
weather-no-values = chưa có số liệu
weather-hours = { $present }/{ $expected } giờ
weather-days = { $present }/{ $expected } ngày
weather-filled = { $count } giờ nội suy
weather-how = Nhiệt độ do khu tự nhập, ở hai bảng stations và weather của tệp khu. Trạm trong danh mục chỉ cho biết vị trí, không kèm nhiệt độ.
weather-template = Tải tệp mẫu
weather-degree-days = Độ ngày theo tháng
weather-degree-days-of = Độ ngày theo tháng: { $name }
weather-base = Nhiệt độ cơ sở, °C
weather-month = Tháng
weather-heating = Độ ngày sưởi
weather-cooling = Độ ngày làm mát
weather-too-few-days = Thiếu quá nhiều ngày trong tháng
weather-gaps = Những ngày không có nhiệt độ
weather-gaps-none = Không thiếu ngày nào từ ngày đầu đến ngày cuối.
