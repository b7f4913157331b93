package runs

import (
	"os"

	"throng/runtime/report"
)

// BaselineLabel is the label of the run that others of its profile are held
// against.
const BaselineLabel = "baseline"

// Baseline is the directory of the baseline of a run that lies, or will lie,
// in dir: the run labelled so in the same results directory, of the same
// profile of the same scenario. It is "" where there is none, or several, or
// where the run is that itself.
func Baseline(dir string, r *report.Report) string {
	list, err := Labelled(collection(dir), BaselineLabel)
	if err != nil || len(list) != 1 {
		return ""
	}
	base := Read(list[0])
	if base.Report == nil || base.Report.Plan.Scenario != r.Plan.Scenario || base.Report.Plan.Profile != r.Plan.Profile {
		return ""
	}
	here, err := os.Lstat(dir)
	there, errThere := os.Lstat(list[0])
	if err != nil || errThere != nil || os.SameFile(here, there) {
		return ""
	}
	return list[0]
}
