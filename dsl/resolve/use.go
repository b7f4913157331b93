package resolve

import (
	"slices"

	"throng/dsl/config"
	"throng/dsl/diag"
)

// merged are the arguments that `use` merges; every other is replaced.
var merged = []string{"headers", "tags", "session"}

// unshared are the arguments that are about a block and not about who uses it.
var unshared = []string{"use", "abstract", "private"}

// Limits of what use may bring together.
const (
	maxUses = 100    // blocks that use each other, one after the other
	maxUsed = 50_000 // blocks within one, those of what it uses included
)

// Use expands the `use` argument of a block and of the blocks within it: the
// result holds what the used block holds, overridden by what stands in b. It
// shares what it can with b and changes neither.
//
// Blocks with the same type and labels are replaced; so are blocks that can
// stand only once. Others follow those of the used block.
//
// A block is expanded once: what is given is shared, and what was found in it
// is told the first time.
func Use(s *Scope, b *config.Block) (*config.Block, diag.Diagnostics) {
	root := s.Root()
	if root.uses == nil {
		root.uses = map[*config.Block]*used{}
	}
	x := &expansion{root: root, under: map[*config.Block]bool{}}
	return x.use(b).block, x.diags
}

// used is a block and what became of it.
type used struct {
	block *config.Block
	size  int // blocks in it, itself included
	depth int // blocks that use each other below it
}

// expansion is one walk. under holds the blocks whose base is being expanded.
type expansion struct {
	root  *Scope
	under map[*config.Block]bool
	diags diag.Diagnostics
}

func (x *expansion) use(b *config.Block) *used {
	if done := x.root.uses[b]; done != nil {
		return done
	}
	u := x.expand(b)
	x.root.uses[b] = u
	return u
}

func (x *expansion) expand(b *config.Block) *used {
	own := *b
	u := &used{block: &own, size: 1}
	same := true
	own.Blocks = make([]*config.Block, len(b.Blocks))
	for i, n := range b.Blocks {
		inner := x.use(n)
		own.Blocks[i] = inner.block
		same = same && inner.block == n
		u.size += inner.size
	}
	a := b.Arg("use")
	switch {
	case a == nil || b.Parent == nil || b.Type == "call":
		if same {
			u.block = b
		}
		return x.bounded(u, b)
	case a.Bad: // Check has reported it
		own.Broken = true
		return u
	case x.under[b]:
		own.Broken = true
		x.report(b, diag.New(diag.Cycle, a.Expr.Range(), "%s uses itself.", b.Title()))
		return u
	}
	ref, ds := x.root.Of(b.Module).Refer(a, UseKind(b.Type))
	if ref.Block == nil {
		own.Broken = true
		for _, d := range ds { // which Check could not know: the key of an instance
			x.report(b, d)
		}
		return u
	}
	x.under[b] = true
	base := x.use(ref.Block)
	delete(x.under, b)
	if u.depth = base.depth + 1; u.depth > maxUses {
		own.Broken = true
		if u.depth == maxUses+1 {
			x.report(b, diag.New(diag.LimitExceeded, a.Expr.Range(), "Blocks may use each other in chains of at most %d; with %s it would be more.", maxUses, b.Title()))
		}
		return u
	}
	own.Broken = b.Broken || base.block.Broken
	own.Args = mergeArgs(base.block.Args, b.Args)
	own.Blocks = mergeBlocks(base.block.Blocks, own.Blocks)
	u.size += base.size
	return x.bounded(u, b)
}

// bounded empties a block that has become too large: blocks that use others
// twice double at every level.
func (x *expansion) bounded(u *used, b *config.Block) *used {
	if u.size <= maxUsed || b.Parent == nil {
		return u
	}
	x.report(b, diag.New(diag.LimitExceeded, b.Range, "%s holds more than %d blocks, with those of all that it uses.", b.Title(), maxUsed))
	empty := *u.block
	empty.Blocks, empty.Broken = nil, true
	return &used{block: &empty, size: 1, depth: u.depth}
}

func (x *expansion) report(b *config.Block, d *diag.Diagnostic) {
	x.diags.Append(d.In(b.Place(*d.Subject)))
}

func mergeArgs(base, own []*config.Arg) []*config.Arg {
	var out []*config.Arg
	for _, a := range base {
		if slices.Contains(unshared, a.Name) || slices.ContainsFunc(own, func(o *config.Arg) bool { return o.Name == a.Name }) {
			continue
		}
		out = append(out, a)
	}
	for _, o := range own {
		i := slices.IndexFunc(base, func(a *config.Arg) bool { return a.Name == o.Name })
		if i >= 0 && slices.Contains(merged, o.Name) {
			o = withBase(o, base[i])
		}
		out = append(out, o)
	}
	return out
}

// withBase puts base beneath o, and beneath what o is already merged with.
func withBase(o, base *config.Arg) *config.Arg {
	chained := *o
	if o.Base != nil {
		base = withBase(o.Base, base)
	}
	chained.Base = base
	return &chained
}

// mergeBlocks puts own blocks over those of base. One that overrides stands
// where the overridden one stood; of several alike the first overrides the
// first, and so on. The others follow.
func mergeBlocks(base, own []*config.Block) []*config.Block {
	waiting := map[string][]*config.Block{}
	for _, o := range own {
		if key, ok := place(o); ok {
			waiting[key] = append(waiting[key], o)
		}
	}
	used := map[*config.Block]bool{}
	var out []*config.Block
	for _, b := range base {
		key, ok := place(b)
		if list := waiting[key]; ok && len(list) > 0 {
			waiting[key] = list[1:]
			b = list[0]
			used[b] = true
		}
		out = append(out, b)
	}
	for _, o := range own {
		if !used[o] {
			out = append(out, o)
		}
	}
	return out
}

// place tells blocks apart of which there can be one: those with labels by
// these, and those that stand only once.
func place(b *config.Block) (key string, ok bool) {
	key = b.Type
	for _, l := range b.Labels {
		key += "\x00" + l.Text
	}
	switch b.Type {
	case "start", "stop", "match", "warn", "abort", "else", "retry", "stream", "reply", "reconnect", "http", "tls", "dns":
		return key, true
	case "auth": // of whatever kind
		return b.Type, true
	}
	return key, len(b.Labels) > 0
}
