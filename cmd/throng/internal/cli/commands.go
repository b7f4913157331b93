package cli

import "github.com/spf13/cobra"

// Commands is the tree of commands, for the reference pages. It is not meant
// to be executed.
func Commands() *cobra.Command { return (&app{env: System()}).root() }
