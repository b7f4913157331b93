// Package stdlib is what the language brings along: one table of functions,
// the readers of its units (durations, rates, ratios, sizes), and the
// embedded libraries.
//
// A function of the table has up to three forms. Impl evaluates it before the
// run and when HCL itself evaluates an expression; Lower makes the plan node
// that users evaluate without HCL; Bind ties a function that draws random
// values or reads the clock to one user, for the expressions that could not
// be lowered. The forms of a pure function agree on every value, which the
// tests hold against random ones. Texts are the one reservation: HCL brings
// text into Unicode's normal form C, and lowered functions leave it as the
// target sent it.
//
// Nothing here is allowed to cost more than its result is worth: texts a
// function makes end at 1 MiB, collections at 100,000 elements, numbers at
// some 5,000 digits. Beyond that a call is an error.
//
// Documents that targets answer with are held to limits too, because a target
// can be hostile or merely broken: pages and XML texts end at 8 MiB, 100,000
// nodes and 500 levels, and looking for something in them ends after a bounded
// number of steps.
//
// The package knows values and the plan's contracts. It must know neither
// HCL's syntax nor the runtime.
package stdlib
