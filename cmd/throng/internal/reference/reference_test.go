package reference

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the pages of docs/reference")

// The pages of docs/reference are what the tables say.
func TestPagesAreCurrent(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "docs", "reference")
	pages, err := Pages()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		name := filepath.Join(dir, p.Name)
		if *update {
			if err := os.WriteFile(name, []byte(p.Text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		have, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(have), p.Text); diff != "" {
			t.Errorf("docs/reference/%s is out of date; run: go test ./cmd/throng/internal/reference -update\n%s", p.Name, diff)
		}
	}
}
