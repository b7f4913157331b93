package term

import (
	"os"

	"golang.org/x/sys/windows"
)

// enableVT makes a Windows console understand escape sequences, and reports
// whether it does.
func enableVT(file *os.File) bool {
	var mode uint32
	h := windows.Handle(file.Fd())
	if windows.GetConsoleMode(h, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
