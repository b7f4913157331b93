// Package text is how figures and names are written for people: numbers with
// units, states with symbols, names made harmless and short, tables that fit
// a width. Every surface of a run uses it, so that a figure reads the same in
// the terminal, the report and a pipe, whatever the locale.
//
// It knows characters and cells only: no plan, no samples, no terminal.
package text
