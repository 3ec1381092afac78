"""opendsm on the same meters as ours and statsmodels on the same search; prints CPU seconds of both sides and stops where
answers differ."""

import itertools
import json
import logging
import statistics
import sys
import time
import warnings

import numpy as np
import pandas as pd
import statsmodels.api as sm
from opendsm.eemeter.models.billing.data import BillingBaselineData, BillingReportingData
from opendsm.eemeter.models.billing.model import BillingModel
from opendsm.eemeter.models.daily.data import DailyBaselineData, DailyReportingData
from opendsm.eemeter.models.daily.model import DailyModel
from opendsm.eemeter.models.hourly_caltrack.data import HourlyBaselineData, HourlyReportingData
from opendsm.eemeter.models.hourly_caltrack.wrapper import HourlyModel

# What the peer thinks of its input belongs to neither side's time nor to the table.
logging.disable(logging.WARNING)
warnings.simplefilter("ignore")

folder, times = sys.argv[1], int(sys.argv[2])
ours = json.load(open(f"{folder}/ours.json"))
ZONE = "US/Central"


def rows(meter, period, step):
    frame = pd.read_csv(f"{folder}/{meter}.{period}.{step}.csv")
    frame.index = pd.to_datetime(frame.pop("timestamp"), utc=True).dt.tz_convert(ZONE)
    return frame.rename(columns={"value": "observed"})


def timed(work):
    seconds = []
    for _ in range(times):
        began = time.process_time()
        answer = work()
        seconds.append(time.process_time() - began)
    return seconds, answer


def daily(meter):
    before, after = rows(meter, "baseline", "daily"), rows(meter, "reporting", "daily")

    def work():
        model = DailyModel(model="legacy").fit(DailyBaselineData(before, is_electricity_data=True), ignore_disqualification=True)
        return model.predict(DailyReportingData(after, is_electricity_data=True), ignore_disqualification=True)

    return timed(work)


def billing(meter):
    before, after = rows(meter, "baseline", "monthly"), rows(meter, "reporting", "monthly")

    def work():
        model = BillingModel().fit(BillingBaselineData(before, is_electricity_data=True), ignore_disqualification=True)
        return model.predict(BillingReportingData(after, is_electricity_data=True), ignore_disqualification=True)

    return timed(work)


def hourly(meter):
    before, after = rows(meter, "baseline", "hourly"), rows(meter, "reporting", "hourly")

    def work():
        model = HourlyModel().fit(HourlyBaselineData(before.copy(), is_electricity_data=True))
        return model.predict(HourlyReportingData(after.copy(), is_electricity_data=True))

    return timed(work)


def search():
    """The subsets of up to four of eight predictors over 36 months, as our side makes them."""
    value = lambda row, column: 100.0 + (row * 37 + column * 101 + row * row * (column + 3)) % 97
    x = np.array([[value(row, column) for column in range(8)] for row in range(36)])
    y = np.array([50 + 2 * x[row, 0] + 0.5 * x[row, 3] + row * 53 % 29 for row in range(36)])

    def work():
        best = None
        for size in range(1, 5):
            for subset in itertools.combinations(range(8), size):
                fit = sm.OLS(y, sm.add_constant(x[:, subset])).fit()
                valid = (fit.f_pvalue < 0.10 and max(fit.pvalues[1:]) < 0.20 and min(fit.pvalues[1:]) < 0.10
                         and fit.rsquared >= 0.5)
                if valid and (best is None or fit.rsquared_adj > best[0]):
                    best = (fit.rsquared_adj, subset, fit.params)
        return best

    return timed(work)


def line(name, mine, theirs):
    mine_median, theirs_median = statistics.median(mine), statistics.median(theirs)
    print(f"| {name} | {mine_median * 1e3:.3f} | {min(mine) * 1e3:.3f} … {max(mine) * 1e3:.3f} | {theirs_median * 1e3:.0f} "
          f"| {theirs_median / mine_median:,.0f} |")


print("| work | ours: CPU ms, median | least … most | peer: CPU ms, median | peer / ours |")
print("|---|---|---|---|---|")
for answer in ours["meters"]:
    model, meter = answer["model"], answer["meter"]
    peer = {"daily_legacy": daily, "billing": billing, "hourly_caltrack": hourly}.get(model)
    if peer is None:
        seconds = [1e3 * second for second in answer["seconds"]]
        print(f"| {model}, meter {meter} | {statistics.median(seconds):.3f} | {min(seconds):.3f} … {max(seconds):.3f} | R alone | – |")
        continue
    seconds, predicted = peer(meter)
    both = predicted.dropna(subset=["predicted", "observed"])
    theirs = (both["predicted"] - both["observed"]).sum()
    apart = abs(answer["savings"]["savings"] - theirs) / both["predicted"].sum()
    bound = 1e-6 if model == "hourly_caltrack" else 0.002
    if not apart <= bound:
        sys.exit(f"{model} of {meter}: ours {answer['savings']['savings']}, theirs {theirs}: {apart:.2e} of the predicted apart")
    line(f"{model}, meter {meter}", answer["seconds"], seconds)
seconds, best = search()
found = ours["search"]["answer"]["best"]["model"]
if sorted(found["names"][1:]) != sorted(f"x{column}" for column in best[1]):
    sys.exit(f"search: ours {found['names']}, theirs {best[1]}")
line("162 subsets of 8 predictors", ours["search"]["seconds"], seconds)
