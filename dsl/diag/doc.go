// Package diag is the language's diagnostic: what is wrong with a scenario,
// where, and what to do about it; and its two renderings, text for people and
// JSON for machines.
//
// # Style guide
//
// A diagnostic has a stable code, a fixed summary and a detail:
//
//	Error: Unknown argument [unknown-argument]
//
//	  on main.hcl line 12, in user "operator":
//	  12:   weigth = 30
//	        ^^^^^^
//
//	A user block has no argument called "weigth".
//
//	Did you mean "weight"?
//
// The code names the rule that was broken, in kebab-case words. It never
// changes its meaning, so that it can be searched for and explained; every
// code stands in the table Codes.
//
// The summary is the same phrase wherever the code is used. It holds no text
// of the author's and no full stop.
//
// The detail is made of full sentences. It says what is wrong, in the
// author's own names, quoted; then why, if that is not plain; then what to
// do. It speaks of the scenario, not of this program: "a user block has no
// argument", not "the decoder found". No "please", no "invalid input", no
// blame. It does not repeat the place, which the range shows.
//
// The subject is the smallest piece of source that must change: a name, a
// value, a block's header; never a whole block. A second place that matters
// ("first declared here") is a Related, not a line number in a sentence.
//
// There is at most one suggestion, and only when it is likely right. It is a
// question ("Did you mean …?") or one sentence that names the exact text to
// write.
//
// An error is what keeps a run from proving anything. What may be meant, but
// probably is not, is a warning. Nothing is said twice: a mistake that causes
// others is reported alone. Values of sensitive variables never appear.
//
// The package must know neither the language's blocks nor the runtime: it
// only carries and shows what the passes of the compiler found.
package diag
