package scenarios_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"throng/dsl"
	"throng/dsl/plan"
)

// console answers expressions in a scenario with one library, called m. Its
// draws follow from a seed.
func console(t *testing.T, library, inputs string) func(expression string) string {
	t.Helper()
	dir := scenario(t, "module \"m\" {\n  source = \"std/"+library+"\"\n"+inputs+"\n}\ntarget \"api\" { base_url = \"http://127.0.0.1:8000\" }\n")
	c, found, _ := dsl.OpenConsole(dir, dsl.Options{Tool: "0.1.0", Seed: 7}, nil)
	if c == nil || found.Diagnostics.HasErrors() {
		t.Fatalf("%+v", found.Diagnostics)
	}
	return func(expression string) string {
		value, _, diags := c.Eval([]byte(expression), "test")
		if diags.HasErrors() {
			t.Fatalf("%s: %v", expression, diags[0].Detail)
		}
		return value
	}
}

// Whoever looks at a law draws so many values.
const manyDraws = 2000

// drawn are values of an expression, as HCL writes them.
func drawn(eval func(string) string, expression string) (list []string) {
	for range manyDraws / 500 {
		values := eval("join(\" \", [for i in range(500) : " + expression + "])")
		list = append(list, strings.Fields(strings.Trim(values, `"`))...)
	}
	return list
}

// waits are as many waits as a user of std/think with these inputs draws,
// in seconds, sorted.
func waits(t *testing.T, inputs, wait string) []float64 {
	t.Helper()
	p := compile(t, scenario(t, "module \"m\" {\n  source = \"std/think\"\n"+inputs+"\n}\ntarget \"api\" { base_url = \"http://127.0.0.1:8000\" }\n"+
		"user \"u\" {\n  "+wait+"\n  get \"/\" {}\n}\nprofile \"p\" {\n  users = 1\n  duration = \"1s\"\n}\nsla \"s\" { error_rate = \"1%\" }\n"), dsl.Options{})
	frame := plan.Frame{Plan: p, Rand: rand.New(rand.NewPCG(7, 7))}
	list := make([]float64, manyDraws)
	for i := range list {
		v, err := p.Classes[0].Tasks[0].Wait.For.Eval(&frame)
		if err != nil {
			t.Fatal(err)
		}
		list[i] = v.Float64()
	}
	slices.Sort(list)
	return list
}

// Think times follow the laws that their descriptions name. The seed is
// fixed, and each tolerance is four standard errors or more.
func TestStdThink(t *testing.T) {
	const four = "  mean = \"4s\""
	cases := []struct {
		wait            string
		median, tenth   float64 // the median, and what one in ten is above
		least, greatest float64 // that are possible
		tolerance       float64 // of the logarithms
	}{
		{"wait = module::m::human()", math.Exp(-0.495204), math.Exp(-0.495204 + 1.281552*2.7731), 0, 300, 0.45},
		{"wait = module::m::shopper()", 7 * math.Ln2, 7 * math.Ln10, 0, 70, 0.15},
		{"wait = module::m::reader()", 30 * math.Ln2, 30 * math.Ln10, 0, 300, 0.15},
		{`wait = module::m::uniform("4s")`, 4, 5.6, 2, 6, 0.1},
		{`wait = module::m::bounded_normal("4s")`, 4, 4 + 1.281552, 0, 300, 0.05},
		{`wait = module::m::bounded_lognormal("4s")`, 4 / math.Sqrt2, 4 / math.Sqrt2 * math.Exp(1.281552*math.Sqrt(math.Ln2)), 0, 300, 0.15},
		{`wait = module::m::bounded_exponential("4s")`, 4 * math.Ln2, 4 * math.Ln10, 0, 40, 0.15},
		{"use = module.m.user.human", math.Exp(-0.495204), math.Exp(-0.495204 + 1.281552*2.7731), 0, 300, 0.45},
		{"use = module.m.user.shopper", 7 * math.Ln2, 7 * math.Ln10, 0, 70, 0.15},
		{"use = module.m.user.reader", 30 * math.Ln2, 30 * math.Ln10, 0, 300, 0.15},
		{"use = module.m.user.uniform", 4, 5.6, 2, 6, 0.1},
		{"use = module.m.user.normal", 4, 4 + 1.281552, 0, 300, 0.05},
		{"use = module.m.user.lognormal", 4 / math.Sqrt2, 4 / math.Sqrt2 * math.Exp(1.281552*math.Sqrt(math.Ln2)), 0, 300, 0.15},
		{"use = module.m.user.exponential", 4 * math.Ln2, 4 * math.Ln10, 0, 40, 0.15},
		{"use = module.m.user.pacing", 4, 4, 4, 4, 1e-9},
	}
	for _, c := range cases {
		list := waits(t, four, c.wait)
		median, tenth := list[len(list)/2], list[len(list)*9/10]
		if math.Abs(math.Log(median/c.median)) > c.tolerance || math.Abs(math.Log(tenth/c.tenth)) > c.tolerance {
			t.Errorf("%s: half are below %v, want %v; nine in ten below %v, want %v", c.wait, median, c.median, tenth, c.tenth)
		}
		if list[0] < c.least || list[len(list)-1] > c.greatest {
			t.Errorf("%s draws from %v to %v, want from %v to %v", c.wait, list[0], list[len(list)-1], c.least, c.greatest)
		}
	}
	if list := waits(t, "  mean = \"4s\"\n  longest = \"10s\"", "wait = module::m::human()"); list[len(list)-1] != 10 {
		t.Errorf("the longest is %v, want 10", list[len(list)-1])
	}
}

// Popular ids follow Zipf's law, people have addresses of their own, and an
// order's parts belong together.
func TestStdData(t *testing.T) {
	eval := console(t, "data", "  ids = 100\n  skew = 1")
	seen := map[string]int{}
	for _, id := range drawn(eval, `module::m::popular_id("p-")`) {
		seen[id]++
	}
	whole := 0.0 // the sum of 1/k up to 100
	for k := 1; k <= 100; k++ {
		whole += 1 / float64(k)
	}
	for k := 1; k <= 4; k++ {
		p := 1 / float64(k) / whole
		got, sigma := float64(seen["p-"+strconv.Itoa(k)]), math.Sqrt(manyDraws*p*(1-p))
		if math.Abs(got-manyDraws*p) > 4.5*sigma {
			t.Errorf("p-%d was asked for %v times, want %v", k, got, manyDraws*p)
		}
	}
	for expression, want := range map[string]string{
		`endswith(module::m::person(17).email, ".17@example.com")`:                                                                      "true",
		`[for p in [module::m::person(1)] : p.name == "${p.first_name} ${p.last_name}" && startswith(p.email, lower(p.first_name))][0]`: "true",
		`[for o in [module::m::order(9)] : length(o.lines) >= 1 && length(o.lines) <= 3 && o.number == "A-9"][0]`:                       "true",
		`module.m.data.people.email`:                           `"person-0@example.com"`,
		`length(split(" ", module.m.data.searches.text)) <= 3`: "true",
		`module.m.data.searches.page >= 1`:                     "true",
		`module.m.data.orders.number`:                          `"A-0"`,
	} {
		if got := eval(expression); got != want {
			t.Errorf("%s is %s, want %s", expression, got, want)
		}
	}
}

// What one answer takes from an Apdex of 1.
func TestStdDissatisfaction(t *testing.T) {
	eval := console(t, "slas", `  satisfied_within = "500ms"`)
	for elapsed, want := range map[string]string{"0.1": "0", "0.5": "0", "0.51": "0.5", "2": "0.5", "2.01": "1"} {
		if got := eval("module::m::dissatisfaction(" + elapsed + ")"); got != want {
			t.Errorf("%s s take %s, want %s", elapsed, got, want)
		}
	}
}

// The limits of satisfaction are sufficient for the score that the
// descriptions tell.
func TestStdSatisfaction(t *testing.T) {
	for name, api := range std(t) {
		if name != "slas" {
			continue
		}
		p := compile(t, scenario(t, caller(name, api)), dsl.Options{Profile: "own"})
		scores := map[string]float64{"satisfaction_excellent": 0.94, "satisfaction_good": 0.85, "satisfaction_fair": 0.70}
		for i := range p.SLAs {
			s := &p.SLAs[i]
			want, ok := scores[s.Name]
			if !ok {
				continue
			}
			delete(scores, s.Name)
			var within, tolerated, failed float64
			for _, r := range s.Rules {
				switch {
				case r.Metric == plan.ErrorRate:
					failed = r.Limit
				case time.Duration(r.Limit) == 500*time.Millisecond:
					within = r.Quantile
				default:
					tolerated = r.Quantile
				}
			}
			if got := (within + (tolerated-within)/2) * (1 - failed); got < want || got > want+0.01 {
				t.Errorf("%s keeps a score of %v, want %v: %+v", s.Name, got, want, s.Rules)
			}
		}
		if len(scores) > 0 {
			t.Errorf("there are no SLAs for %v", scores)
		}
	}
}
