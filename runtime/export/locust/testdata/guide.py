# What the second guide does with a run's figures, by hand: it must work on
# the files that are written for it. The arguments are the prefix of the files
# with the old column names and of those with the current ones.
import csv
import sys

import pandas as pd

old, new = sys.argv[1:]

# "Manual analysis with Python", as it stands in the guide.
stats = pd.read_csv(old + "_stats.csv")
slow = stats.nlargest(5, "95%")[["Name", "# requests", "95%", "99%"]]
errors = stats[stats["# failures"] > 0]
rates = errors[["Name", "# failures", "Failure Rate"]]
averages = stats[["Name", "Average"]].sort_values("Average", ascending=False)
print("slowest", slow.iloc[0]["Name"], slow.iloc[0]["95%"])
print("failing", ",".join(rates["Name"]))
print("average", averages.iloc[0]["Name"])

# The analyser: it reads with a default of 0, so that a name that is not there
# shows as nothing measured.
budgets = {"read": (500, 1000), "write": (1000, 2000)}
judged = violations = 0
for row in csv.DictReader(open(old + "_stats.csv", newline="")):
    if row["Name"] == "Aggregated":
        continue
    requests = int(row.get("# requests", 0))
    failures = int(row.get("# failures", 0))
    least, mean, most = (float(row.get(k, 0)) for k in ("Min", "Average", "Max"))
    if row["95%"] == "N/A":
        assert failures == requests, row
        continue
    p95, p99 = int(row["95%"]), int(row["99%"])
    assert requests > 0 and 0 < least <= mean <= most, row
    assert failures / requests == float(row["Failure Rate"]), row
    limits = budgets["read" if row["Type"] == "GET" else "write"]
    judged += 1
    violations += p95 > limits[0] or p99 > limits[1]
print("judged", judged, "violations", violations)

# The current names, each column with the type that Locust gives it.
current = pd.read_csv(new + "_stats.csv")
for column in ("Request Count", "Failure Count", "Median Response Time"):
    assert current[column].dtype == "int64", column
for column in ("Average Response Time", "Max Response Time", "Average Content Size", "Requests/s", "Failures/s"):
    assert current[column].dtype == "float64", column
for row in csv.DictReader(open(new + "_stats.csv", newline="")):
    for column, text in row.items():
        if column in ("Average Response Time", "Average Content Size", "Requests/s", "Failures/s"):
            assert repr(float(text)) == text, (column, text)  # written as Python writes it
        elif column.endswith("%") and text != "N/A":
            int(text)
history = pd.read_csv(new + "_stats_history.csv")
assert (history["Timestamp"].diff().dropna() == 1).all()
assert (history["Total Request Count"].diff().dropna() >= 0).all()
assert history["Total Request Count"].iloc[-1] == current["Request Count"].iloc[-1]
seen = pd.to_datetime(pd.read_csv(new + "_failures.csv")["First Seen"])
assert str(seen.dt.tz) == "UTC"
assert list(pd.read_csv(new + "_exceptions.csv").columns) == ["Count", "Message", "Traceback", "Nodes"]
print("total", current["Request Count"].iloc[-1])
