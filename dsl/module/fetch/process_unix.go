//go:build unix

package fetch

import (
	"os/exec"
	"syscall"
)

// alone has a program run in a session of its own, so that it and all that
// it starts end together, and have no terminal to ask anything at.
func alone(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
