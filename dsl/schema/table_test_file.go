package schema

// TestFile is the top level of a test file, *.throngtest.hcl.
var TestFile = &Block{
	Type:   "test file",
	Doc:    "A test file holds runs of a scenario, the mocks they talk to, and what must be true of them.",
	Blocks: []*Nested{one(testVariables), many(mockBlock), many(runBlock)},
}

var testVariables = &Block{
	Type: "variables", Free: true, FreeDoc: "Values for the scenario's variables, made of plain values and functions.",
	Doc:     "Values for the scenario's variables, read as var.NAME in this file. At the top they are every run's; those of a run go over them.",
	Example: "variables {\n  page_size = 5\n}",
}

var mockBlock = &Block{
	Type: "mock", Labels: []string{"name"},
	Doc:     "A server that runs talk to in place of a target: targets = { api = mock.NAME }. Each run has one of its own. The first route that matches a request answers it.",
	Blocks:  []*Nested{many(routeBlock)},
	Example: "mock \"api\" {\n  route \"POST /login\" {\n    status = 201\n    json   = { token = \"t-${request.count}\" }\n  }\n  route \"GET /items/:id\" {\n    latency = between(\"5ms\", \"20ms\")\n    json    = { id = request.params.id }\n  }\n}",
}

var routeBlock = &Block{
	Type: "route", Labels: []string{"method and path"},
	Doc: "Answers requests: \"GET /items/:id\". :name stands for one segment, *name for all that follow; without a method it answers any. With neither an answer nor a fault it answers 200 and an empty body.",
	Args: []Arg{
		{Name: "status", Type: Count, Phase: Asked, Default: "200", Doc: "The status of the answer, 200 to 599."},
		{Name: "headers", Type: Object, Phase: Asked, Doc: "Headers of the answer; null leaves one out."},
		{Name: "json", Type: Any, Phase: Asked, Doc: "The body, as JSON; it sets Content-Type where headers does not. Not beside body."},
		{Name: "body", Type: String, Phase: Asked, Doc: "The body, as text. Not beside json."},
		{Name: "latency", Type: Duration, Doc: "How long until the answer begins: a duration, or one drawn for each request with the run's seed by between, normal, exponential, lognormal, pareto or constant."},
		{Name: "fault", Type: Keyword, Words: []string{"reset", "close", "hang", "truncate", "garbage"}, Doc: "What happens in place of an answer: the connection is reset or closed, nothing is ever said, or what is said is not HTTP. \"truncate\" breaks the answer off in the middle of its body."},
		{Name: "times", Type: Count, Doc: "How many requests it answers before the routes below get the next; all when left out."},
		{Name: "share", Type: Ratio, Default: `"100%"`, Doc: "Which share of the requests it takes, evenly; the routes below get the others."},
	},
	Blocks:  []*Nested{one(mockSocket)},
	Example: "route \"GET /items/:id\" {\n  share = \"10%\"\n  fault = \"reset\"\n}",
}

var mockSocket = &Block{
	Type:    "socket",
	Doc:     "Opens a WebSocket in place of an answer. Its messages are in requests[\"MESSAGE /path\"], by the route's path. Beside it stand latency, fault, times and share, which are about the handshake.",
	Blocks:  []*Nested{many(mockSend), many(mockReply)},
	Example: "route \"GET /chat\" {\n  socket {\n    send { json = { type = \"hello\" } }\n    reply {\n      when = message.json.type == \"ping\"\n      json = { type = \"pong\", id = message.json.id }\n    }\n    reply { body = message.text }\n  }\n}",
}

var mockSend = &Block{
	Type: "send",
	Doc:  "What a socket says unasked: a message, or its end.",
	Args: []Arg{
		{Name: "after", Type: Duration, Default: `"0s"`, Doc: "When, counted from the opening of the socket."},
		{Name: "every", Type: Duration, Doc: "Again each time so much has passed; once when left out."},
		{Name: "json", Type: Any, Phase: Asked, Doc: "The message, as JSON. It may read request, which is the handshake."},
		{Name: "body", Type: String, Phase: Asked, Doc: "The message, as text."},
		{Name: "close", Type: Count, Doc: "In place of a message: ends the socket with this code, 1000 to 4999; 1006 cuts it without a word."},
	},
	Example: "route \"GET /prices\" {\n  socket {\n    send {\n      after = \"1s\"\n      every = \"1s\"\n      json  = { type = \"tick\" }\n    }\n    send {\n      after = \"30s\"\n      close = 1012\n    }\n  }\n}",
}

var mockReply = &Block{
	Type: "reply",
	Doc:  "Answers a message: the first reply whose when is true. One with neither json nor body nor close says nothing.",
	Args: []Arg{
		{Name: "when", Type: Bool, Phase: Asked, Default: "true", Doc: "Which messages it answers; a message for which it has no value is none of them. It may read message.text, message.json (null where it is no JSON), message.binary and message.count (of this socket's messages), and request, which is the handshake."},
		{Name: "json", Type: Any, Phase: Asked, Doc: "The answer, as JSON; it reads what when reads."},
		{Name: "body", Type: String, Phase: Asked, Doc: "The answer, as text."},
		{Name: "close", Type: Count, Doc: "In place of an answer: ends the socket with this code, 1000 to 4999; 1006 cuts it without a word."},
		{Name: "latency", Type: Duration, Doc: "How long until the answer, as of a route. Messages behind it wait."},
	},
	Example: "route \"GET /orders\" {\n  socket {\n    reply {\n      when    = message.json.type == \"order\"\n      json    = { type = \"taken\", id = message.json.id }\n      latency = between(\"5ms\", \"20ms\")\n    }\n  }\n}",
}

var runBlock = &Block{
	Type: "run", Labels: []string{"name"},
	Doc: "One test: what is done with a scenario, and what must be true of it. Runs go on at the same time, save for those that read another's results as run.NAME.",
	Args: []Arg{
		{Name: "command", Type: Keyword, Words: []string{"plan", "render", "run"}, Default: `"plan"`, Doc: "\"plan\" compiles the scenario; \"render\" also lets one user of each class do each of its tasks once, so that requests are known; \"run\" is a whole run, so that result is known."},
		{Name: "scenario", Type: String, Doc: "A scenario's directory or file, from the test file's directory. Left out, it is the directory of the test file; for a file in tests, the one above."},
		{Name: "profile", Type: String, Doc: "The profile; the scenario's own choice when left out."},
		{Name: "targets", Type: Object, Doc: "Which mock stands for which of the scenario's targets: { api = mock.api }."},
		{Name: "seed", Type: Count, Default: "1", Doc: "What is drawn at random, by users and by mocks, follows from it."},
		{Name: "users", Type: Count, Doc: "As --users of throng run."},
		{Name: "duration", Type: Duration, Doc: "As --duration of throng run."},
		{Name: "timeout", Type: Duration, Default: `"1m"`, Doc: "How long it may take, before it counts as failed."},
		{Name: "expect_errors", Type: Strings, Doc: "Codes of the errors that the compilation must end in, such as [\"unknown-name\"]. Nothing else comes of such a run."},
		{Name: "snapshot", Type: String, Doc: "A file, from the test file's directory, that holds the requests as they must be. throng test --update writes it."},
		{Name: "mask", Type: Strings, Doc: "Headers, query parameters and JSON attributes that the snapshot leaves out, since they differ from run to run."},
	},
	Blocks:  []*Nested{one(testVariables), many(assertBlock)},
	Example: "run \"a buyer signs in once\" {\n  command  = \"render\"\n  targets  = { api = mock.api }\n  snapshot = \"buyer.snap\"\n  assert {\n    condition     = length(requests[\"POST /login\"]) == 1\n    error_message = \"A buyer signs in once.\"\n  }\n}",
}

var assertBlock = &Block{
	Type: "assert",
	Doc:  "What must be true of a run. plan is what throng plan --json prints, requests[\"GET /items/:id\"] the list of requests a route was sent, result the summary of a whole run; run.NAME has those of another run above.",
	Args: []Arg{
		{Name: "condition", Type: Bool, Phase: Seen, Required: true, Doc: "True where all is well. It may read plan, requests, result, var and run."},
		{Name: "error_message", Type: String, Phase: Seen, Doc: "What to say where it is not."},
	},
	Example: "assert {\n  condition     = alltrue([for r in requests[\"GET /items/:id\"] : r.headers.authorization != \"\"])\n  error_message = \"Every read is authorised.\"\n}",
}
