# Words used everywhere

product = congsinh
yes = yes
no = no
money-billion = VND { $value } billion
money-million = VND { $value } million
money-vnd = VND { $value }
period-from-to = { $from } to { $to }
basis-metered = metered
basis-invoiced = invoiced
basis-declared = declared
basis-calculated = calculated
basis-estimated = estimated
outcome-met = met
outcome-not-met = not met
outcome-unknown = unknown
outcome-not-applicable = not applicable
status-proposed = proposed
status-approved = approved
status-built = built
status-measured = measured
status-verified = verified
status-rejected = rejected
status-superseded = superseded
score = { $met } of { $applicable } applicable met ({ $not_applicable } not applicable, { $unknown } unknown)
unit-yes-no = yes/no
unit-count = links
unit-years-compliant = years compliant
unit-reports-per-year = reports a year
unit-activities-per-year = activities a year
unit-ratio-to-national-share = times the national share
unconfirmed = unconfirmed
unconfirmed-why = The source could not be checked; verify this figure or rule before official use.
synthetic = Synthetic data, not real
synthetic-why = A program made this park for trials; none of its figures belongs to a real enterprise.
source = Source
unknown-mark = ?
one-enterprise = one enterprise
enterprises-count = { COUNT($count, "enterprise", "enterprises") }
enterprises-named = { COUNT($count, "enterprise", "enterprises") }: { $names }

## Groups of resources
group-electricity = electricity
group-fuel = fuel
group-biomass = biomass
group-steam = steam
group-supply-water = supply water
group-reused-water = reused water
group-treated-wastewater = wastewater treated to the standard
group-wastewater = wastewater
group-materials = materials
group-chemicals = chemicals
group-product = products
group-waste-ordinary = ordinary solid waste
group-waste-hazardous = hazardous waste
group-waste-reused = solid waste reused
group-waste-landfill = solid waste to landfill
group-metered-energy = energy measured by meters
group-exchanges = symbiosis exchanges
group-tenants = enterprises in the park
group-enterprises = list of enterprises
group-condition = weather conditions

## Gaps
gap-missing-months = { $enterprise }: { $resource } missing for { $months }
gap-never-reported = { $enterprise }: never reported { $group }
gap-unanswered = No current answer of { $enterprises } to: { $question }
gap-too-old = Older than 24 months: { $what }
gap-not-stated = The park has not stated: { $fact }
gap-not-proven = The park has stated without evidence: { $fact }
gap-nothing-recorded = Nothing recorded on { $group }
gap-no-rule = The software has no rule for criterion { $criterion }

## Acts that close a shortfall
act-more-enterprises = { COUNT($needed, "more enterprise", "more enterprises") } must be able to say yes ({ $unanswered } have not answered): { $question }
act-more-exchanges = { $needed } more symbiosis exchanges must run
act-iso-systems = ISO management systems needed at { $enterprises }
act-more-of = { $needed } must change: { $what }
act-state = State, with evidence: { $fact }
act-change = Carry out, with evidence: { $fact }
act-record = Hand in records of { $groups }
act-add-rule = Answer the criterion with evidence

## Faults in files
fault-missing-file = { $place }: the sheet { $expected } is missing
fault-missing-column = { $place }: the column { $expected } is missing
fault-missing-value = { $place }: empty, expected { $expected }
fault-unreadable-file = { $place }: cannot be read ({ $found }), expected { $expected }
fault-not-a-number = { $place }: "{ $found }" is not a number, expected { $expected }
fault-not-a-date = { $place }: "{ $found }" is not a date, expected { $expected }
fault-not-a-period = { $place }: "{ $found }" does not make a period, expected { $expected }
fault-implausible-date = { $place }: the date { $found } is implausible, expected { $expected }
fault-negative-amount = { $place }: { $found } is negative, expected { $expected }
fault-out-of-range = { $place }: { $found } is out of range, expected { $expected }
fault-unknown-code = { $place }: the code "{ $found }" is not in the catalogue, expected { $expected }
fault-unknown-reference = { $place }: "{ $found }" is not in the sheet { $expected }
fault-wrong-unit = { $place }: the unit "{ $found }" does not fit, expected { $expected }
fault-duplicate = { $place }: "{ $found }" occurs again, expected { $expected }
fault-overlapping-periods = { $place }: the period from { $found } overlaps another, expected { $expected }
fault-formula = { $place }: the cell holds the formula { $found }, expected a value { $expected }
fault-unknown-sheet = { $place }: unknown sheet "{ $found }", expected { $expected }
fault-unknown-column = { $place }: unknown column "{ $found }", expected { $expected }
fault-contradiction = { $place }: "{ $found }" contradicts, expected { $expected }

## Suspicious points

## Why a claim stands no higher
held-back-not-built = Not built yet
held-back-no-installation-dates = No installation dates, so no month is surely before or after
held-back-refused = Refused for lack of data
held-back-not-signed = Measured; a signer and evidence would make it verified
held-back-not-significant = The interval holds zero: no saving is shown
held-back-shares-above-one = Measures at one place claim more than the whole saving
refusal-baseline-too-short = The baseline is too short.
refusal-months-missing = Too many months have no value.
refusal-reporting-empty = No month after the installation lies in the period.
refusal-duplicate-month = A month has two values.
refusal-not-first-of-month = The data do not follow calendar months.
refusal-periods-overlap = Baseline and reporting period overlap.
refusal-no-predictors = There is no production or other driver.
refusal-too-many-predictors = Too many drivers.
refusal-duplicate-predictor = A driver occurs twice.
refusal-predictor-count = A driver has no value in some month.
refusal-not-finite = A value is not a finite number.
refusal-one-value-energy = The use is the same in every month: an estimate or a flat rate, not a meter.
refusal-one-value-predictor = The driver never changes.
refusal-no-model-fitted = No model could be fitted because the drivers depend on each other.
refusal-no-valid-model = No model passes the tests.
refusal-saving-refused = The model is valid but gives no bounded saving.
refusal-more-months = { COUNT($count, "more month of data is", "more months of data are") } needed.
framework-vn-decree-35-2022 = Decree 35/2022
framework-vn-decree-82-2018 = Decree 82/2018
framework-vn-circular-05-2025 = Indicators A.5, B5 (2025)
framework-international-eip-2021 = International EIP Framework 2021
framework-international-eip-2017 = International EIP Framework 2017

# Checks
severity-error = Error
severity-warning = Warning
severity-notice = Notice
rule-unit-slip = Slipped unit
rule-jump = Jump
rule-missing-months = Missing months
rule-sector-outlier = Far from its sector
rule-submeters-above-main = Submeters above the main meter
rule-more-out-than-in = More wastewater than water in
rule-waste-code-outside-sector = Waste code of another industry
rule-overlapping-bills = Billed twice
rule-bases-disagree = Bill and meter disagree
rule-zero = Nothing used
rule-repeated = Repeated figure
finding-times = { $ratio } times
finding-part = 1/{ $ratio } of
finding-per-product = tonne of product
finding-per-employee = employee
finding-unit-slip = { $found } was declared, { $times } the usual { $usual }: perhaps a wrong unit or a slipped comma. Bound: near 10, 100 or 1,000 times, within a factor 1.6, and production does not explain it.
finding-jump = { $found } was declared, { $times } the usual { $usual }, and production does not explain it. Bound: outside 1/2.5 to 2.5 times.
finding-missing-months = { COUNT($months, "month is", "months in a row are") } missing of a resource that is reported otherwise.
finding-sector-outlier = { $found } a month for each { $of }, { $times } the median { $median } of { $peers } other enterprises of the industry ({ $industry }) in the park. Bound: over 8 times, and over 3 times from the nearest.
finding-sector-outlier-own = { $found } a month for each { $of }: over 8 times from the median of { $peers } other enterprises of the industry ({ $industry }) in the park, and over 3 times from the nearest.
finding-submeters-above-main = The submeters read { $submeters }, the main meter { $main }: { $percent } % more. Bound: 2 %.
finding-more-out-than-in = Wastewater is { $wastewater }, supply water and reused water { $water }. Bound: wastewater no more than water in.
finding-waste-code-outside-sector = Waste code { $ewc } belongs to other industries than the one declared, { $isic4 } ({ $industry }).
finding-overlapping-bills = { $found } was declared; the same stands under { $other }, { $when }, document { $document }.
finding-bases-disagree = { $billed } was declared, the main meter read { $metered }: { $percent } % apart. Bound: 10 %.
finding-zero = 0 was declared where { $usual } is usual, and something was made in the month or production is not known.
finding-repeated = The same figure { $found } in { COUNT($months, "period", "periods") } in a row. Bound: from 3 periods.
