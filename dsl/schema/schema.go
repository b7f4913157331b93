// Package schema is the table of the language: every block, its labels and
// arguments, what type each takes, which values it may read, and its
// documentation. Decoding, suggestions and the reference pages are all drawn
// from it, so that none of them can disagree.
//
// Adding an argument starts here with one row.
package schema

import "slices"

// Phase says what an argument's expression may depend on.
type Phase uint8

// Phases, in the order in which values become known. From Response on each is
// of a place of its own, which knows what the user knows and not what the
// other places do.
const (
	Static   Phase = iota // var, local, path, functions without randomness
	User                  // and session, user, data, run, randomness
	Response              // and response
	Message               // and message, of a socket
	Reply                 // and message, and sent, which it answers
	Event                 // and event, of a stream
	Asked                 // of a mock in a test file: var, and request
	Seen                  // of an assert in a test file: var, plan, requests, result and run
)

func (p Phase) String() string {
	return [...]string{"static", "user", "response", "message", "reply", "event", "request", "seen"}[p]
}

// Knows reports whether what is known from a phase on can be read in p.
func (p Phase) Knows(known Phase) bool {
	return known <= User && known <= p || known == p || known == Message && p == Reply
}

// Type is what an argument's value has to be.
type Type uint8

// Types of arguments.
const (
	Any        Type = iota
	String          // text
	Number          // a number
	Count           // a whole number, 0 or more
	Bool            // true or false
	Duration        // "500ms", "2m30s"; seconds where an expression computes it
	Rate            // "1000/s", "156/m"
	Ratio           // "0.5%" or a number in 0..1
	Strings         // a list of strings, or one string
	Object          // { name = value, … }, each value an expression of its own
	TypeExpr        // a type constraint: string, list(number), …
	Reference       // the name of a declared thing: target.api, module.std.sla.read
	Wait            // a duration, or pacing(…), throughput(…)
	Status          // a status code, a class such as "2xx", or a list of them
	Stages          // a list of { users or rate, over, hold, name }
	Floor           // a number, or { min = …, max = … }
	Keyword         // one of Arg.Words
	Size            // "64KiB", or a number of bytes where an expression computes it
	Names           // a list of plain names, [a, b], that is not evaluated
	Statuses        // a status, a class of failures, or a list of them
	Limit           // a duration; about metrics a value in their unit
	Amount          // a whole number, or a share such as "1%"
	References      // { name = the name of a declared thing, … }
)

var typeNames = [...]string{
	"any value", "string", "number", "whole number", "bool", "duration", "rate", "ratio",
	"list of strings", "object", "type", "reference", "wait", "status", "list of stages",
	"rate or { min, max }", "keyword", "size", "list of names", "list of statuses or failures", "duration, or in the metric's unit",
	"whole number or share", "object of references",
}

func (t Type) String() string { return typeNames[t] }

// Arg is one argument of a block.
type Arg struct {
	Name     string
	Type     Type
	Phase    Phase
	Required bool
	Words    []string // what a Keyword may be
	Default  string   // as it would be written; "" for none
	Doc      string
}

// Block is one kind of block.
type Block struct {
	Type    string // the word that opens it
	Labels  []string
	Args    []Arg
	Blocks  []*Nested
	Free    bool   // further arguments with names of the author's choosing
	FreeDoc string // what those are
	FreeMay Phase  // what they may read
	Doc     string
	Example string

	Exported bool // at the top level: a library hands it out by name, unless it says private
}

// Nested is a block allowed inside another.
type Nested struct {
	*Block
	Single bool // at most once
}

// Arg is the block's argument called name, or nil.
func (b *Block) Arg(name string) *Arg {
	i := slices.IndexFunc(b.Args, func(a Arg) bool { return a.Name == name })
	if i < 0 {
		return nil
	}
	return &b.Args[i]
}

// Nested is the block that word opens inside b, or nil.
func (b *Block) Nested(word string) *Nested {
	i := slices.IndexFunc(b.Blocks, func(n *Nested) bool { return n.Type == word })
	if i < 0 {
		return nil
	}
	return b.Blocks[i]
}

// ArgNames are the names of b's arguments.
func (b *Block) ArgNames() []string {
	names := make([]string, len(b.Args))
	for i, a := range b.Args {
		names[i] = a.Name
	}
	return names
}

// BlockNames are the words that open a block inside b.
func (b *Block) BlockNames() []string {
	names := make([]string, len(b.Blocks))
	for i, n := range b.Blocks {
		names[i] = n.Type
	}
	return names
}

// Homes are the kinds of blocks that take an argument, or directly hold a
// block, called name. A diagnostic about a misplaced word names them.
func Homes(name string) []string {
	homes := HomesBelow(Root, name)
	if (Dynamic.Arg(name) != nil || Dynamic.Nested(name) != nil) && !slices.Contains(homes, Dynamic.Type) {
		homes = append(homes, Dynamic.Type)
	}
	return homes
}

// HomesBelow is Homes for the blocks of one table: Root or TestFile.
func HomesBelow(root *Block, name string) []string {
	var homes []string
	walk(root, map[*Block]bool{}, func(b *Block) {
		if b.Arg(name) == nil && b.Nested(name) == nil {
			return
		}
		word := b.Type
		if b == root {
			word = "the top level"
		}
		if !slices.Contains(homes, word) {
			homes = append(homes, word)
		}
	})
	return homes
}

// Walk visits every kind of block once, outer before inner.
func Walk(visit func(*Block)) {
	seen := map[*Block]bool{}
	walk(Root, seen, visit)
	walk(Dynamic, seen, visit)
}

func walk(b *Block, seen map[*Block]bool, visit func(*Block)) {
	if seen[b] {
		return
	}
	seen[b] = true
	visit(b)
	for _, n := range b.Blocks {
		walk(n.Block, seen, visit)
	}
}
