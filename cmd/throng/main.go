// Command throng runs load tests that are declared, not programmed.
package main

import (
	"io"
	"log"
	"os"

	"throng/cmd/throng/internal/cli"
)

func main() {
	log.SetOutput(io.Discard) // the standard library's remarks on what servers do wrong, which is counted
	os.Exit(cli.Main(os.Args[1:], cli.System()))
}
