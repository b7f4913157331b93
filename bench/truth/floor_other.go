//go:build !linux

package main

import "errors"

func floor([]string) error { return errors.New("blocking calls are timed on Linux only") }
