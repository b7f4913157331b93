package schema

// Methods are the words that open a request.
var Methods = []string{"get", "post", "put", "patch", "delete", "head", "options"}

// IsRequest reports whether word opens a request: a method, or a request that
// makes its own body.
func IsRequest(word string) bool { return IsMethod(word) || word == "submit" || word == "graphql" }

// IsMethod reports whether word is a method that opens a request.
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
	forEachArg = Arg{Name: "for_each", Type: Any,
		Doc: "A map, an object or a list of strings: one instance for each element, which it reads as each.key and each.value. They are called name[\"key\"]; what says name means all of them."}
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

var userBlock = &Block{
	Type: "user", Labels: []string{"name"},
	Doc: "A class of virtual users: who they are, what they do in which shares, and how long they think.",
	Args: []Arg{
		descriptionArg,
		{Name: "weight", Type: Number, Default: "1", Doc: "Share of the load that a profile's classes have in common; 0 is no part in it. A load of its own, which a profile's user block gives it, it has whatever its weight."},
		forEachArg,
		{Name: "fixed_count", Type: Count, Doc: "A fixed number of users beside the weighted classes."},
		{Name: "abstract", Type: Bool, Default: "false", Doc: "Only to be used by other users."},
		waitArg,
		{Name: "pick", Type: Keyword, Words: []string{"even", "random"}, Default: `"even"`, Doc: "How the next task is chosen: \"even\" meets the declared shares exactly, \"random\" draws each time."},
		{Name: "session", Type: Object, Phase: User, Doc: "First values of session values. They also fix their types."},
		{Name: "lifetime", Type: Keyword, Words: []string{"run", "iteration"}, Default: `"run"`, Doc: "How long a user stays the same: for the run, or \"iteration\": a fresh one (start, cookies, session, connection, rows) for every task."},
		targetArg, headersArg, timeoutArg, redirectsArg, onFailureArg, tagsArg, useArg,
	},
	Blocks: blocks([]*Nested{one(startBlock), one(stopBlock), one(authBlock)}, requests(weightArg, waitArg),
		[]*Nested{many(taskBlock), many(sequenceBlock)}),
	Example: "user \"reader\" {\n  weight = 3\n  wait   = between(\"1s\", \"3s\")\n  get \"/articles\" { weight = 5 }\n  get \"/articles/:id\" { params = { id = randint(1, 100) } }\n}",
}

// Dynamic makes blocks. It may stand wherever blocks may, but not at the top
// level; its content has the schema of what it makes.
var Dynamic = &Block{
	Type: "dynamic", Labels: []string{"block"},
	Doc: "Makes a block for each element of a map, an object or a list, as Terraform's does. It holds content { … }, what stands in each; there the element is read as BLOCK.key and BLOCK.value.",
	Args: []Arg{
		{Name: "for_each", Type: Any, Required: true, Doc: "A map, an object or a list, known before the run."},
		{Name: "iterator", Type: Names, Doc: "Another name than the block's for reading the element."},
		{Name: "labels", Type: Strings, Doc: "The labels of the blocks, made of the element."},
	},
	Example: "dynamic \"get\" {\n  for_each = local.pages\n  iterator = page\n  labels   = [page.value.path]\n  content {\n    weight = page.value.weight\n  }\n}",
}

// Root is the top level of a scenario.
var Root = &Block{
	Type: "scenario directory",
	Doc:  "A scenario is a directory of *.hcl files, which are merged, or one file.",
	Blocks: []*Nested{
		one(scenarioBlock), many(variableBlock), many(localsBlock), exported(functionBlock), many(checkBlock), many(moduleBlock), exported(outputBlock),
		exported(targetBlock), exported(dataBlock), one(setupBlock), one(teardownBlock), exported(userBlock), exported(sharedTask), exported(requestBlock),
		exported(profileBlock), exported(slaBlock), many(metricBlock),
	},
}

// exported is a block of which a library hands out as many as it does not
// keep to itself.
func exported(b *Block) *Nested {
	b.Exported = true
	b.Args = args(b.Args, []Arg{{Name: "private", Type: Bool, Default: "false", Doc: "Written out as true, it keeps the block to its own module: who brings the library in cannot name it."}})
	return many(b)
}
