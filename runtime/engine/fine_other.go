//go:build !linux

package engine

// FineTimers does nothing: only Linux rounds timers to milliseconds.
func FineTimers() (stop func()) { return func() {} }
