package term

import (
	"os"
	"path/filepath"
	"testing"
)

func lookup(env map[string]string) func(string) (string, bool) {
	return func(k string) (string, bool) { v, ok := env[k]; return v, ok }
}

// A pseudo-terminal: what Detect must tell from a file. Where the system has
// none the cases that need it are skipped.
func openTTY(t *testing.T) *os.File {
	t.Helper()
	f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no pseudo-terminal here")
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestDetectOnTerminal(t *testing.T) {
	tty := openTTY(t)
	utf := map[string]string{"LANG": "en_US.UTF-8", "TERM": "xterm"}
	with := func(kv ...string) map[string]string {
		m := map[string]string{}
		for k, v := range utf {
			m[k] = v
		}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i]] = kv[i+1]
		}
		return m
	}
	tests := []struct {
		name              string
		env               map[string]string
		noColor           bool
		tty, color, ascii bool
	}{
		{"plain", with(), false, true, true, false},
		{"flag", with(), true, true, false, false},
		{"NO_COLOR", with("NO_COLOR", "1"), false, true, false, false},
		{"empty NO_COLOR", with("NO_COLOR", ""), false, true, true, false},
		{"NO_COLOR beats force", with("NO_COLOR", "1", "CLICOLOR_FORCE", "1"), false, true, false, false},
		{"CLICOLOR=0", with("CLICOLOR", "0"), false, true, false, false},
		{"dumb", with("TERM", "dumb"), false, false, false, true},
		{"CI", with("CI", "true"), false, false, false, false},
		{"CI forced", with("CI", "true", "CLICOLOR_FORCE", "1"), false, false, true, false},
		{"latin 1", with("LC_ALL", "de_DE.ISO-8859-1"), false, true, true, true},
		{"C locale", map[string]string{"TERM": "xterm"}, false, true, true, true},
		{"LC_CTYPE wins", with("LC_CTYPE", "C.utf8", "LANG", "C"), false, true, true, false},
	}
	for _, tt := range tests {
		got := Detect(tty, lookup(tt.env), tt.noColor)
		if got.TTY != tt.tty || got.Style.Color != tt.color || got.Style.ASCII != tt.ascii {
			t.Errorf("%s: tty %v color %v ascii %v, want %v %v %v", tt.name, got.TTY, got.Style.Color, got.Style.ASCII, tt.tty, tt.color, tt.ascii)
		}
	}
}

func TestDetectOnFile(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	got := Detect(f, lookup(map[string]string{"LANG": "C.UTF-8", "TERM": "xterm", "COLUMNS": "200"}), false)
	if got.TTY || got.Style.Color || got.Style.ASCII {
		t.Errorf("a file is %+v, want neither terminal nor colours, but UTF-8", got)
	}
	if got.Width() != 80 {
		t.Errorf("a file is %d wide, want 80 whatever COLUMNS says", got.Width())
	}
	if forced := Detect(f, lookup(map[string]string{"CLICOLOR_FORCE": "1"}), false); !forced.Style.Color {
		t.Error("CLICOLOR_FORCE brings no colours to a file")
	}
	if w, h := Detect(nil, lookup(map[string]string{"COLUMNS": "132", "LINES": "x"}), false).Size(); w != 132 || h != 24 {
		t.Errorf("size %dx%d, want 132x24", w, h)
	}
}
