//go:build !linux

package main

import "errors"

// floored is what a bare loop says of itself.
type floored struct {
	Sent, Missed int64
	LagP99       float64
}

func runFloor([]string) error { return errors.New("the bare loop is for Linux") }
