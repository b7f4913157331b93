package user

import (
	"testing"

	"throng/dsl/plan"
)

func TestSecretFieldsOfAFormAreHidden(t *testing.T) {
	fields := []plan.Pair{{Name: "pass word", Secret: true}, {Name: "email"}}
	for body, want := range map[string]string{
		"email=a%40b.c&pass%20word=hunter2": "email=a%40b.c&pass%20word=(secret)",
		"pass+word=a&pass+word=b&x=1":       "pass+word=(secret)&pass+word=(secret)&x=1",
		"pass%zz=leak&email=1":              "pass%zz=(secret)&email=1",
		"":                                  "",
	} {
		if got := string(hideFields([]byte(body), fields)); got != want {
			t.Errorf("%q is shown as %q, want %q", body, got, want)
		}
	}
}
