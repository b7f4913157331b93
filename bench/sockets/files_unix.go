//go:build unix

package main

import "syscall"

// files is how many descriptors this process may have. Go has raised the soft
// limit to the hard one.
func files() (int, error) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, err
	}
	return int(min(uint64(l.Cur), 1<<20)), nil
}
