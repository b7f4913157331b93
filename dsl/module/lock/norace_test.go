//go:build !race

package lock_test

const underRace = false
