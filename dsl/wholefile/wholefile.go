// Package wholefile writes files whole or not at all.
package wholefile

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes data beside the file called name and moves it there, so that an
// interruption leaves the old file or the new one. The new one has the mode,
// whatever the old one had; its directory must be there.
func Write(name string, data []byte, mode fs.FileMode) error {
	temp, err := os.CreateTemp(filepath.Dir(name), ".throng-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	if closing := temp.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Chmod(temp.Name(), mode)
	}
	if err == nil {
		err = os.Rename(temp.Name(), name)
	}
	if err != nil {
		_ = os.Remove(temp.Name())
	}
	return err
}
