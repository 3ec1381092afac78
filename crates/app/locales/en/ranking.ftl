# Ranking of takers
match-unknown-industry = --giver-isic "{ $asked }": no code of ISIC Rev. 4 or VSIC; expected two to five digits, such as 1072, C1072 or 10720
match-unknown-waste-code = --ewc "{ $asked }": not in the European List of Waste; expected six digits, such as 020499 or "02 04 99*", or the first two or four of a group

ranking-takers = Industries that could take it
ranking-takers-note = Nobody in the park takes it; these are the five industries most worth asking elsewhere. The points of all industries add up to 100.
ranking-taker = { $industry }: { $score } points
ranking-reason = { $reason } ({ $share } points)
ranking-use-text = "{ $words }" is { $material }, which is used as { $use }
ranking-use-waste-code = The name of the waste code holds "{ $words }" ({ $material }), which is used as { $use }
ranking-known = Known exchange { $id }: { $stream } used as { $use }; { $agreement }; seen at { $seen }
ranking-agrees-code = { $digits } digits of the waste code agree
ranking-agrees-giver = { $digits } digits of the giver's industry agree
ranking-agrees-words = shared words: { $words }
ranking-agrees-no-code = neither stream has a waste code
ranking-same-industry = The giver's own industry uses it again
ranking-industry-name = The name of the industry holds: { $words }
ranking-popular = It takes { $rows } of { $of } known exchanges
ranking-neighbours = Industries of its division { $division } take { $rows } of { $of } known exchanges
ranking-any = The part shared alike by all industries, so that none is ruled out

ranking-quality = How far is the ranking of takers to be trusted?
ranking-quality-held-back = Tried on { $n } real exchanges of { $places } places that the ranking had never seen: the true taker is among the first five in { $whole } % of them (95 % interval: { $low } – { $high } %). With what the table of known exchanges alone teaches: { $learnt } %.
ranking-quality-split = Tried on { $n } known exchanges, each time with all exchanges of one place hidden ({ $places } places): the true taker is among the first five in { $whole } % of them (95 % interval: { $low } – { $high } %). That is the bright side, because whoever wrote the table of material uses from memory had read these exchanges. Had the table of uses not thought of the very industry looked for, it would be { $forgetting } %; with what the table of known exchanges alone teaches, { $learnt } %.
ranking-table-split = { $n } known exchanges, one of { $places } places hidden at a time
ranking-table-held-back = { $n } exchanges never seen, of { $places } places
ranking-method = Way of ranking (95 % interval)
ranking-method-popularity = Most frequent takers
ranking-method-code-vote = Vote by codes
ranking-method-word-overlap = Shared words
ranking-method-learnt = What the table of known exchanges alone teaches
ranking-method-ranker = The ranking in use
ranking-method-forgetting = The ranking in use, had the table of uses forgotten the industry looked for
ranking-first = First, %
ranking-among-first = First { $count }, %
ranking-mrr = Mean 1/rank
ranking-source = Measured on { $date } by { $command }; how: docs/methods/ranking.md
