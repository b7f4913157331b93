// Command throng runs load tests that are declared, not programmed.
package main

import (
	"os"

	"throng/cmd/throng/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], cli.System())) }
