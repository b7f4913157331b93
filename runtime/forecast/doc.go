// Package forecast says what a plan will do before anything is sent: who
// comes when, which requests in what share and number, which SLA covers what,
// and what about the plan a careful reader would want to know first.
//
// It is arithmetic on the plan: no clock, no socket, no user. Waits may be
// drawn, so their means are found by drawing them from the plan's own seed;
// the same plan gives the same forecast. Nobody knows how long answers take,
// so figures that depend on it are given twice: for the assumed time of an
// answer, and as the most there can be, for answers that take none.
//
// It judges nothing and knows nothing of runs.
package forecast
