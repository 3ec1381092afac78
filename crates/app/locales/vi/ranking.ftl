# Xếp hạng ngành nhận
match-unknown-industry = --giver-isic "{ $asked }": không phải mã ngành của ISIC Rev. 4 hoặc VSIC; cần hai đến năm chữ số, ví dụ 1072, C1072 hoặc 10720
match-unknown-waste-code = --ewc "{ $asked }": không có trong danh mục chất thải châu Âu; cần sáu chữ số, ví dụ 020499 hoặc "02 04 99*", hoặc hai, bốn chữ số đầu của một nhóm

ranking-takers = Ngành có khả năng nhận
ranking-takers-note = Trong khu chưa có bên nhận; đây là năm ngành đáng tìm nhất ở nơi khác. Điểm của mọi ngành cộng lại là 100.
ranking-taker = { $industry }: { $score } điểm
ranking-reason = { $reason } ({ $share } điểm)
ranking-use-text = "{ $words }" là { $material }; vật liệu này dùng làm { $use }
ranking-use-waste-code = Tên mã chất thải có "{ $words }" ({ $material }); vật liệu này dùng làm { $use }
ranking-known = Trao đổi đã biết số { $id }: { $stream } dùng làm { $use }; { $agreement }; đã thấy ở { $seen }
ranking-agrees-code = trùng { $digits } số của mã chất thải
ranking-agrees-giver = trùng { $digits } số của mã ngành bên cho
ranking-agrees-words = trùng từ: { $words }
ranking-agrees-no-code = cả hai dòng đều không có mã chất thải
ranking-same-industry = Chính ngành của bên cho dùng lại
ranking-industry-name = Tên ngành có từ: { $words }
ranking-popular = Ngành này là bên nhận trong { $rows } trên { $of } trao đổi đã biết
ranking-neighbours = Các ngành cùng nhóm { $division } là bên nhận trong { $rows } trên { $of } trao đổi đã biết
ranking-any = Phần chia đều cho mọi ngành, để không ngành nào bị loại hẳn

ranking-quality = Bảng xếp hạng ngành nhận đáng tin đến đâu?
ranking-quality-held-back = Thử với { $n } trao đổi có thật ở { $places } nơi mà bảng xếp hạng chưa từng thấy: ngành nhận thật nằm trong năm ngành đầu ở { $whole } % số trao đổi (khoảng tin cậy 95 %: { $low } – { $high } %). Nếu chỉ học từ bảng trao đổi đã biết thì { $learnt } %.
ranking-quality-split = Thử với { $n } trao đổi đã biết, mỗi lần giấu hết trao đổi của một nơi ({ $places } nơi): ngành nhận thật nằm trong năm ngành đầu ở { $whole } % số trao đổi (khoảng tin cậy 95 %: { $low } – { $high } %). Con số này là mức lạc quan, vì bảng công dụng vật liệu do người đã đọc các trao đổi này viết theo trí nhớ. Nếu bảng công dụng không nghĩ đến đúng ngành cần tìm thì còn { $forgetting } %; nếu chỉ học từ bảng trao đổi đã biết thì { $learnt } %.
ranking-table-split = { $n } trao đổi đã biết, giấu từng nơi trong { $places } nơi
ranking-table-held-back = { $n } trao đổi chưa từng thấy, ở { $places } nơi
ranking-method = Cách xếp hạng (khoảng 95 %)
ranking-method-popularity = Ngành hay nhận nhất
ranking-method-code-vote = Bỏ phiếu theo mã
ranking-method-word-overlap = Trùng từ
ranking-method-learnt = Phần chỉ học từ bảng trao đổi đã biết
ranking-method-ranker = Bảng xếp hạng đang dùng
ranking-method-forgetting = Bảng đang dùng, nếu bảng công dụng quên đúng ngành cần tìm
ranking-first = Đứng đầu, %
ranking-among-first = { $count } ngành đầu, %
ranking-mrr = TB 1/thứ hạng
ranking-source = Đo ngày { $date } bằng { $command }; cách đo: docs/methods/ranking.md
