// Package webform reads the forms of HTML pages as a browser does: which
// controls a form has, what they send when nobody touches them, and where to.
// It knows no users and sends nothing.
//
// Pages come from a server that may be broken or hostile. A page is read in
// one pass into at most one node a tag; what nests too deeply is flattened.
// Misnested formatting is not repaired as browsers do: that copies elements,
// and a small page can be written so that a very large one comes of it.
//
// Followed is the HTML Standard, sections "Constructing the entry list" and
// "Form submission algorithm", for a browser that runs scripts and whose user
// presses no button. Scripts are not run.
package webform
