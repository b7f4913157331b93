//go:build !unix

package fetch

import "os/exec"

// alone does nothing here: a program that is ended leaves the end of what it
// started to the closed pipes between them.
func alone(*exec.Cmd) {}
