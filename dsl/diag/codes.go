package diag

import "strings"

// Code is one rule of the language that can be broken. The reference page of
// diagnostics is made from these.
type Code struct {
	ID          string // as shown, such as "unknown-argument"
	Summary     string // the phrase every diagnostic of this code begins with
	Explanation string // what the rule is, and what to do
}

var byID = func() map[string]*Code {
	m := make(map[string]*Code, len(Codes))
	for i := range Codes {
		m[Codes[i].ID] = &Codes[i]
	}
	return m
}()

// Lookup is the code called id.
func Lookup(id string) (Code, bool) {
	c, ok := byID[id]
	if !ok {
		return Code{}, false
	}
	return *c, true
}

// Summary is the fixed phrase of a code. A code that is not in the table
// gets its own words for one.
func Summary(id string) string {
	if c, ok := byID[id]; ok {
		return c.Summary
	}
	words := strings.ReplaceAll(id, "-", " ")
	if words == "" {
		return "Problem"
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

// Codes is every code there is, in groups: the text, blocks and arguments,
// names, functions, values, units, requests, load, limits, inputs and files.
var Codes = []Code{
	// The text.
	{Syntax, "Invalid syntax", "The text is not HCL. Most often a newline, a quote, a comma or an equals sign is missing just before the place shown."},
	{InvalidCharacter, "Invalid character", "A character stands where HCL knows none: typographic quotes, single quotes, a semicolon, or a byte that is not UTF-8. Strings are written in double quotes; arguments end with their line."},
	{Unclosed, "Missing closing bracket", "A brace, bracket, parenthesis, quote or template sequence is opened and not closed before the block or the file ends. The mistake may stand well before the place where it is noticed."},
	{InvalidString, "Invalid string", "A quoted string holds a line break or an unknown escape. Escapes are \\n \\r \\t \\\" \\\\ \\uNNNN \\UNNNNNNNN; write $${ for a literal ${. Text of several lines is a heredoc (<<EOT)."},
	{InvalidTemplate, "Invalid template", "A ${…} or %{…} sequence in a string is incomplete, or holds more than one expression."},
	{JSONSyntax, "Invalid JSON", "A *.hcl.json file must be one JSON object whose shape follows the language's blocks."},

	// Blocks and arguments.
	{UnknownArgument, "Unknown argument", "The block has no argument of this name. The reference lists the arguments of every block."},
	{UnknownBlock, "Unknown block", "No block of this type can stand here. Some blocks have a place of their own: requests stand in users and tasks, limits in sla."},
	{MissingArgument, "Missing argument", "The block cannot be understood without this argument, which has no default."},
	{MissingBlock, "Missing block", "A block of this type has to stand here."},
	{DuplicateArgument, "Duplicate argument", "An argument may be set once in a block."},
	{DuplicateBlock, "Duplicate block", "A block of this type may stand only once here, or once under this name."},
	{BlockLabels, "Wrong number of block labels", "Each block type has a fixed number of labels, the quoted names before its opening brace."},
	{BlockForArgument, "Argument or block", "An argument is written with an equals sign (headers = { … }), a block without (expect { … }). Here the other form is needed."},
	{ConflictingArguments, "Conflicting arguments", "Of these arguments only one may be set, because they say the same thing in different ways or contradict each other."},
	{EmptyBlock, "Empty block", "The block says nothing, and cannot mean anything without content."},
	{MixedBody, "Steps and tasks mixed", "A task holds either steps or tasks of its own, not both: there would be no telling in which order they run."},
	{NotSupported, "Not supported", "The construct belongs to the language, but this version does not run it."},
	{Deprecated, "Deprecated", "The form still works and will stop working; the diagnostic says what to write instead."},
	{UnsupportedVersion, "Unsupported version", "The scenario requires another version of this tool."},

	// Names.
	{InvalidName, "Invalid name", "Names begin with a letter or underscore and go on with letters, digits, underscores and hyphens."},
	{ReservedName, "Reserved name", "The name has a meaning of its own in expressions, so nothing else may be called so."},
	{DuplicateName, "Duplicate name", "Two things of one kind have the same name. Names are unique across all files of a scenario."},
	{UnknownName, "Unknown name", "An expression begins with a name that nothing declares. Strings need quotes; variables are read as var.NAME, locals as local.NAME."},
	{UnknownReference, "Undeclared reference", "What the expression refers to is not declared in this scenario."},
	{UnknownAttribute, "Unknown attribute", "The value has no attribute of this name."},
	{NotAvailable, "Not available here", "The name exists, but not yet or not any more at this place: session values only while users run, response only in expect, capture and record. What is decided before the run may read only variables, locals and functions."},
	{NotCaptured, "Value never captured", "A session value is read that no earlier step of this user can have captured. Capture it in start, give it a first value in session, or capture it earlier in the task."},
	{Cycle, "Cycle of references", "Each of these values is defined by the next, and the last by the first, so none can be computed."},
	{Private, "Private to its module", "A library keeps this to itself: it says private = true, or it is a variable, a local value or a module of the library's own. A library hands on what it brings in with a block of its own that uses it."},
	{Unused, "Declared but never used", "Nothing refers to this. It may be a misspelled name elsewhere."},

	// Functions.
	{UnknownFunction, "Unknown function", "There is no function of this name. The reference lists all functions."},
	{FunctionArguments, "Wrong function arguments", "The call has too many or too few arguments, or one of the wrong type. The reference shows each function's signature and an example."},
	{FunctionFailed, "Function call failed", "The function was called rightly but could not compute a result from these values."},
	{FunctionNotAvailable, "Function not available here", "Functions that draw random values or read the clock have a value only while a user runs; pacing and throughput stand only in wait."},

	// Values.
	{WrongType, "Wrong type", "The value has a type that cannot stand here and cannot be converted."},
	{NullValue, "Null value", "A value is null where one is needed."},
	{InvalidValue, "Invalid value", "The value has the right type, but is not one of those that have a meaning here."},
	{OutOfRange, "Value out of range", "The number is too small or too large to have a meaning here."},
	{NotConstant, "Value not constant", "The value must be known before the run, so it may depend on variables and locals only."},
	{InvalidIndex, "Invalid index", "The list has no element at this position, or the map none under this key."},
	{InvalidOperand, "Invalid operand", "The operator does not work on values of this type."},
	{OperationFailed, "Operation failed", "The operator could not compute a result from these values, such as a division by zero."},
	{InvalidCondition, "Invalid condition", "A condition must be true or false."},
	{InconsistentTypes, "Inconsistent types", "The two results of a condition, or the elements of a list, must be of one type."},
	{InvalidFor, "Invalid for expression", "A for expression reads [for x in list : value] or {for k, v in map : key => value}, and goes over a list, a set, a map or an object."},
	{InvalidSplat, "Invalid splat", "The [*] operator stands for all elements of a list; it cannot be nested or follow null."},
	{InvalidKey, "Invalid key", "A key of an object or map must be a string, known and not null. A key that is an expression stands in parentheses."},
	{DuplicateKey, "Duplicate key", "Two elements have the same key. Add … after the value of a for expression to collect them in lists."},
	{InvalidInterpolation, "Value cannot be written into text", "Within ${…} stands a string, a number or a bool. Lists and objects can be written with jsonencode."},
	{InvalidExpression, "Invalid expression", "The expression cannot be evaluated."},
	{SensitiveValue, "Sensitive value exposed", "A value of a sensitive variable would stand where it is shown: in a name, a tag, or a message."},

	// Units.
	{InvalidDuration, "Invalid duration", "Durations are strings with units, such as \"500ms\", \"2m\" or \"1h30m\". Units are ns, us, ms, s, m, h and d."},
	{InvalidRate, "Invalid rate", "Rates are so many per unit of time, such as \"1000/s\", \"156/m\" or \"20/10s\"."},
	{InvalidRatio, "Invalid ratio", "Ratios are percentages, such as \"0.5%\", or numbers from 0 to 1."},
	{InvalidSize, "Invalid size", "Sizes are bytes with a unit, such as \"64KiB\" or \"2MB\"."},
	{InvalidURL, "Invalid URL", "An absolute http or https address is needed, such as \"http://127.0.0.1:8000\"."},

	// Requests.
	{InvalidRoute, "Invalid route", "The label of a request is its route pattern: it begins with a slash, :name stands for one segment and *name for several. The query stands in query."},
	{UnboundParameter, "Unbound path parameter", "Each :name and *name of a route needs a value in params."},
	{UnknownParameter, "Unknown path parameter", "params has a name that does not stand in the route."},
	{InvalidHeader, "Invalid header", "The header's name or value cannot be sent, or the header is computed from the request itself."},
	{InvalidStatus, "Invalid status", "A status is a number from 100 to 599, or a class such as \"2xx\"."},
	{NoTarget, "No target", "A request needs a target to go to, and none is declared."},
	{AmbiguousTarget, "Ambiguous target", "With several targets each request, task or user has to say which one it means."},

	// Load.
	{NoUsers, "No users", "A scenario needs at least one user block that is not abstract."},
	{NoTasks, "Nothing to do", "A user needs at least one request or task whose weight is not zero."},
	{InvalidWeight, "Invalid weight", "Weights are finite numbers from 0 up; at least one of them must be above 0. The members of a sequence have none."},
	{NoProfile, "No profile", "The scenario has no profile, or several and none was chosen."},
	{InvalidProfile, "Invalid profile", "A profile says either how many users there are (users, or stages of users) or how many arrivals a second (rate, or stages of rate), and for how long."},
	{NoLoad, "No load", "The schedule never asks for a user or an arrival."},
	{WaitIgnored, "Wait has no effect", "In the open model arrivals follow the profile's rate, whatever the users' wait says."},

	// Limits.
	{EmptySLA, "SLA without limits", "An sla block that limits nothing cannot fail, and so proves nothing."},
	{SLAMatchesNothing, "SLA matches nothing", "No request of the scenario is covered, so the SLA could never fail. A pattern may be misspelled."},
	{TooFewSamples, "Too few samples", "The run cannot give as many samples as the percentile needs to be proven: 59 for p95, 299 for p99, 2995 for p99.9."},

	// Inputs and files.
	{MissingVariable, "Missing variable", "A variable without default was given no value. Set it with --var NAME=VALUE, a variables file, or the environment (THRONG_VAR_NAME)."},
	{UndeclaredVariable, "Undeclared variable", "A value was given for a variable that the scenario does not declare."},
	{ValidationFailed, "Invalid variable value", "A value breaks a validation rule of its variable."},
	{GuardedTarget, "Guarded target", "The target declares where it may lead, what it is or how much load it may get, and the run would go beyond. --allow TARGET consents to another host or to production; max_users and max_rate are changed in the target."},
	{InsecureTLS, "Certificates not verified", "The target's tls says insecure = true: any certificate is accepted, so nothing says who answered. Reports say so. A certificate of your own is trusted with ca_file instead."},
	{CheckFailed, "Check failed", "A check block of the scenario says that it must not run as it is."},
	{AssertionFailed, "Assertion failed", "An assert of a test file is not true of what its run showed. The values that it read stand beside it."},
	{TestFailed, "Not as the test says", "What a run of a test file showed is not what the file holds: the scenario compiled, or ended in other errors than expect_errors names, or its requests are not those of the snapshot."},
	{NotMocked, "Target without a mock", "A run of a test file that sends requests needs a mock for each target of the scenario, save for example://…: a test sends nothing to real servers. targets = { api = mock.NAME } gives it one."},
	{TimedOut, "Not done in time", "A run of a test file took longer than its timeout, which is a minute unless the run says otherwise."},
	{FileNotFound, "File not found", "The file does not exist. Paths are relative to the directory of the scenario, or of the library that names them, and cannot leave it."},
	{FileUnreadable, "File unreadable", "The file exists and cannot be read or has the wrong format."},
	{InvalidData, "Invalid data", "A data file cannot be read as a table: a row has too many or too few fields, or a column has no name."},
	{EmptyData, "Empty data", "A data source without rows has nothing to hand out."},
	{TooFewRows, "Too few rows", "With order = \"unique\" every reader needs a row of its own."},
	{ModuleNotInstalled, "Module not installed", "A library from elsewhere is on this machine only after throng init has fetched it. No other command fetches anything."},
	{ModuleChanged, "Module changed", "The files of a library are not those that the lock file names, its entry in the lock file is not what throng init wrote, or its tag leads to another commit than before. Nothing runs with a library that was changed behind the lock file's back."},
	{LockOutdated, "Lock file out of date", "A module block asks for something that the lock file does not hold. throng init brings it up to date; with --locked, the default where CI is set, it does not."},
	{VersionConflict, "No version fits", "One version of a library is used in a whole scenario, and none of those there are satisfies all who ask for it."},
	{FetchFailed, "Module not fetched", "A library could not be fetched from its source. Nothing was changed: the lock file and the modules fetched before are as they were."},
	{LimitExceeded, "Limit exceeded", "The scenario is larger than the tool allows."},
	{PlanMismatch, "Plan file does not fit", "A plan file repeats exactly what it was made of. What it needs has changed since, or what was asked for would change it."},
	{Unreachable, "Target not reachable", "A target gave no answer to validate --reach. Is it running, and is its address right?"},
	{Internal, "Internal error", "A defect of this program; nothing is wrong with the scenario. The text of the error helps to find it."},
}
