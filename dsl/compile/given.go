package compile

import (
	"throng/dsl/config"
	"throng/dsl/diag"
)

// oneOf is the argument that a block has of some of which it may have one; nil
// where it has none. A second one is an error, which says what the rule is,
// and then good is false.
func (c *compiler) oneOf(b *config.Block, names []string, rule string) (given *config.Arg, good bool) {
	for _, name := range names {
		a := b.Arg(name)
		switch {
		case a == nil:
		case given == nil:
			given = a
		default:
			c.fail(b, diag.ConflictingArguments, a.Range, "%s", rule).Relate("the other one is here", given.Range)
			return given, false
		}
	}
	return given, true
}
