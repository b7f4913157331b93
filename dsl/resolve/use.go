package resolve

import (
	"slices"

	"throng/dsl/config"
	"throng/dsl/diag"
)

// merged are the arguments that `use` merges; every other is replaced.
var merged = []string{"headers", "tags", "session"}

// Use expands the `use` argument of a block and of the blocks within it: the
// result holds what the used block holds, overridden by what stands in b. It
// shares what it can with b and changes neither.
//
// Blocks with the same type and labels are replaced; so are blocks that can
// stand only once. Others follow those of the used block.
func Use(s *Scope, b *config.Block) (*config.Block, diag.Diagnostics) { return use(s, b, nil) }

func use(s *Scope, b *config.Block, above []*config.Block) (*config.Block, diag.Diagnostics) {
	out := *b
	var diags diag.Diagnostics
	out.Blocks = make([]*config.Block, len(b.Blocks))
	for i, n := range b.Blocks {
		expanded, ds := use(s.home(n), n, above)
		diags = append(diags, ds...)
		out.Blocks[i] = expanded
	}
	a := b.Arg("use")
	if a == nil || b.Parent == nil || b.Type == "call" {
		return &out, diags
	}
	if slices.Contains(above, b) {
		out.Broken = true
		return &out, append(diags, diag.New(diag.Cycle, a.Expr.Range(), "%s uses itself.", b.Title()).In(b.Place(a.Expr.Range())))
	}
	ref, ds := s.home(b).Refer(a, b.Type)
	if ds.HasErrors() {
		out.Broken = true
		return &out, diags // Check has reported it
	}
	base, ds := use(ref.Scope, ref.Block, append(slices.Clone(above), b))
	diags = append(diags, ds...)
	out.Broken = b.Broken || base.Broken
	out.Args = mergeArgs(base.Args, b.Args)
	out.Blocks = mergeBlocks(base.Blocks, out.Blocks)
	return &out, diags
}

// home is the scope a block was written in: s, or below the root of s.
func (s *Scope) home(b *config.Block) *Scope {
	return s.Root().Of(b.Module)
}

func mergeArgs(base, own []*config.Arg) []*config.Arg {
	var out []*config.Arg
	for _, a := range base {
		if a.Name == "use" || a.Name == "abstract" || slices.ContainsFunc(own, func(o *config.Arg) bool { return o.Name == a.Name }) {
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

func mergeBlocks(base, own []*config.Block) []*config.Block {
	var out []*config.Block
	for _, b := range base {
		if !slices.ContainsFunc(own, func(o *config.Block) bool { return replaces(o, b) }) {
			out = append(out, b)
		}
	}
	return append(out, own...)
}

func replaces(own, base *config.Block) bool {
	if own.Type != base.Type || len(own.Labels) != len(base.Labels) {
		return false
	}
	for i := range own.Labels {
		if own.Labels[i].Text != base.Labels[i].Text {
			return false
		}
	}
	if len(own.Labels) > 0 {
		return true
	}
	switch own.Type {
	case "start", "stop", "match", "warn", "abort", "else", "retry":
		return true
	}
	return false
}
