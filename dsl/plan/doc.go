// Package plan is the compiled form of a scenario: plain data that is built
// once by the compiler, frozen, and then shared read-only by every virtual
// user.
//
// Names are gone here. Targets, classes, series and session values are small
// integers; expressions are trees of Expr nodes over a Frame, the activation
// record of one user; request texts are templates of literals and slots that
// append to a buffer. Where the source said something is kept in the site
// table, so that a failure at run time can still be shown at its line.
//
// The package is a leaf: it imports the standard library only, and knows
// neither HCL nor sockets. The compiler writes it, the runtime reads it, and
// neither sees the other.
package plan
