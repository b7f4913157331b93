package install

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"throng/dsl/diag"
	"throng/dsl/module"
	"throng/dsl/module/constraint"
	"throng/dsl/module/lock"
	"throng/dsl/module/source"
	"throng/dsl/module/tree"
)

// pick is what is used of one source.
type pick struct {
	source source.Source
	module lock.Module // without constraints
	kept   bool        // as it is locked
	files  *tree.Files
	from   module.From
}

func (p *pick) name() string { return module.NameOf(p.source, &p.module) }

// same reports whether two picks are of the same files.
func (p *pick) same(other *pick) bool {
	return other != nil && p.module.Version == other.module.Version && p.module.Hash == other.module.Hash
}

// settle chooses for every source that was met and has its files, several at
// the same time. moved says that a choice is another than before. What is
// refused may be another thing after the next walk; what failed ends it all.
func (n *run) settle() (moved bool, refused, failed diag.Diagnostics) {
	type outcome struct {
		pick            *pick
		refused, failed *diag.Diagnostic
	}
	outcomes := make([]outcome, len(n.keys))
	slots := make(chan struct{}, parallel)
	var wg sync.WaitGroup
	for i, key := range n.keys {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			o := &outcomes[i]
			if o.pick, o.refused, o.failed = n.choose(key); o.pick != nil {
				o.failed = n.get(o.pick, n.asks[key])
			}
		})
	}
	wg.Wait()
	picks, size := map[string]*pick{}, int64(0)
	for i, key := range n.keys {
		o := &outcomes[i]
		refused.Append(o.refused)
		failed.Append(o.failed)
		if o.pick == nil || o.failed != nil {
			continue
		}
		picks[key] = o.pick
		size += o.pick.files.Size()
		moved = moved || !o.pick.same(n.picks[key])
	}
	if size > maxBytes {
		failed.Append(diag.General(diag.LimitExceeded, "The modules that the scenario brings in are larger than %d MiB together.", maxBytes>>20))
	}
	n.picks = picks
	return moved, refused, failed
}

// choose decides what is used of a source: what is locked where it will do,
// else the highest version that will, or what the source itself names.
func (n *run) choose(key string) (p *pick, refused, failed *diag.Diagnostic) {
	asks := n.asks[key]
	s, constraints := asks[0].Source, constraintsOf(asks)
	old := n.old.Of(key)
	if old != nil && !(n.o.Upgrade && movable(s)) && serves(old, s, constraints) {
		return &pick{source: s, module: *old, kept: true}, nil, nil
	}
	if n.o.Locked {
		return nil, n.notLocked(key, old, asks), nil
	}
	p = &pick{source: s, module: lock.Module{Key: key}}
	if !chosen(s, constraints) {
		return p, nil, nil
	}
	offers, failed := n.versions(s, asks)
	if failed != nil {
		return nil, nil, failed
	}
	p.module.Version = constraint.Best(offers, constraints)
	switch {
	case p.module.Version == "":
		return nil, conflict(key, offers, asks), nil
	case old != nil && old.Version == p.module.Version:
		return &pick{source: s, module: *old, kept: true}, nil, nil
	}
	return p, nil, nil
}

// chosen reports whether a source is used by a version chosen among its tags.
// A repository that is named without any word on the version is used by its
// default branch; a registry has none.
func chosen(s source.Source, constraints []string) bool {
	return s.Ref == "" && (len(constraints) > 0 && s.Kind == source.Git || s.Kind == source.OCI)
}

// serves reports whether what is locked is what the source and its callers
// ask for.
func serves(m *lock.Module, s source.Source, constraints []string) bool {
	switch {
	case s.Ref != "" || s.Kind == source.Archive:
		return m.Version == ""
	case len(constraints) == 0:
		return m.Version != "" || s.Kind == source.Git
	}
	return m.Version != "" && constraint.Meets(m.Version, constraints)
}

var commitName = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// movable reports whether a source may come to other files by right: it names
// neither a commit, nor a digest, nor a tag that is a version.
func movable(s source.Source) bool {
	return s.Ref == "" || !s.Pinned() && !commitName.MatchString(s.Ref) && !constraint.IsVersion(s.Ref)
}

// versions are those that a source offers.
func (n *run) versions(s source.Source, asks []*module.Request) ([]string, *diag.Diagnostic) {
	key := s.Key()
	n.mu.Lock()
	offers, known := n.offers[key]
	n.mu.Unlock()
	if known {
		return offers, nil
	}
	if n.o.Offline {
		return nil, n.at(asks, diag.ModuleNotInstalled, "A version of %s has to be chosen, and --offline forbids to look which ones there are.", key)
	}
	offers, err := n.o.Fetcher.Versions(n.ctx, s)
	if err != nil {
		return nil, n.unfetched(asks, "The versions of "+key, err)
	}
	n.mu.Lock()
	n.offers[key] = offers
	n.mu.Unlock()
	return offers, nil
}

// at makes a finding about a source, at the first block that names it.
func (n *run) at(asks []*module.Request, code, format string, args ...any) *diag.Diagnostic {
	return diag.New(code, asks[0].At(), format, args...).In(asks[0].Call.Title())
}

// notLocked says that a choice has to be made that --locked forbids.
func (n *run) notLocked(key string, old *lock.Module, asks []*module.Request) *diag.Diagnostic {
	d := n.at(asks, diag.LockOutdated, "The lock file %s has no entry for %s, and --locked (the default where CI is set) forbids to add one.", n.result.LockFile, key)
	switch {
	case old != nil && n.o.Upgrade:
		d.Detail = fmt.Sprintf("--upgrade looks for something newer than what is locked of %s, and --locked (the default where CI is set) forbids to lock that.", key)
	case old != nil:
		d.Detail = fmt.Sprintf("The lock file %s holds %s of %s, which is not what is asked for, and --locked (the default where CI is set) forbids to change it.", n.result.LockFile, orNone(old.Version), key)
		for _, r := range asks {
			if r.Constraint != "" && !constraint.Meets(old.Version, []string{r.Constraint}) {
				at := r.ConstraintAt()
				d.Subject, d.Block = &at, r.Call.Title()
				break
			}
		}
	}
	d.Suggestion = fmt.Sprintf("Run %q where the scenario is written, and commit the lock file.", module.InitCommand(n.scenario))
	return d
}

func orNone(version string) string {
	if version == "" {
		return "no version"
	}
	return "version " + version
}

// conflict says that no version will do for all who ask, and who they are.
func conflict(key string, offers []string, asks []*module.Request) *diag.Diagnostic {
	const shown = 8
	list := "it has no tag that is a semantic version"
	if len(offers) > 0 {
		list = "its versions are " + strings.Join(offers[:min(len(offers), shown)], ", ")
		if more := len(offers) - shown; more > 0 {
			list += fmt.Sprintf(" and %d more", more)
		}
	}
	var with []*module.Request
	for _, r := range asks {
		if r.Constraint != "" {
			with = append(with, r)
		}
	}
	if len(with) == 0 {
		return diag.New(diag.VersionConflict, asks[0].At(), "No version of %s can be chosen: %s.", key, list).In(asks[0].Call.Title())
	}
	d := diag.New(diag.VersionConflict, with[0].ConstraintAt(), "No version of %s is %s: %s.", key, with[0].Constraint, list).In(with[0].Call.Title())
	if slices.ContainsFunc(offers, constraint.IsPrerelease) {
		d.Suggestion = "A pre-release is used only where it is named exactly, as in version = \"1.2.0-rc.1\"."
	}
	if len(with) > 1 {
		d.Suggestion = "Change one of the constraints, or use another version of the module that asks for it."
		d.Detail = fmt.Sprintf("A scenario uses one version of %s, and none is right for all who ask for one: %s.", key, list)
	}
	for _, r := range with[1:] {
		d.Relate(fmt.Sprintf("%s asks for %s", r.Call.Title(), r.Constraint), r.ConstraintAt())
	}
	return d
}

// constraintsOf are what callers ask of a version, sorted, each once.
func constraintsOf(asks []*module.Request) []string {
	var all []string
	for _, r := range asks {
		if r.Constraint != "" {
			all = append(all, r.Constraint)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
