package cli

import (
	"encoding/csv"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"throng/scenarios/exampleapi"
)

// The same traffic for both: thirty rounds of one user.
const (
	locustfile = `
import gevent
from locust import HttpUser, task, constant

class Shopper(HttpUser):
    wait_time = constant(0)
    rounds = 0

    @task
    def round(self):
        if self.rounds == 30:
            gevent.sleep(4)  # Locust writes its files once a second, and not at its end
            self.environment.runner.quit()
            return
        self.rounds += 1
        self.client.get("/products", name="/products")
        self.client.get("/nothing/%d" % self.rounds, name="/nothing/:id")
        self.client.post("/login", json={"email": "a@example.com", "password": "throng"}, name="/login")
`
	throngfile = `
target "shop" {
  base_url = "BASE"
}
user "shopper" {
  task "round" {
    get "/products" {}
    get "/nothing/:id" { params = { id = "1" } }
    post "/login" { json = { email = "a@example.com", password = "throng" } }
  }
}
profile "once" {
  users      = 1
  iterations = 30
  duration   = "60s"
}
`
)

// TestLocust has Locust itself and throng make the same traffic, and compares
// the files they write field by field.
func TestLocust(t *testing.T) {
	locust, err := exec.LookPath("locust")
	if err != nil {
		t.Skip("needs locust (python3-locust)")
	}
	t.Parallel()
	service, err := exampleapi.New("quickstart", exampleapi.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(service)
	defer server.Close()
	dir := t.TempDir()
	file := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	out, err := exec.Command(locust, "-f", file("locustfile.py", locustfile), "--headless", "-u", "1", "-r", "1", "-t", "60s",
		"--host", server.URL, "--csv", filepath.Join(dir, "theirs"), "--csv-full-history", "--exit-code-on-error", "0").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	scenario := file("main.hcl", strings.ReplaceAll(throngfile, "BASE", server.URL))
	env := System()
	var said strings.Builder
	env.Stdout, env.Stderr = &said, &said
	if code := Main([]string{"run", "--quiet", "--no-out", "--export", "locust-full=" + filepath.Join(dir, "ours"), scenario}, env); code != ExitInconclusive {
		t.Fatalf("exit code %d\n%s", code, said.String()) // no SLA
	}
	theirs, ours := readTable(t, filepath.Join(dir, "theirs_stats.csv")), readTable(t, filepath.Join(dir, "ours_stats.csv"))
	if len(theirs) != len(ours) || len(ours) != 5 {
		t.Fatalf("Locust has %d lines, throng %d", len(theirs), len(ours))
	}
	if !slices.Equal(theirs[0], ours[0]) {
		t.Fatalf("Locust's columns are\n%v, ours\n%v", theirs[0], ours[0])
	}
	for i := range ours {
		if !slices.Equal(theirs[i][:4], ours[i][:4]) {
			t.Errorf("Locust counts %v, throng %v", theirs[i][:4], ours[i][:4])
		}
		for c := range ours[i] {
			alike(t, ours[0][c], theirs[i][c], ours[i][c])
		}
	}
	theirs, ours = readTable(t, filepath.Join(dir, "theirs_stats_history.csv")), readTable(t, filepath.Join(dir, "ours_stats_history.csv"))
	if !slices.Equal(theirs[0], ours[0]) || len(ours) < 2 {
		t.Errorf("of the history Locust's columns are\n%v, ours\n%v", theirs[0], ours[0])
	}
	last := func(lines [][]string) []string { return lines[len(lines)-1] }
	for c := range ours[0] {
		alike(t, ours[0][c], last(theirs)[c], last(ours)[c])
	}
	theirs, ours = readTable(t, filepath.Join(dir, "theirs_failures.csv")), readTable(t, filepath.Join(dir, "ours_failures.csv"))
	if n := len(theirs[0]); !slices.Equal(theirs[0], ours[0][:n]) || len(theirs) != len(ours) || theirs[1][0] != ours[1][0] || theirs[1][1] != ours[1][1] || theirs[1][3] != ours[1][3] {
		t.Errorf("Locust's failures are\n%v, ours\n%v", theirs, ours)
	}
	theirs, ours = readTable(t, filepath.Join(dir, "theirs_exceptions.csv")), readTable(t, filepath.Join(dir, "ours_exceptions.csv"))
	if !slices.Equal(theirs[0], ours[0]) {
		t.Errorf("Locust's exceptions are\n%v, ours\n%v", theirs, ours)
	}
}

// alike holds that what reads their field reads ours.
func alike(t *testing.T, column, theirs, ours string) {
	t.Helper()
	if _, err := strconv.ParseInt(theirs, 10, 64); err == nil && theirs != "0" {
		if _, err := strconv.ParseInt(ours, 10, 64); err != nil && ours != "N/A" {
			t.Errorf("%s is %q of Locust and %q of throng", column, theirs, ours)
		}
		return
	}
	if _, err := strconv.ParseFloat(theirs, 64); err == nil {
		if _, err := strconv.ParseFloat(ours, 64); err != nil {
			t.Errorf("%s is %q of Locust and %q of throng", column, theirs, ours)
		}
	}
}

func readTable(t *testing.T, name string) [][]string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), "\r\n") != strings.Count(string(text), "\n") {
		t.Errorf("%s has lines that do not end in CRLF", name)
	}
	lines, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}
