package schema

// Methods are the words that open a request.
var Methods = []string{"get", "post", "put", "patch", "delete", "head", "options"}

// IsMethod reports whether word opens a request.
func IsMethod(word string) bool {
	for _, m := range Methods {
		if m == word {
			return true
		}
	}
	return false
}

func one(b *Block) *Nested            { return &Nested{Block: b, Single: true} }
func many(b *Block) *Nested           { return &Nested{Block: b} }
func args(a ...[]Arg) []Arg           { return concat(a) }
func blocks(n ...[]*Nested) []*Nested { return concat(n) }

func concat[T any](parts [][]T) []T {
	var all []T
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// Arguments that several blocks inherit from one another; the nearest wins.
var (
	weightArg = Arg{Name: "weight", Type: Number, Default: "1",
		Doc: "Share among its siblings. 0 switches it off."}
	waitArg = Arg{Name: "wait", Type: Wait, Phase: User,
		Doc: "Pause after every task: a duration such as \"2s\", between(\"1s\", \"3s\"), exponential(\"2s\"), normal(\"2s\", \"500ms\"), pacing(\"5s\") (a task starts every 5 s) or throughput(\"2/s\")."}
	tagsArg = Arg{Name: "tags", Type: Strings,
		Doc: "Words that SLAs and --tags select by. Tags add up from user to task to request."}
	headersArg = Arg{Name: "headers", Type: Object, Phase: User,
		Doc: "Headers to send. They merge from target to user to task to group to request; the nearest wins, null leaves one out. A header that reads session.x is left out until x is certain."}
	timeoutArg = Arg{Name: "timeout", Type: Duration, Default: `"30s"`,
		Doc: "How long one exchange may take, connecting included."}
	redirectsArg = Arg{Name: "redirects", Type: Count, Default: "5",
		Doc: "How many redirects a request follows. 0 gives the 3xx answer to expect and capture."}
	onFailureArg = Arg{Name: "on_failure", Type: Keyword, Words: []string{"continue", "task", "user", "run"}, Default: `"continue"`,
		Doc: "What a failed request ends. In start the default is \"user\"."}
	targetArg = Arg{Name: "target", Type: Reference,
		Doc: "The target requests go to. Needed only where several are declared."}
	useArg = Arg{Name: "use", Type: Reference,
		Doc: "Something of the same kind to build on: what stands here overrides it; headers, tags, session and blocks are merged."}
	descriptionArg = Arg{Name: "description", Type: String, Doc: "One line for people."}
)

var expectBlock = &Block{
	Type: "expect",
	Doc:  "A rule the answer must keep. Several blocks must all hold; the first that does not names the failure. Without a status rule, an answer below 400 is a success.",
	Args: []Arg{
		{Name: "status", Type: Status, Phase: Static, Doc: "The statuses that are a success: 201, \"2xx\", or a list of them. Replaces the rule \"below 400\"."},
		{Name: "condition", Type: Bool, Phase: Response, Doc: "An expression that must be true. An absent JSON value counts as null."},
		{Name: "message", Type: String, Phase: Response, Doc: "What to say when it does not hold."},
	},
	Example: "expect {\n  status    = [200, 202]\n  condition = response.json.state != \"failed\"\n  message   = \"the execution failed at once\"\n}",
}

var requestArgs = []Arg{
	{Name: "name", Type: String, Doc: "The row's name instead of the route pattern, where one route serves many purposes."},
	descriptionArg,
	targetArg,
	{Name: "params", Type: Object, Phase: User, Doc: "Values for the :name and *name segments of the route pattern, percent-encoded."},
	{Name: "query", Type: Object, Phase: User, Doc: "Query parameters. A list repeats the key, null leaves it out."},
	headersArg,
	{Name: "json", Type: Any, Phase: User, Doc: "The body, as JSON. Object keys are sent sorted."},
	{Name: "form", Type: Object, Phase: User, Doc: "The body, as application/x-www-form-urlencoded."},
	{Name: "body", Type: String, Phase: User, Doc: "The body, as it is."},
	{Name: "capture", Type: Object, Phase: Response, Doc: "Values of the answer to keep as session.NAME. An absent or null value fails the request unless wrapped in try(…, null)."},
	timeoutArg, redirectsArg, onFailureArg, tagsArg,
}

const requestDoc = "An HTTP request. Its label is the route pattern, which also names its row in every table: /api/orders/:id."

const requestExample = "post \"/api/orders/:id/lines\" {\n  params  = { id = session.order_id }\n  json    = { sku = \"A-1\", count = randint(1, 5) }\n  expect  { status = 201 }\n  capture = { line = response.json.id }\n}"

func requests(extra ...Arg) []*Nested {
	nested := make([]*Nested, len(Methods))
	for i, m := range Methods {
		nested[i] = many(&Block{
			Type: m, Labels: []string{"route"}, Doc: requestDoc, Example: requestExample,
			Args: args(extra, requestArgs), Blocks: []*Nested{many(expectBlock)},
		})
	}
	return nested
}

var pauseBlock = &Block{
	Type:    "pause",
	Doc:     "Think time within a task. It counts neither in latency nor in a group's time.",
	Args:    []Arg{{Name: "for", Type: Duration, Phase: User, Required: true, Doc: "How long: \"1s\", between(\"1s\", \"3s\"), …"}},
	Example: "pause { for = between(\"200ms\", \"1s\") }",
}

var groupBlock = &Block{
	Type: "group", Labels: []string{"name"},
	Doc:     "A transaction: its steps are timed together, pauses left out. It fails if a request in it fails.",
	Args:    []Arg{descriptionArg, targetArg, headersArg, timeoutArg, redirectsArg, onFailureArg, tagsArg},
	Example: "group \"checkout\" {\n  post \"/cart\" {}\n  post \"/pay\" {}\n}",
}

// steps are what a task's body, start, stop and a group hold.
var steps = blocks(requests(), []*Nested{many(pauseBlock), many(groupBlock)})

// A group holds steps, groups among them; Go allows no such circle in the
// variables themselves.
func init() { groupBlock.Blocks = steps }

var taskArgs = []Arg{descriptionArg, waitArg, targetArg, headersArg, timeoutArg, redirectsArg, onFailureArg, tagsArg, useArg}

var (
	taskBlock = &Block{
		Type: "task", Labels: []string{"name"}, Blocks: steps,
		Doc:     "Several steps, in order, with one weight.",
		Args:    args([]Arg{weightArg}, taskArgs),
		Example: "task \"buy\" {\n  weight = 4\n  post \"/cart\" {}\n  pause { for = \"1s\" }\n  post \"/pay\" {}\n}",
	}
	sequenceTask = &Block{
		Type: "task", Labels: []string{"name"}, Blocks: steps,
		Doc:     "One stage of a sequence.",
		Args:    taskArgs,
		Example: "task \"profile\" {\n  post \"/onboarding/step\" { json = { step = \"profile\" } }\n}",
	}
	sharedTask = &Block{
		Type: "task", Labels: []string{"name"}, Blocks: steps,
		Doc:     "A task to build on: it runs only where it is used.",
		Args:    taskArgs,
		Example: "task \"sign_in\" {\n  post \"/session\" {}\n}",
	}
	sequenceBlock = &Block{
		Type: "sequence", Labels: []string{"name"},
		Doc:     "Tasks in order, each followed by its wait; then the next pick by weight. Requests standing alone are tasks of one step.",
		Args:    args([]Arg{weightArg}, []Arg{descriptionArg, waitArg, targetArg, headersArg, timeoutArg, redirectsArg, onFailureArg, tagsArg}),
		Blocks:  blocks(requests(waitArg), []*Nested{many(sequenceTask)}),
		Example: "sequence \"onboarding\" {\n  get \"/api/onboarding/status\" {}\n  task \"profile\" { use = task.edit_profile }\n}",
	}
	startBlock = &Block{Type: "start", Blocks: steps,
		Doc:     "Steps a user makes once, before its first task. A failure ends the user, who is not replaced.",
		Args:    []Arg{targetArg, headersArg, timeoutArg, redirectsArg, onFailureArg, tagsArg},
		Example: "start {\n  post \"/api/auth/login\" {\n    json    = { email = \"a@example.com\", password = var.password }\n    capture = { token = response.json.access_token }\n  }\n}"}
	stopBlock = &Block{Type: "stop", Blocks: steps,
		Doc:     "Steps a user makes once, after its last task.",
		Args:    []Arg{targetArg, headersArg, timeoutArg, redirectsArg, onFailureArg, tagsArg},
		Example: "stop {\n  post \"/api/auth/logout\" {}\n}"}
)

var userBlock = &Block{
	Type: "user", Labels: []string{"name"},
	Doc: "A class of virtual users: who they are, what they do in which shares, and how long they think.",
	Args: []Arg{
		descriptionArg,
		{Name: "weight", Type: Number, Default: "1", Doc: "Share of all users. 0 switches the class off."},
		{Name: "fixed_count", Type: Count, Doc: "A fixed number of users beside the weighted classes."},
		{Name: "abstract", Type: Bool, Default: "false", Doc: "Only to be used by other users."},
		waitArg,
		{Name: "pick", Type: Keyword, Words: []string{"even", "random"}, Default: `"even"`, Doc: "How the next task is chosen: \"even\" meets the declared shares exactly, \"random\" draws each time."},
		{Name: "session", Type: Object, Phase: User, Doc: "First values of session values."},
		targetArg, headersArg, timeoutArg, redirectsArg, onFailureArg, tagsArg, useArg,
	},
	Blocks: blocks([]*Nested{one(startBlock), one(stopBlock)}, requests(weightArg, waitArg),
		[]*Nested{many(taskBlock), many(sequenceBlock)}),
	Example: "user \"reader\" {\n  weight = 3\n  wait   = between(\"1s\", \"3s\")\n  get \"/articles\" { weight = 5 }\n  get \"/articles/:id\" { params = { id = randint(1, 100) } }\n}",
}

// Root is the top level of a scenario.
var Root = &Block{
	Type: "scenario directory",
	Doc:  "A scenario is a directory of *.hcl files, which are merged, or one file.",
	Blocks: []*Nested{
		one(scenarioBlock), many(variableBlock), many(localsBlock), many(moduleBlock), many(outputBlock),
		many(targetBlock), many(dataBlock), many(userBlock), many(sharedTask), many(profileBlock), many(slaBlock),
	},
}
