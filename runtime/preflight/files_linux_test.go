package preflight

import (
	"syscall"
	"testing"
)

func hardFiles(t *testing.T) int64 {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r); err != nil {
		t.Fatal(err)
	}
	return max(0, int64(r.Max))
}
