package reference

import "throng/dsl/schema"

// testInfo says where the examples of a test file's blocks stand, for the test
// that reads them.
var testInfo = map[string]string{
	"variables": "testfile given=run",
	"mock":      "testfile given=run.mocked",
	"route":     "testfile=mock",
	"socket":    "testfile=mock",
	"send":      "testfile=mock",
	"reply":     "testfile=mock",
	"run":       "testfile given=mock.api",
	"assert":    "testfile=run",
}

// TestFiles is the page of the blocks and arguments of test files, outer
// before inner.
func TestFiles(root *schema.Block) string {
	b := page("Test files")
	b.WriteString("Every block of a test file, `*.throngtest.hcl`, with its arguments. How they work together is told\nin [Test files](../testing.md).\n\n")
	b.WriteString("*May read* says what an argument's expression may depend on:\n\n" +
		"- **static**: functions without randomness; in a mock also `var`, in a run's `targets` the mocks; settled before the run\n" +
		"- **request**: functions without randomness, `var`, and `request`; in a `reply` also `message`; evaluated for each request or message that is answered\n" +
		"- **seen**: functions without randomness, `var`, `plan`, `requests`, `result` and `run`; evaluated once the run has ended\n\n")
	writeForms(b, collect(root), func(name string) string { return testInfo[name] })
	return b.String()
}
