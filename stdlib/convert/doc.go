// Package convert is cty's conversion of values from type to type, at a cost
// that grows with what is converted and not with its square.
//
// cty looks for the one type of a long tuple's elements by comparing each with
// each other: 20,000 elements take half a minute. Here equal types are looked
// at once. Small values are cty's own to convert, with its own errors; for
// large ones the same rules are applied, which the tests hold against cty.
// The one reservation, seen once in 200,000 random values: where parts without a
// type of their own (null, toset([])) stand beside collections of several
// types, one of the two may find a common type and the other none.
//
// The package knows types and values. It must not know functions, limits or
// the language.
package convert
