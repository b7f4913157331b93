// Package pace is arrival schedules as arithmetic: how many users a closed
// load wants at a time, when arrival n of an open load is due, and which of
// several weighted things comes n-th. Every answer is a function of the plan
// (and a seed), so a schedule can be asked about, tested and replayed without
// running it.
//
// It holds no clock, no goroutine and no lock, and knows neither users nor
// requests. Times are offsets from the start of the load.
package pace
