package schema

var pauseBlock = &Block{
	Type:    "pause",
	Doc:     "Think time within a task. It counts neither in latency nor in a group's time.",
	Args:    []Arg{{Name: "for", Type: Duration, Phase: User, Required: true, Doc: "How long: \"1s\", between(\"1s\", \"3s\"), …"}},
	Example: "pause { for = between(\"200ms\", \"1s\") }",
}

// sharedArgs are what a block that holds steps hands down to them.
var sharedArgs = []Arg{targetArg, headersArg, timeoutArg, redirectsArg, onFailureArg, tagsArg}

var groupBlock = &Block{
	Type: "group", Labels: []string{"name"},
	Doc:     "A transaction: its steps are timed together, pauses left out. It fails if a request in it fails.",
	Args:    args([]Arg{descriptionArg}, sharedArgs),
	Example: "group \"checkout\" {\n  post \"/cart\" {}\n  post \"/pay\" {}\n}",
}

var setBlock = &Block{
	Type: "set", Free: true, FreeMay: User, FreeDoc: "New values of session values. All are computed before any is changed.",
	Doc:     "Changes session values.",
	Example: "set {\n  cart  = concat(session.cart, [session.item])\n  total = session.total + session.price\n}",
}

var elseBlock = &Block{
	Type:    "else",
	Doc:     "What is done otherwise.",
	Example: "else {\n  get \"/prices\" {}\n}",
}

var whenBlock = &Block{
	Type:    "when",
	Doc:     "Does its steps if a condition holds, those of the else block within it if not.",
	Args:    []Arg{{Name: "condition", Type: Bool, Phase: User, Required: true, Doc: "True or false."}},
	Example: "when {\n  condition = session.total > 100\n  post \"/discount\" {}\n}",
}

var repeatBlock = &Block{
	Type: "repeat",
	Doc:  "Does its steps again and again. It says one of count, while and until.",
	Args: []Arg{
		{Name: "count", Type: Count, Phase: User, Doc: "How many rounds: 3, randint(2, 4)."},
		{Name: "while", Type: Bool, Phase: User, Doc: "Goes on while it holds; asked before each round."},
		{Name: "until", Type: Bool, Phase: User, Doc: "Goes on until it holds; asked after each round."},
		{Name: "max", Type: Count, Doc: "Needed with while and until: a task that is still not through after so many rounds fails."},
		{Name: "every", Type: Duration, Phase: User, Doc: "Time from the start of one round to the start of the next; think time, not latency."},
	},
	Example: "repeat {\n  until = session.state == \"done\"\n  max   = 30\n  every = \"1s\"\n  get \"/jobs/:id\" {\n    params  = { id = session.job }\n    capture = { state = response.json.state }\n  }\n}",
}

var loopBlock = &Block{
	Type: "loop", Labels: []string{"name"},
	Doc:     "Does its steps for each element of a list or object that is known only when the user gets there. They read it as NAME.value, NAME.index (from 0) and NAME.key.",
	Args:    []Arg{{Name: "in", Type: Any, Phase: User, Required: true, Doc: "A list or an object; null is an empty one."}},
	Example: "loop \"item\" {\n  in = session.items\n  get \"/items/:id\" { params = { id = item.value.id } }\n}",
}

var branchBlock = &Block{
	Type: "branch", Labels: []string{"name"},
	Doc:     "One way of a choose.",
	Args:    []Arg{{Name: "weight", Type: Number, Default: "1", Doc: "Share among the branches, where they are drawn by weight."}},
	Example: "branch \"buy\" {\n  weight = 1\n  post \"/buy\" {}\n}",
}

var chooseBlock = &Block{
	Type:    "choose",
	Doc:     "Does one of its branches: one drawn by weight, or with on the one that is called like a value.",
	Args:    []Arg{{Name: "on", Type: String, Phase: User, Doc: "A value; the branch of that name is done, or the else block. A task fails where there is neither."}},
	Blocks:  []*Nested{many(branchBlock), one(elseBlock)},
	Example: "choose {\n  branch \"buy\" {\n    weight = 1\n    post \"/buy\" {}\n  }\n  branch \"go on\" { weight = 9 }\n}",
}

var parallelBlock = &Block{
	Type:    "parallel",
	Doc:     "Does its steps at the same time, as a browser loads a page; the rounds of repeat and loop directly within it, too. They do not see what the others capture.",
	Args:    []Arg{{Name: "limit", Type: Count, Doc: "How many at once at most; all when left out."}},
	Example: "parallel {\n  limit = 6\n  get \"/style.css\" {}\n  get \"/logo.png\" {}\n}",
}

var retryBlock = &Block{
	Type:    "retry",
	Doc:     "Does its steps again from the first when a request in them fails.",
	Args:    attemptArgs,
	Example: "retry {\n  attempts = 3\n  post \"/reserve\" {}\n  post \"/pay\" {}\n}",
}

var leaveBlock = &Block{
	Type: "leave", Labels: []string{"what"},
	Doc:     "Ends the \"task\" (all that the user picked from its table), the \"user\" or the \"run\", in order. It is no failure.",
	Args:    []Arg{{Name: "message", Type: String, Phase: User, Doc: "Why, for people; it is counted in the report."}},
	Example: "leave \"task\" { message = \"no ticket left\" }",
}

var callBlock = &Block{
	Type: "call", Labels: []string{"task"},
	Doc: "Does the steps of a task declared at the top level.",
	Args: []Arg{
		{Name: "with", Type: Object, Phase: User, Doc: "Values of the task's inputs."},
		{Name: "use", Type: Reference, Doc: "The task, where it is a library's: module.auth.task.login. The label then only names the call."},
	},
	Example: "call \"sign_in\" { with = { remember = true } }",
}

// steps are what a task's body, start, stop and every block of steps hold.
var steps = blocks(requests(), []*Nested{
	many(pauseBlock), many(setBlock), many(groupBlock), many(whenBlock), many(repeatBlock), many(loopBlock),
	many(chooseBlock), many(parallelBlock), many(retryBlock), many(leaveBlock), many(callBlock),
}, socketSteps)

// Blocks of steps hold one another; Go allows no such circle in the variables
// themselves.
func init() {
	for _, b := range []*Block{groupBlock, elseBlock, repeatBlock, loopBlock, branchBlock, parallelBlock, retryBlock} {
		b.Blocks = steps
	}
	whenBlock.Blocks = blocks(steps, []*Nested{one(elseBlock)})
	childTask.Blocks = taskBody
}

var iterationsArg = Arg{Name: "iterations", Type: Count, Phase: User,
	Doc: "Of a task that holds tasks: how many of them the user picks before it leaves. Needed unless one says leave \"task\"."}

var taskArgs = args([]Arg{descriptionArg, waitArg, iterationsArg}, sharedArgs, []Arg{useArg})

var nextBlock = &Block{
	Type: "next", Labels: []string{"task"},
	Doc:     "What follows a task of a set: its row of a Markov chain. Tasks without one are followed by weight.",
	Args:    []Arg{{Name: "to", Type: Object, Required: true, Doc: "Shares of the tasks that may follow: { list = 2, detail = 8 }."}},
	Example: "next \"list\" { to = { list = 2, detail = 8 } }",
}

// taskBody is what a task holds: steps, or tasks of its own.
var taskBody = blocks(steps, []*Nested{many(childTask), many(nextBlock)})

var (
	taskBlock = &Block{
		Type: "task", Labels: []string{"name"}, Blocks: taskBody,
		Doc:     "Several steps, in order, with one weight; or tasks of its own, among which the user stays for some iterations.",
		Args:    args([]Arg{weightArg, forEachArg}, taskArgs),
		Example: "task \"buy\" {\n  weight = 4\n  post \"/cart\" {}\n  pause { for = \"1s\" }\n  post \"/pay\" {}\n}",
	}
	childTask = &Block{
		Type: "task", Labels: []string{"name"},
		Doc:     "A task of a set.",
		Args:    args([]Arg{weightArg, forEachArg}, taskArgs),
		Example: "task \"list\" {\n  weight = 8\n  get \"/items\" {}\n}",
	}
	sequenceTask = &Block{
		Type: "task", Labels: []string{"name"}, Blocks: taskBody,
		Doc:     "One stage of a sequence.",
		Args:    args([]Arg{forEachArg}, taskArgs),
		Example: "task \"profile\" {\n  post \"/onboarding/step\" { json = { step = \"profile\" } }\n}",
	}
	sharedTask = &Block{
		Type: "task", Labels: []string{"name"}, Blocks: blocks(taskBody, []*Nested{many(inputBlock)}),
		Doc:     "A task to build on: it runs only where it is used or called.",
		Args:    taskArgs,
		Example: "task \"sign_in\" {\n  input \"remember\" { default = false }\n  post \"/session\" { form = { remember = input.remember } }\n}",
	}
	inputBlock = &Block{
		Type: "input", Labels: []string{"name"},
		Doc: "A value the task is called with, read as input.NAME.",
		Args: []Arg{
			{Name: "type", Type: TypeExpr, Doc: "string, number, bool, list(…), map(…), object({…}); any type when left out."},
			{Name: "default", Type: Any, Doc: "Its value where a call does not give one. Without one every call must."},
			descriptionArg,
		},
		Example: "input \"remember\" { default = false }",
	}
	sequenceBlock = &Block{
		Type: "sequence", Labels: []string{"name"},
		Doc:     "Tasks in order, each followed by its wait; then the next pick by weight. Requests standing alone are tasks of one step.",
		Args:    args([]Arg{weightArg}, []Arg{descriptionArg, waitArg}, sharedArgs),
		Blocks:  blocks(requests(waitArg), []*Nested{many(sequenceTask)}),
		Example: "sequence \"onboarding\" {\n  get \"/api/onboarding/status\" {}\n  task \"profile\" { use = task.edit_profile }\n}",
	}
	startBlock = &Block{Type: "start", Blocks: steps,
		Doc:     "Steps a user makes once, before its first task. A failure ends the user, who is not replaced.",
		Args:    sharedArgs,
		Example: "start {\n  post \"/api/auth/login\" {\n    json    = { email = \"a@example.com\", password = var.password }\n    capture = { token = response.json.access_token }\n  }\n}"}
	stopBlock = &Block{Type: "stop", Blocks: steps,
		Doc:     "Steps a user makes once, after its last task.",
		Args:    sharedArgs,
		Example: "stop {\n  post \"/api/auth/logout\" {}\n}"}
	setupBlock = &Block{Type: "setup", Blocks: steps,
		Doc:     "Steps that are made once, before the first user. What they capture is read everywhere else as setup.NAME. A failure ends the run before it began. Its requests count in no figure.",
		Args:    sharedArgs,
		Example: "setup {\n  post \"/orgs\" { capture = { org = response.json.id } }\n}"}
	teardownBlock = &Block{Type: "teardown", Blocks: steps,
		Doc:     "Steps that are made once, after the last user, also after an interrupt. Its requests count in no figure.",
		Args:    sharedArgs,
		Example: "teardown {\n  delete \"/orgs/:id\" { params = { id = setup.org } }\n}"}
)
