package exampleapi

import (
	"fmt"
	"net/http/httptest"
	"testing"
)

// What clients make without end, the service forgets in time; what they still
// use, it has.
func TestTheCookbookForgets(t *testing.T) {
	a := cook(t)
	serve := func(method, path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		a.service.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		return w
	}
	for range keptOnShelf + 1 {
		if w := serve("POST", "/carts"); w.Code != 201 {
			t.Fatal(w.Body)
		}
	}
	a.want(404, "GET", "/carts/cart-1", "")
	a.want(200, "GET", "/carts/cart-2", "")
	a.want(200, "GET", fmt.Sprintf("/carts/cart-%d", keptOnShelf+1), "")
}

func TestAShelf(t *testing.T) {
	s := newShelf[string]("s-", 3)
	for range 5 {
		s.add(func(id string) string { return "value of " + id })
	}
	for id, want := range map[string]bool{"s-1": false, "s-2": false, "s-3": true, "s-5": true, "s-6": false} {
		if v, ok := s.get(id); ok != want || ok && v != "value of "+id {
			t.Errorf("%s: %q, %v", id, v, ok)
		}
	}
	if _, ok := s.take("s-4"); !ok || s.len() != 2 {
		t.Errorf("%d are left", s.len())
	}
	if _, ok := s.take("s-4"); ok {
		t.Error("taken twice")
	}
	if v, ok, err := s.change("s-3", func(v *string) error { *v = "new"; return nil }); v != "new" || !ok || err != nil {
		t.Error(v, ok, err)
	}
	if _, _, err := s.change("s-3", func(v *string) error { *v = "bad"; return fmt.Errorf("no") }); err == nil {
		t.Error("no error")
	}
	if v, _ := s.get("s-3"); v != "new" {
		t.Errorf("a failed change left %q", v)
	}
	if v, made, err := s.once("key", func() (string, error) { return "first", nil }); v != "first" || !made || err != nil {
		t.Error(v, made, err)
	}
	if v, made, err := s.once("key", func() (string, error) { return "second", nil }); v != "first" || made || err != nil {
		t.Error(v, made, err)
	}
	if _, made, err := s.once("other", func() (string, error) { return "", fmt.Errorf("no") }); made || err == nil {
		t.Error("kept in spite of the error")
	}
	if _, ok := s.get("other"); ok {
		t.Error("kept in spite of the error")
	}
}
