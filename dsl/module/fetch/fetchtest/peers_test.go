package fetchtest

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// TestGitServers clones one repository by every server there is.
func TestGitServers(t *testing.T) {
	repo := NewRepo(t, "shop")
	first := repo.Commit(map[string]string{"main.hcl": "# one\n"}, "v1.0.0")
	second := repo.Commit(map[string]string{"main.hcl": "# two\n", "sub/a b.hcl": ""}, "v1.1.0")
	repo.Annotate("v1.2.0", second)
	if first == second {
		t.Fatal("two commits have one name")
	}
	ca := NewAuthority(t)
	for name, url := range map[string]string{
		"file": repo.Source(), "http": repo.ServeHTTP(), "https": repo.ServeHTTPS(ca), "daemon": repo.Daemon(),
	} {
		cmd := exec.Command("git", "ls-remote", "--tags", "--", strings.TrimPrefix(url, "git::"))
		cmd.Env = append(gitEnv(), "GIT_SSL_CAINFO="+ca.File)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), first+"\trefs/tags/v1.0.0") || !strings.Contains(string(out), second+"\trefs/tags/v1.2.0^{}") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestRegistry(t *testing.T) {
	for _, auth := range []bool{false, true} {
		r := NewRegistry(t, RegistryOptions{Auth: auth})
		resp, err := http.Get("http://" + r.Host + "/v2/")
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if want := map[bool]int{false: 200, true: 401}[auth]; resp.StatusCode != want {
			t.Errorf("auth %v: status %d, want %d", auth, resp.StatusCode, want)
		}
		req, _ := http.NewRequest("GET", "http://"+r.Host+"/v2/", nil)
		req.SetBasicAuth(User, Password)
		if resp, err = http.DefaultClient.Do(req); err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Errorf("auth %v: with the password, status %d", auth, resp.StatusCode)
		}
	}
}
