//go:build unix

package preflight

import "syscall"

// maxFiles is how many descriptors this process may have; 0 for no limit.
func maxFiles() int64 {
	var r syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &r) != nil {
		return 0
	}
	return max(0, int64(r.Cur)) // infinity is negative or beyond what there can be
}
