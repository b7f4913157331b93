// Package planfile is the format of plan files: everything that makes one
// plan again, except what must not be written down. It knows bytes and
// names; what they mean is known to package dsl.
//
// A plan file is a zip archive. Its first entry is manifest.json; every other
// entry is a text that the scenario was compiled from, called texts/ and its
// SHA-256 in hex, in order of these names. Entries are stored and never
// compressed, so no file can unfold beyond its own size. The form is
// canonical: equal contents are equal bytes, and a reader refuses what is not
// byte for byte what it would write itself. That covers damage, additions and
// whatever else hides in archives. Entries' names are never used as paths.
//
// No sensitive value is in a plan file, nor a hash of one: most passwords are
// short enough to be found by trying.
package planfile

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"strings"
)

// FormatVersion is the version of the format that this package writes, and
// the only one it reads.
const FormatVersion = 1

// Limits on what is read and written.
const (
	MaxText     = 1 << 20  // bytes of one text of the scenario's own; longer files are named by their hash alone
	MaxFetched  = 32 << 20 // bytes of one text of a fetched module, all of which is stored
	maxFile     = 64 << 20 // bytes of a plan file
	maxManifest = 4 << 20
	maxTexts    = 10_000
)

// File is a plan file's content.
type File struct {
	Manifest
	Texts map[string][]byte // by SHA-256
}

// Manifest says what a plan is made of.
type Manifest struct {
	FormatVersion int        `json:"format_version"`
	Tool          string     `json:"throng"` // version of throng that wrote the file, and the only one that runs it
	Scenario      Scenario   `json:"scenario"`
	Options       Options    `json:"options"`
	Seed          string     `json:"seed"` // decimal; a string, as it may exceed 2^53
	Variables     []Variable `json:"variables"`
	Modules       []Module   `json:"modules,omitempty"` // those that were fetched
	Files         []Entry    `json:"files"`
	Digest        string     `json:"plan_sha256"` // of the plan's dump
}

// Scenario is what was compiled.
type Scenario struct {
	Name string `json:"name"`           // where it does not name itself
	Dir  string `json:"directory"`      // as it was typed
	File string `json:"file,omitempty"` // of a scenario of one file: its name in Dir
}

// Options are the flags that chose the plan.
type Options struct {
	Profile     string   `json:"profile,omitempty"`
	Users       *int     `json:"users,omitempty"`
	SpawnRate   *float64 `json:"spawn_rate,omitempty"`
	Duration    *string  `json:"duration,omitempty"`
	Tags        []string `json:"tags,omitempty"`
	ExcludeTags []string `json:"exclude_tags,omitempty"`
}

// Variable is a variable that had another value than its default, or one
// that is not stored. At most one of Text, Value and Ask is set.
type Variable struct {
	Name   string  `json:"name"`
	Origin string  `json:"origin"`
	Text   *string `json:"text,omitempty"`  // as typed
	Value  any     `json:"value,omitempty"` // as JSON, of a file; numbers are json.Number
	Null   bool    `json:"null,omitempty"`  // the value is null
	Ask    bool    `json:"ask,omitempty"`   // not stored: it is sensitive, and must be given again
	Typed  bool    `json:"typed,omitempty"` // with Ask: its type is not string
}

// Module is a fetched module that the scenario was compiled from, as its lock
// file had it. The directories of its files are Name, and Name//DIR.
type Module struct {
	Name    string `json:"name"`
	Key     string `json:"source"`
	Version string `json:"version,omitempty"`
	Hash    string `json:"hash"`
}

// Entry is a file that the scenario was compiled from.
type Entry struct {
	Dir    string `json:"directory"`        // of its module, as it is called in Scenario's terms
	Path   string `json:"path"`             // in Dir, with slashes
	SHA256 string `json:"sha256,omitempty"` // "" for a file that holds a sensitive value: nothing of it is kept
	Size   int64  `json:"size"`
	Stored bool   `json:"stored"` // its text is in the plan file; else it must be there again, unchanged
}

// Sum is the SHA-256 of a text in hex.
func Sum(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Is reports whether a name on the command line means a plan file and not a
// scenario: a regular file that is not called like a source.
func Is(name string) bool {
	if strings.HasSuffix(name, ".hcl") || strings.HasSuffix(name, ".json") {
		return false
	}
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// validPath reports whether a path stays within its directory.
func validPath(path string) bool { return fs.ValidPath(path) && path != "." }
