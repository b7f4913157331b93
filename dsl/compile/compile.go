// Package compile turns resolved blocks into a plan: it evaluates what is
// known before the run, lowers the rest to expressions over a user's frame,
// and checks what can be checked. HCL's evaluator is used here, at compile
// time; on the hot path it is only the fallback for shapes that have no
// lowered form.
//
// The compiler does not stop at the first error. A block that cannot be
// compiled is reported and left out, and the rest goes on.
package compile

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/module"
	"throng/dsl/plan"
	"throng/dsl/resolve"
)

// Input is a value for a variable, given from outside the scenario.
type Input struct {
	Text   string // as typed; read as the variable's type demands
	Arg    *config.Arg
	Origin string // "--var", a file's name, "THRONG_VAR_x"
}

// NotGiven is the value that stands for a sensitive one where a plan is only
// shown. It is taken wherever a text is.
const NotGiven = "(sensitive value, not given)"

// Options choose what is compiled, beside the scenario itself.
type Options struct {
	Profile     string // "" for the scenario's own choice
	Inputs      map[string]Input
	Users       *int // overrides of the profile
	SpawnRate   *float64
	Duration    *string
	Seed        uint64
	Tags        []string
	ExcludeTags []string
	Tool        string   // version of throng
	Allow       []string // targets whose guards the user lifts: --allow
	Sends       bool     // the plan is about to be run, so consent is needed now
	Modules     module.Options
}

// Compile makes the plan of a checked scenario for one profile. The plan is
// nil when there are errors.
func Compile(scope *resolve.Scope, o Options) (*plan.Plan, diag.Diagnostics) {
	c := newCompiler(scope, o)
	defer c.settled()
	c.shared()
	return c.forProfile(o.Profile)
}

// settled ends the metering of expressions: from here on users evaluate what
// has no lowered form, each evaluation for itself.
func (c *compiler) settled() { c.meter = nil }

// shared compiles what is the same whatever the profile.
func (c *compiler) shared() {
	c.scenario()
	c.requirements(c.root)
	c.values()
	c.assertions()
	c.targets()
	c.knownConsent()
	c.data()
	c.setupAndTeardown()
	c.rowsOfSetup()
	c.users()
	c.constantURLs()
	c.hideCredentials()
	c.unusedMetrics()
	c.filterTags()
}

// flags are the options that change the scenario's load or mix, as flags of
// the command line.
func (o Options) flags() []string {
	var flags []string
	if o.Users != nil {
		flags = append(flags, "--users", strconv.Itoa(*o.Users))
	}
	if o.SpawnRate != nil {
		flags = append(flags, "--spawn-rate", strconv.FormatFloat(*o.SpawnRate, 'f', -1, 64))
	}
	if o.Duration != nil {
		flags = append(flags, "--duration", *o.Duration)
	}
	if len(o.Tags) > 0 {
		flags = append(flags, "--tags", strings.Join(o.Tags, ","))
	}
	for _, name := range o.Allow {
		flags = append(flags, "--allow", name)
	}
	if len(o.ExcludeTags) > 0 {
		flags = append(flags, "--exclude-tags", strings.Join(o.ExcludeTags, ","))
	}
	return flags
}

// hide takes sensitive texts out of what was found: the errors of functions
// and readers repeat what they were given.
func (c *compiler) hide() {
	const hidden = "(sensitive value)"
	for _, d := range c.diags {
		for _, s := range c.plan.Secrets {
			d.Detail = strings.ReplaceAll(d.Detail, s, hidden)
			d.Suggestion = strings.ReplaceAll(d.Suggestion, s, hidden)
			for i := range d.Values {
				d.Values[i].Text = strings.ReplaceAll(d.Values[i].Text, s, hidden)
			}
		}
	}
}

type compiler struct {
	options Options
	meter   *config.Meter

	meterValue cty.Value     // as expressions are given it
	chosen     *config.Block // the profile that is compiled, nil without
	many       bool          // all profiles are compiled: what is about one run is not said
	listed     bool          // the profile names the SLAs that judge it: of the others nothing is said
	root       *resolve.Scope
	envs       map[*resolve.Scope]*environ
	plan       *plan.Plan
	diags      diag.Diagnostics
	sites      map[siteKey]plan.SiteID
	secrets    secrets

	credentials credentials

	targetIDs      map[*config.Block]int
	dataIDs        map[*config.Block]int
	later          []func() // rows that setup makes, lowered when it is compiled
	rows           map[rowKey]int
	series         map[seriesKey]int
	builders       []*classBuilder
	once           *classBuilder                   // of setup and teardown; nil without
	callees        map[*config.Block]*config.Block // called tasks, expanded
	assigns        map[*config.Block]*assignments  // by called task
	leaving        map[*config.Block]bool          // by called task: a leave stands in it
	urls           []constantURL
	targetBlocks   []*config.Block        // declarations of the targets, expanded
	plain          map[*config.Block]bool // whether a block has no for_each or dynamic in it
	files          map[string][]byte      // bodies read from files, or generated
	made           int                    // steps
	instancesMade  int
	cloned         int                          // blocks and arguments in instances
	overgrown      bool                         // there are too many
	callsTold      bool                         // that tasks call each other too deep
	functions      map[string]function.Function // of every module, plain and
	paying         map[string]function.Function // metered
	trail          trail
	instanceValues map[*resolve.Scope]cty.Value // of modules with for_each
	hops           []hop                        // by which the content under compilation came in, outermost first
	calling        int                          // functions of the scenario's own that are
	reads          map[int]bool                 // data sources the class under compilation reads
	offTags        bool                         // --tags or --exclude-tags left something out
	offClasses     map[int]bool                 // the classes of which they left nothing
	reading        map[hclsyntax.Node]*reading
	constantPairs  map[*config.Arg][]named // headers of blocks around requests, where they are constant
	headersMade    int
	authGood       map[*config.Block]bool // auth blocks that fit their kinds, once they are checked
	authNumbers    map[authKey]int        // of declarations of auth
	offers         map[offeredKey]*offered
	ofKind         map[plan.SeriesKind][]int
	judging        int   // requests that SLAs judge, added up
	windowed       int64 // seconds that their windows keep, added up
	stageNames     *stageNames
	tasks          [][]string // by series: the names of its task and of the sequence around it
	on             []bool     // by series: something records into it
	able           []facts    // by series: what can be measured and counted of it; nil until an SLA asks
}

type siteKey struct {
	file string
	byte int
}

func newCompiler(scope *resolve.Scope, o Options) *compiler {
	scope.Fresh()
	meter := config.NewMeter()
	return &compiler{
		options: o, root: scope, meter: meter, meterValue: meter.Value(),
		envs:      map[*resolve.Scope]*environ{},
		plan:      &plan.Plan{Sites: []plan.Site{{}}, Dir: scope.Tree.Config.Dir, Seed: o.Seed, Tool: o.Tool},
		sites:     map[siteKey]plan.SiteID{},
		targetIDs: map[*config.Block]int{}, dataIDs: map[*config.Block]int{},
		rows: map[rowKey]int{}, series: map[seriesKey]int{}, callees: map[*config.Block]*config.Block{}, files: map[string][]byte{},
		assigns: map[*config.Block]*assignments{}, leaving: map[*config.Block]bool{}, plain: map[*config.Block]bool{},
		reading: map[hclsyntax.Node]*reading{}, constantPairs: map[*config.Arg][]named{},
		offers: map[offeredKey]*offered{}, ofKind: map[plan.SeriesKind][]int{},
		stageNames: &stageNames{},
	}
}

// report adds a finding about something in b.
func (c *compiler) report(b *config.Block, d *diag.Diagnostic) *diag.Diagnostic {
	if len(c.diags) >= tersely {
		d.Terse()
	}
	if len(c.diags) >= maxFindings && (d.Severity == diag.Warning || c.diags.HasErrors()) {
		return d
	}
	if d.Subject != nil {
		if b != nil {
			d.In(b.Place(*d.Subject))
		}
		c.trace(b, d)
	}
	c.diags.Append(d)
	return d
}

// Of very many findings nobody reads the last ones: from tersely on they
// suggest nothing, and there are no more than maxFindings but for a first
// error.
const (
	tersely     = 100
	maxFindings = 1000
)

// fail adds an error at a range in b.
func (c *compiler) fail(b *config.Block, code string, at hcl.Range, format string, args ...any) *diag.Diagnostic {
	return c.report(b, diag.New(code, at, format, args...))
}

// warn adds a warning at a range in b.
func (c *compiler) warn(b *config.Block, code string, at hcl.Range, format string, args ...any) *diag.Diagnostic {
	return c.report(b, diag.NewWarning(code, at, format, args...))
}

// site is the plan's number for a place in the source.
func (c *compiler) site(r hcl.Range, b *config.Block) plan.SiteID {
	key := siteKey{r.Filename, r.Start.Byte}
	if id, ok := c.sites[key]; ok {
		return id
	}
	s := plan.Site{File: r.Filename, Line: r.Start.Line, Column: r.Start.Column}
	if b != nil {
		s.Block = b.Place(r)
		s.Text = lineAt(b.Module.Sources[r.Filename], r.Start.Byte)
	}
	id := plan.SiteID(len(c.plan.Sites))
	c.plan.Sites = append(c.plan.Sites, s)
	c.sites[key] = id
	return id
}

// lineAt is the line of src around an offset, without indentation.
func lineAt(src []byte, offset int) string {
	if offset > len(src) {
		return ""
	}
	start, end := offset, offset
	for start > 0 && src[start-1] != '\n' {
		start--
	}
	for end < len(src) && src[end] != '\n' {
		end++
	}
	for start < end && (src[start] == ' ' || src[start] == '\t') {
		start++
	}
	return string(src[start:end])
}

func (c *compiler) scenario() {
	b := c.root.Tree.Config.Root.First("scenario")
	if b == nil {
		c.plan.Scenario = c.root.Tree.Name
		return
	}
	c.plan.Scenario = b.Name()
	c.plan.Description, _ = c.str(b, "description")
}

// requirements hold this version against what the scenario and its libraries
// require.
func (c *compiler) requirements(s *resolve.Scope) {
	defer c.inside(s)()
	if b := s.Tree.Config.Root.First("scenario"); b != nil && c.options.Tool != "" {
		if want, ok := c.str(b, "requires"); ok {
			if problem := checkVersion(want, c.options.Tool); problem != "" {
				c.fail(b, diag.UnsupportedVersion, b.Arg("requires").Expr.Range(), "%s", problem)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Children)) {
		c.requirements(s.Children[name])
	}
}

// secrets are texts that must not be shown.
type secrets map[string]bool

// add keeps a text, unless it is so short that masking it would garble
// ordinary output.
func (s *secrets) add(text string) {
	const shortest = 4
	if len(text) < shortest {
		return
	}
	if *s == nil {
		*s = secrets{}
	}
	(*s)[text] = true
}

func (s secrets) list() []string {
	var all []string
	for text := range s {
		all = append(all, text)
	}
	slices.SortFunc(all, func(a, b string) int { // longest first, so that parts of a secret don't break its mask
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		if a < b {
			return -1
		}
		return 1
	})
	return all
}
