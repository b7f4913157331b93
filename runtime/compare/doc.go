// Package compare says whether one run differs from another: for each request
// and SLA what changed, how sure that is, and the word for it: better, worse,
// no difference, or too few data. It is made so that a run compared with a
// repeat of the same says that nothing changed.
//
// Figures are compared by their influence on stretches of the run: both runs
// are cut into as many blocks, and what a block contributes to the difference
// of the two estimates is a series whose spread says how much chance there is
// in it, whatever the distribution. Blocks that lie at the same place of the
// same plan are taken in pairs, so that what the load profile does to both
// cancels out, and a series whose values resemble their neighbours counts for
// fewer. It draws no random numbers: the same runs give the same answer.
//
// It must not know where runs are stored, nor what a gate does with the word.
package compare
