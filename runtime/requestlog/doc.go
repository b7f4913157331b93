// Package requestlog writes a line for each request of a run, or for a share
// of them, while it runs. It is bounded in memory and on disk, and never holds
// a user up: what does not fit is counted, and not written. It costs nothing
// where it is not asked for.
//
// It judges nothing: the figures of a run are those of package record.
package requestlog
