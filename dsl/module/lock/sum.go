package lock

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Checksum is over all that an entry says: what is changed of it in the lock
// file is noticed by whoever reads it. (It keeps nobody out who means to change
// the file, and can compute it as well.) It is sha256: and, in hexadecimal, the
// SHA-256 of these lines, each value in quotes:
//
//	module KEY
//	constraint TEXT      for each, in their order
//	version, commit, digest, hash    each where there is one
func (m *Module) Checksum() string {
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "%s %q\n", name, value) }
	line("module", m.Key)
	for _, c := range m.Constraints {
		line("constraint", c)
	}
	for _, a := range m.values() {
		line(a.name, a.value)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// argument of an entry.
type argument struct{ name, value string }

// values are the arguments of an entry that are texts, in the order they are
// written; those without a value are left out.
func (m *Module) values() []argument {
	var all []argument
	for _, a := range []argument{{"version", m.Version}, {"commit", m.Commit}, {"digest", m.Digest}, {"hash", m.Hash}} {
		if a.value != "" {
			all = append(all, a)
		}
	}
	return all
}
