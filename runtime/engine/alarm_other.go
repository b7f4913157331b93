//go:build !linux

package engine

import "time"

// alarm does nothing: only Linux rounds timers to milliseconds.
type alarm struct{}

func newAlarm() *alarm { return nil }

func (*alarm) set(time.Duration) {}

func (*alarm) close() {}
