package schema

import "strings"

// foreign are words of other tools' load tests, folded, and how a scenario
// says the same.
var foreign = map[string]string{
	"vus":                   `Write users = 10 in a profile.`,
	"virtualusers":          `Write users = 10 in a profile.`,
	"concurrency":           `Write users = 10 in a profile.`,
	"hatchrate":             `Write spawn_rate = 10 in a profile.`,
	"rampup":                `Write spawn_rate = 10 in a profile, or stages with over = "1m".`,
	"runtime":               `Write duration = "5m" in a profile.`,
	"arrivalrate":           `Write rate = "100/s" in a profile.`,
	"rps":                   `Write rate = "100/s" in a profile to make so many, or requests_per_second in an sla to promise them.`,
	"executor":              `A profile with users is the closed model, one with rate the open one.`,
	"gracefulstop":          `Write grace = "30s" in a profile.`,
	"scenarios":             `Who does what is a user block, how much of it a profile block.`,
	"thresholds":            `Promises are sla blocks: sla "all" { p95 = "500ms" }.`,
	"threshold":             `Promises are sla blocks: sla "all" { p95 = "500ms" }.`,
	"assertions":            `What each answer must be is expect { status = 200 } in a request, what the run must keep an sla block.`,
	"checks":                `What an answer must be stands in its request: expect { status = 200 }.`,
	"check":                 `What an answer must be stands in its request: expect { status = 200 }.`,
	"catchresponse":         `An answer is judged by its status, and by expect { … } in its request where that is not enough.`,
	"httpreqduration":       `Limit it by p50 to p99_9, mean or max in an sla.`,
	"httpreqfailed":         `Limit it by error_rate = "1%" in an sla.`,
	"host":                  `Write base_url = "http://…" in a target.`,
	"baseuri":               `Write base_url = "http://…" in a target.`,
	"insecureskiptlsverify": `Write tls { insecure = true } in a target.`,
	"tasks":                 `Each is a block of its own: task "name" { … }, or a request that stands directly in the user.`,
	"taskset":               `A task that holds tasks in place of steps is a set: task "name" { task "a" { … } }.`,
	"exec":                  `What a user does are task blocks, or requests that stand directly in it.`,
	"onstart":               `Write start { … } in a user, or setup { … } at the top for what happens once a run.`,
	"onstop":                `Write stop { … } in a user, or teardown { … } at the top for what happens once a run.`,
	"waittime":              `Write wait = between("1s", "3s").`,
	"minwait":               `Write wait = between("1s", "3s").`,
	"maxwait":               `Write wait = between("1s", "3s").`,
	"thinktime":             `Write wait = between("1s", "3s") in a user, or pause { for = "1s" } between steps.`,
	"sleep":                 `Write pause { for = "1s" }.`,
	"feed":                  `Rows are a data block, read as data.NAME.column.`,
	"feeder":                `Rows are a data block, read as data.NAME.column.`,
	"sharedarray":           `Rows are a data block, read as data.NAME.column.`,
	"saveas":                `Write capture = { id = response.json.id }.`,
	"extract":               `Write capture = { id = response.json.id }.`,
	"extractors":            `Write capture = { id = response.json.id }.`,
	"payload":               `Write json = { … }, form = { … } or body = "…".`,
	"request":               `A request is called by its method: get "/path" {}.`,
	"if":                    `Write when { condition = … }.`,
	"constantpacing":        `Write wait = pacing("10s").`,
	"constantthroughput":    `Write wait = throughput("1/s").`,
	"randomintbetween":      `Write randint(1, 10).`,
	"randomitem":            `Write pick(list).`,
	"uuidv4":                `Write uuid().`,
	"jsonpath":              `Write response.json.path.to.it, or gjson(response.body, "path").`,
}

// Foreign is how a scenario says what a word means in other tools; "" where
// it is not known. Case, "-" and "_" do not matter.
func Foreign(word string) string {
	return foreign[strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(word))]
}
