package user

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"

	"throng/dsl/plan"
)

// shortestToken is the length from which on a session value that authenticates
// is hidden in texts: to hide shorter ones would garble them. Where a value is
// shown by its name it is hidden whatever its length.
const shortestToken = 6

// mask is what hides secrets in a text about this user: those of the plan,
// the sensitive values of its own generated rows, which nobody else can know
// before they are made, and what it authenticates with.
func (u *User) mask() *mask {
	var texts []string
	for data := range u.frame.Rows {
		row := u.frame.Rows[data]
		if row < 0 {
			continue
		}
		columns := u.env.Plan.Data[data].Columns
		for c := range columns {
			if columns[c].Make == nil || !columns[c].Sensitive {
				continue
			}
			if v, err := u.frame.Cell(data, c, row); err == nil {
				texts = append(texts, v.Text())
			}
		}
	}
	if u.bearer != "" {
		texts = append(texts, u.bearer)
	}
	for slot, secret := range u.class.Secret {
		if secret {
			texts = appendSecrets(texts, u.frame.Slots[slot])
		}
	}
	if texts == nil {
		return u.env.mask
	}
	if u.veil == nil || !slices.Equal(u.veiled, texts) {
		u.veil, u.veiled = &mask{u.env.mask.secrets.Texts(texts)}, texts
	}
	return u.veil
}

// maskOf is mask for the texts of the request at hand: it also hides the
// headers that authenticate it, and what it captures to authenticate with,
// even where it did not come to that.
func (u *User) maskOf(r *plan.Request) *mask {
	var texts []string
	for block := u.message.Header; len(block) > 0; {
		var line []byte
		line, block, _ = bytes.Cut(block, []byte("\r\n"))
		if name, value, ok := bytes.Cut(line, []byte(":")); ok && isPrivate(string(name), r.Headers) {
			texts = appendSecret(texts, string(bytes.TrimSpace(value)))
		}
	}
	for i := range r.Captures {
		if c := &r.Captures[i]; u.isSecret(c.Slot) && u.result.Status != 0 {
			if v, err := u.peek(r, c.Value); err == nil {
				texts = appendSecrets(texts, v)
			}
		}
	}
	m := u.mask()
	if texts == nil {
		return m
	}
	return &mask{m.secrets.Texts(texts)}
}

// peek evaluates an expression on the answer at hand and changes nothing of
// the user: it draws no rows and no random numbers of its.
func (u *User) peek(r *plan.Request, x plan.Expr) (plan.Value, error) {
	answer := u.answer(r)
	f := u.frame
	f.Response = &answer
	f.Rand = rand.New(rand.NewPCG(0, 0))
	f.NextRow = func(int) (int, error) { return 0, errors.New("no row is drawn here") }
	f.Private = make([]any, len(f.Private))
	return x.Eval(&f)
}

// isSecret reports whether a session value authenticates.
func (u *User) isSecret(slot int) bool {
	return slot < len(u.class.Secret) && u.class.Secret[slot]
}

// secretsOf are the texts that setup left for the run's users to authenticate
// with.
func secretsOf(p *plan.Plan) (texts []string) {
	if p.Once == nil {
		return nil
	}
	for slot, secret := range p.Once.Class().Secret {
		if secret && slot < len(p.Setup) {
			texts = appendSecrets(texts, p.Setup[slot])
		}
	}
	return texts
}

// appendSecrets adds the texts within a value that authenticates.
func appendSecrets(texts []string, v plan.Value) []string {
	switch v.Kind() {
	case plan.Missing, plan.Null, plan.Bool:
	case plan.List:
		for _, item := range v.Items() {
			texts = appendSecrets(texts, item)
		}
	case plan.Object:
		for _, f := range v.Fields() {
			texts = appendSecrets(texts, f.Value)
		}
	default:
		return appendSecret(texts, v.Text())
	}
	return texts
}

// appendSecret adds a text that authenticates, also without the scheme before it.
func appendSecret(texts []string, text string) []string {
	if len(text) >= shortestToken {
		texts = append(texts, text)
	}
	if _, rest, ok := strings.Cut(text, " "); ok && len(rest) >= shortestToken {
		texts = append(texts, rest)
	}
	return texts
}
