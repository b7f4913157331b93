package compile

import (
	"maps"
	"slices"
	"strings"

	"throng/dsl/plan"
)

// held is a slot of a class, or of setup.
type held struct {
	in   *classBuilder
	slot int
}

// credentials are the slots whose values authenticate, and those that others
// are made of, from which they follow.
type credentials struct {
	bears  map[held]bool
	madeOf map[held]map[held]bool
}

// bear notes that what was read authenticates.
func (s *credentials) bear(read map[held]bool) {
	if s.bears == nil {
		s.bears = map[held]bool{}
	}
	maps.Copy(s.bears, read)
}

// make notes that a slot's value is made of what was read.
func (s *credentials) make(to held, read map[held]bool) {
	if len(read) == 0 {
		return
	}
	if s.madeOf == nil {
		s.madeOf = map[held]map[held]bool{}
	}
	if s.madeOf[to] == nil {
		s.madeOf[to] = map[held]bool{}
	}
	maps.Copy(s.madeOf[to], read)
}

// settle adds what the values that authenticate are made of.
func (s *credentials) settle() {
	todo := slices.Collect(maps.Keys(s.bears))
	for len(todo) > 0 {
		next := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for from := range s.madeOf[next] {
			if !s.bears[from] {
				s.bears[from] = true
				todo = append(todo, from)
			}
		}
	}
}

// hideCredentials tells the classes, when all of them are compiled.
func (c *compiler) hideCredentials() {
	c.credentials.settle()
	classes := map[*classBuilder]*plan.Class{}
	for i, k := range c.builders {
		classes[k] = &c.plan.Classes[i]
	}
	if c.plan.Once != nil {
		classes[c.once] = c.plan.Once.Class()
	}
	for h := range c.credentials.bears {
		class := classes[h.in]
		if class == nil {
			continue
		}
		if class.Secret == nil {
			class.Secret = make([]bool, len(h.in.slots))
		}
		class.Secret[h.slot] = true
	}
}

// authenticates reports whether a header is one of those that say who asks.
func authenticates(header string) bool {
	switch strings.ToLower(header) {
	case "authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token":
		return true
	}
	return false
}

// nameSlot notes a slot whose name, or that of what it is captured from, says
// that it authenticates: what is sent in a body is known by nothing else.
func (k *classBuilder) nameSlot(slot int, name string) {
	plain := strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
	for _, word := range []string{"token", "secret", "password", "passwd", "apikey", "privatekey"} {
		if strings.HasSuffix(plain, word) {
			k.c.credentials.bear(map[held]bool{{k, slot}: true})
			return
		}
	}
}

// bearHeader notes what a header that says who asks is made of.
func (c *compiler) bearHeader(n named) {
	if authenticates(n.name) {
		c.credentials.bear(n.slots)
	}
}

// shortCredential is the length up to which a credential that is written into
// the scenario is not searched for in texts: it may be an ordinary word.
const shortCredential = 8

// keepWritten hides a credential that is written into the scenario where it
// is long enough to be told from ordinary words.
func (c *compiler) keepWritten(x plan.Expr) {
	v, ok := x.(plan.Const)
	if ok && v.Value.Kind() == plan.String && len(v.Value.Str()) > shortCredential {
		c.keepSecretText(v.Value.Str())
	}
}
