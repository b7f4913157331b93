package stdlib

// specialFunctions have a meaning that a plain function cannot have.
var specialFunctions = []Function{
	{Name: "try", Category: "special", Special: true, Signature: "try(expression...)",
		Description: "The value of the first expression that can be evaluated. In a capture it makes an absent value acceptable.",
		Example:     `try({ a = 1 }.b, "none")`, Result: `"none"`},
	{Name: "can", Category: "special", Special: true, Signature: "can(expression)",
		Description: "Whether the expression can be evaluated.", Example: `can(tonumber("x"))`, Result: `false`},
	{Name: "pacing", Category: "wait", Phase: User, Special: true, WaitOnly: true, Signature: "pacing(duration)",
		Description: "In wait: tasks start this long after each other; a task that takes longer is followed at once.", Example: `pacing("10s")`},
	{Name: "throughput", Category: "wait", Phase: User, Special: true, WaitOnly: true, Signature: "throughput(rate)",
		Description: "In wait: each user starts so many tasks per time.", Example: `throughput("6/m")`},
}
