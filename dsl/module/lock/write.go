package lock

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

const header = `# Which version of each fetched module this scenario uses, and the hash of its
# files. "throng init" maintains this file; keep it in version control.

`

// Bytes is the text of the lock file: equal files are equal bytes, whatever
// the order of their modules.
func (f *File) Bytes() []byte {
	file := hclwrite.NewEmptyFile()
	body := file.Body()
	body.SetAttributeValue("format", cty.NumberIntVal(format))
	modules := slices.Clone(f.Modules)
	slices.SortFunc(modules, func(a, b Module) int { return strings.Compare(a.Key, b.Key) })
	for _, m := range modules {
		m.Constraints = slices.Compact(slices.Sorted(slices.Values(m.Constraints)))
		body.AppendNewline()
		b := body.AppendNewBlock("module", []string{m.Key}).Body()
		if len(m.Constraints) > 0 {
			var list []cty.Value
			for _, c := range m.Constraints {
				list = append(list, cty.StringVal(c))
			}
			b.SetAttributeValue("constraints", cty.ListVal(list))
		}
		for _, a := range append(m.values(), argument{"checksum", m.Checksum()}) {
			b.SetAttributeValue(a.name, cty.StringVal(a.value))
		}
	}
	return append([]byte(header), hclwrite.Format(file.Bytes())...)
}

// Change is a difference between two lock files.
type Change struct {
	Key      string
	Old, New *Module // nil where the key is in one of them only
}

// String is the change in a few words, such as "git::https://h/r.git v1.2.0 → v1.3.0".
func (c Change) String() string {
	switch {
	case c.Old == nil:
		return strings.TrimSpace(c.Key + " " + c.New.what())
	case c.New == nil:
		return strings.TrimSpace(c.Key + " " + c.Old.what())
	}
	old, now := c.Old.what(), c.New.what()
	switch {
	case old != now:
		return fmt.Sprintf("%s %s → %s", c.Key, old, now)
	case c.Old.Hash != c.New.Hash:
		return fmt.Sprintf("%s %s → %s", c.Key, c.Old.Hash, c.New.Hash)
	case c.Old.Commit != c.New.Commit:
		return fmt.Sprintf("%s %s → %s", c.Key, c.Old.Commit, c.New.Commit)
	case c.Old.Digest != c.New.Digest:
		return fmt.Sprintf("%s %s → %s", c.Key, c.Old.Digest, c.New.Digest)
	}
	return fmt.Sprintf("%s: constraints %s → %s", c.Key, list(c.Old.Constraints), list(c.New.Constraints))
}

func list(constraints []string) string {
	if len(constraints) == 0 {
		return "none"
	}
	return strings.Join(constraints, " and ")
}

// what says in one word what a source is locked to.
func (m *Module) what() string {
	switch {
	case m.Version != "":
		return m.Version
	case m.Commit != "":
		return m.Commit[:min(len(m.Commit), 12)]
	}
	return m.Digest[:min(len(m.Digest), len("sha256:")+12)]
}

// Changes are the differences from f to next, sorted by key.
func (f *File) Changes(next *File) []Change {
	var all []Change
	for i := range f.Modules {
		old := &f.Modules[i]
		switch now := next.Of(old.Key); {
		case now == nil:
			all = append(all, Change{Key: old.Key, Old: old})
		case !equal(*old, *now):
			all = append(all, Change{Key: old.Key, Old: old, New: now})
		}
	}
	for i := range next.Modules {
		if now := &next.Modules[i]; f.Of(now.Key) == nil {
			all = append(all, Change{Key: now.Key, New: now})
		}
	}
	slices.SortFunc(all, func(a, b Change) int { return strings.Compare(a.Key, b.Key) })
	return all
}

func equal(a, b Module) bool {
	return slices.Equal(a.Constraints, b.Constraints) && a.Version == b.Version &&
		a.Commit == b.Commit && a.Digest == b.Digest && a.Hash == b.Hash
}
