package module

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/module/constraint"
	"throng/dsl/module/source"
	"throng/dsl/module/tree"
	"throng/stdlib"
)

const (
	maxNesting = 16
	maxModules = 5_000 // of one tree: libraries that bring in each other multiply
)

// growth loads the modules of one tree.
type growth struct {
	find   Finder
	loaded int // modules so far
}

// Request is a module block that asks for what has to be fetched.
type Request struct {
	Source     source.Source
	Constraint string // what it asks of the version; "" for nothing
	Call       *config.Block
	Caller     *Tree
}

// Within gives what was fetched, unless it does not hold the directory that
// the source names.
func (r *Request) Within(f *Fetched, files *tree.Files) (*Fetched, diag.Diagnostics) {
	if err := r.Source.Find(files); err != nil {
		d := diag.New(diag.FileNotFound, r.At(), "%s does not hold what the source names: %s.", f.Name, strings.TrimSuffix(err.Error(), "."))
		return nil, diag.Diagnostics{d.In(r.Call.Title())}
	}
	return f, nil
}

// At is where the source is written.
func (r *Request) At() hcl.Range { return r.Call.Arg("source").Expr.Range() }

// ConstraintAt is where the constraint is written, or else the source.
func (r *Request) ConstraintAt() hcl.Range {
	if a := r.Call.Arg("version"); a != nil && r.Constraint != "" {
		return a.Expr.Range()
	}
	return r.At()
}

// follow loads the modules t calls. above holds the modules being loaded,
// outermost first, so that a circle ends in a message.
func (g *growth) follow(t *Tree, above []*Tree) diag.Diagnostics {
	t.Calls = map[string]*Tree{}
	above = append(slices.Clone(above), t)
	var diags diag.Diagnostics
	for _, call := range t.Config.Root.Of("module") {
		child, ds := g.load(t, call, above)
		diags = append(diags, ds...)
		if child == nil {
			t.missed = true
		} else if t.Calls[call.Name()] == nil {
			t.Calls[call.Name()] = child
		}
	}
	return diags
}

func (g *growth) load(t *Tree, call *config.Block, above []*Tree) (*Tree, diag.Diagnostics) {
	r, diags := request(call)
	if r == nil {
		return nil, diags
	}
	child := &Tree{Call: call, Source: r.Source, Path: join(t.Path, call.Name())}
	if diags := g.place(t, child, r); child.origin == nil {
		return nil, diags
	}
	at := r.At()
	for _, m := range above {
		if m.origin.key == child.origin.key && m.dir == child.dir {
			return nil, diag.Diagnostics{diag.New(diag.Cycle, at, "This module brings itself in: %s.", chain(append(above, child))).In(call.Title())}
		}
	}
	if len(above) >= maxNesting {
		return nil, diag.Diagnostics{diag.New(diag.LimitExceeded, at, "Modules may stand within each other %d deep.", maxNesting).In(call.Title())}
	}
	if g.loaded++; g.loaded > maxModules {
		return nil, g.tooMany(call, at)
	}
	child.Config, diags = config.LoadFS(child.Files, ".", child.origin.shown(child.dir))
	if child.Config == nil {
		return nil, located(diags, call, at)
	}
	return child, append(diags, g.follow(child, above)...)
}

// tooMany refuses the modules behind the last one that is allowed, once.
func (g *growth) tooMany(call *config.Block, at hcl.Range) diag.Diagnostics {
	if g.loaded > maxModules+1 {
		return nil
	}
	return diag.Diagnostics{diag.New(diag.LimitExceeded, at, "A scenario may bring in at most %d modules, with those that its modules bring in. A module counts each time it is brought in.", maxModules).In(call.Title())}
}

// chain shows modules, each bringing in the next.
func chain(trees []*Tree) string {
	shown := make([]string, len(trees))
	for i, t := range trees {
		shown[i] = fmt.Sprintf("%q", t.origin.shown(t.dir))
	}
	return strings.Join(shown, " → ")
}

// request reads where a module block leads; nil where it does not say so
// rightly. Its arguments are literals.
func request(call *config.Block) (*Request, diag.Diagnostics) {
	if call.Arg("source") == nil {
		return nil, nil // reported as a missing argument
	}
	r := &Request{Call: call}
	text, d := plain(call, "source")
	if d != nil {
		return nil, diag.Diagnostics{d}
	}
	var err error
	if r.Source, err = source.Parse(text); err != nil {
		return nil, diag.Diagnostics{refused(call, err)}
	}
	a := call.Arg("version")
	if a == nil {
		return r, nil
	}
	if why := r.Source.NoVersion(); why != "" {
		return nil, diag.Diagnostics{diag.New(diag.ConflictingArguments, a.NameRange, "A version cannot be chosen here: %s.", why).In(call.Title())}
	}
	if r.Constraint, d = plain(call, "version"); d == nil {
		if err := constraint.Check(r.Constraint); err != nil {
			d = diag.New(diag.InvalidValue, a.Expr.Range(), "%q is no version constraint. Those are written as \"1.2.0\", \">= 1.2, < 2.0\" or \"~> 1.2\", which means at least 1.2 and below 2.", r.Constraint).In(call.Title())
		}
	}
	if d != nil {
		return nil, diag.Diagnostics{d}
	}
	return r, nil
}

// plain is an argument that is read before anything else.
func plain(call *config.Block, name string) (string, *diag.Diagnostic) {
	a := call.Arg(name)
	value, found := a.Expr.Value(nil)
	if found.HasErrors() || value.IsNull() || !value.IsKnown() || value.Type() != cty.String {
		return "", diag.New(diag.NotConstant, a.Expr.Range(), "A module's %s is read before anything else, so it must be a plain string.", name).In(call.Title())
	}
	return value.AsString(), nil
}

// credential is what a source must not hold: whoever reads a log may not read
// it there.
var credential = regexp.MustCompile(`(?:https?|oci)://[^/?#]*@|://[^/?#@]*:[^/?#]*@`)

// refused is a source that is none.
func refused(call *config.Block, err error) *diag.Diagnostic {
	at := call.Arg("source").Expr.Range()
	d := diag.New(diag.UnknownReference, at, "%s", err).In(call.Title())
	var e *source.Error
	if !errors.As(err, &e) {
		return d
	}
	d.Detail = fmt.Sprintf("%q is no source that throng knows. %s", e.Text, e.Problem)
	if credential.MatchString(e.Text) { // the place in words: to show the line is to show the credential
		d = diag.General(diag.UnknownReference, "The source of %s (%s:%d) is no source that throng knows, and holds a credential, which no source may. %s", call.Title(), at.Filename, at.Start.Line, credential.ReplaceAllString(e.Problem, "…@"))
	}
	if e.Suggestion != "" && !credential.MatchString(e.Suggestion) {
		d.Suggestion = fmt.Sprintf("Write %q.", e.Suggestion)
	}
	return d
}

// place says where a module's directory is. Without its origin it cannot be
// loaded.
func (g *growth) place(t, child *Tree, r *Request) diag.Diagnostics {
	switch r.Source.Kind {
	case source.Std:
		if !slices.Contains(stdlib.Libraries(), r.Source.Addr) {
			d := diag.New(diag.UnknownReference, r.At(), "There is no embedded library %q. There are: %s.", r.Source.String(), strings.Join(stdSources(), ", ")).In(r.Call.Title())
			return diag.Diagnostics{d.DidYouMean(r.Source.String(), stdSources())}
		}
		child.origin, child.dir = std, r.Source.Addr
	case source.Local:
		return child.beside(t, r)
	default:
		r.Caller = t
		return g.fetched(t, child, r)
	}
	child.Files = child.origin.open(child.dir)
	return nil
}

// beside places a module at a path that begins at its caller's directory.
func (t *Tree) beside(caller *Tree, r *Request) diag.Diagnostics {
	o := caller.origin
	if o.onDisk() {
		t.Folder = filepath.Join(caller.Config.Dir, filepath.FromSlash(r.Source.Addr))
		t.origin, t.dir, t.Files = o, filepath.ToSlash(t.Folder), o.open(t.Folder)
		return nil
	}
	dir := path.Join(caller.dir, r.Source.Addr)
	if !fs.ValidPath(dir) {
		d := diag.New(diag.UnknownReference, r.At(), "The source %q leads out of %s. A module stays within what it is fetched with.", r.Source.Text, o.shown("."))
		return diag.Diagnostics{d.In(r.Call.Title())}
	}
	t.within(o, dir)
	return nil
}

// within places a module in what was fetched or embedded.
func (t *Tree) within(o *origin, dir string) {
	t.origin, t.dir, t.Files = o, dir, o.open(dir)
	if o.fetched != nil {
		t.Folder, t.Within = o.shown(dir), o.fetched
	}
}

// fetched places a module in what its source led to.
func (g *growth) fetched(caller, t *Tree, r *Request) diag.Diagnostics {
	if from := caller.origin.from; from != nil && onThisMachine(r.Source) && !onThisMachine(*from) {
		d := diag.New(diag.UnknownReference, r.At(), "%s was fetched over the network, so it cannot bring in something of this machine.", caller.origin.fetched.Name)
		return diag.Diagnostics{d.In(r.Call.Title())}
	}
	found, diags := g.find(r)
	if found == nil {
		return located(diags, r.Call, r.At())
	}
	s := r.Source
	t.within(&origin{key: s.Key(), open: found.Open, fetched: found, from: &s}, cmp.Or(s.Sub, "."))
	return diags
}

// onThisMachine reports whether a source is this machine itself: its disk, or
// a server on it.
func onThisMachine(s source.Source) bool {
	_, rest, url := strings.Cut(s.Addr, "://")
	if !url {
		rest = s.Addr
	}
	host, _, _ := strings.Cut(rest, "/")
	return host == "" || source.Loopback(host[strings.LastIndexByte(host, '@')+1:])
}

// located gives findings about a module as a whole the place of the call.
func located(diags diag.Diagnostics, call *config.Block, at hcl.Range) diag.Diagnostics {
	for _, d := range diags {
		if d.Subject == nil {
			d.Subject = &at
			d.Block = call.Title()
		}
	}
	return diags
}

func stdSources() []string {
	names := stdlib.Libraries()
	for i, n := range names {
		names[i] = "std/" + n
	}
	return names
}
