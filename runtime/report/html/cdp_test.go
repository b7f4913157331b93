package html

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// browser is a Chromium without a window, spoken to in the DevTools protocol
// over two pipes: messages of JSON, each ended by a zero byte.
type browser struct {
	t      testing.TB
	in     *os.File
	mu     sync.Mutex
	next   int
	answer map[int]chan message
	events []message // since the page was opened
	gone   chan struct{}
	page   string // session of the page
}

type message struct {
	ID      int             `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error,omitempty"`
}

// patience is how long a busy machine may take for one answer.
const patience = 2 * time.Minute

func newBrowser(t testing.TB) *browser {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed: the page is not looked at in a browser")
	}
	theirIn, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), "about:blank")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut}
	cmd.Stderr = new(bytes.Buffer) // all its processes hold it, so Wait waits for all, and their files can be removed
	cmd.WaitDelay = patience
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirIn.Close()
	theirOut.Close()
	b := &browser{t: t, in: in, answer: make(map[int]chan message), gone: make(chan struct{})}
	go b.read(out)
	t.Cleanup(func() {
		_, _ = b.send("", "Browser.close", nil)
		select {
		case <-b.gone:
		case <-time.After(patience):
			_ = cmd.Process.Kill()
		}
		_ = cmd.Wait()
		in.Close()
		out.Close()
	})
	return b
}

func (b *browser) read(out *os.File) {
	defer close(b.gone)
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(line[:len(line)-1], &m) != nil {
			continue
		}
		b.mu.Lock()
		if c := b.answer[m.ID]; m.ID != 0 && c != nil {
			delete(b.answer, m.ID)
			c <- m
		} else if m.Method != "" {
			b.events = append(b.events, m)
		}
		b.mu.Unlock()
	}
}

func (b *browser) send(session, method string, params any) (json.RawMessage, error) {
	raw, err := json.Marshal(params)
	if err != nil {
		return nil, err
	}
	c := make(chan message, 1)
	b.mu.Lock()
	b.next++
	m := message{ID: b.next, Method: method, Session: session, Params: raw}
	if params == nil {
		m.Params = nil
	}
	b.answer[m.ID] = c
	line, _ := json.Marshal(m)
	_, err = b.in.Write(append(line, 0))
	b.mu.Unlock()
	if err != nil {
		return nil, err
	}
	select {
	case a := <-c:
		if a.Error != nil {
			return nil, fmt.Errorf("%s: %s", method, a.Error.Message)
		}
		return a.Result, nil
	case <-b.gone:
		return nil, fmt.Errorf("%s: the browser has ended", method)
	case <-time.After(patience):
		return nil, fmt.Errorf("%s: no answer within %s", method, patience)
	}
}

type args map[string]any

// call calls a method of the page's session.
func (b *browser) call(method string, params args, into any) {
	b.t.Helper()
	result, err := b.send(b.page, method, params)
	if err != nil {
		b.t.Fatal(err)
	}
	if into != nil {
		if err := json.Unmarshal(result, into); err != nil {
			b.t.Fatal(err)
		}
	}
}

// look is how a page is looked at.
type look struct {
	width, height int
	dark, noJS    bool
	fragment      string
}

// open opens a page from disk in a new tab, and waits until it is drawn.
func (b *browser) open(page []byte, l look) {
	b.t.Helper()
	if l.height == 0 {
		l.height = 900
	}
	path := filepath.Join(b.t.TempDir(), "report.html")
	if err := os.WriteFile(path, page, 0o644); err != nil {
		b.t.Fatal(err)
	}
	if b.page != "" { // one tab is enough
		_, _ = b.send(b.page, "Page.close", nil)
	}
	b.page = ""
	var target struct{ TargetID string }
	b.call("Target.createTarget", args{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	b.call("Target.attachToTarget", args{"targetId": target.TargetID, "flatten": true}, &session)
	b.page = session.SessionID
	b.mu.Lock()
	b.events = nil
	b.mu.Unlock()
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", args{}, nil)
	}
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	b.call("Emulation.setEmulatedMedia", args{"features": []args{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	b.call("Emulation.setDeviceMetricsOverride", args{"width": l.width, "height": l.height, "deviceScaleFactor": 1, "mobile": l.width < 600}, nil)
	b.call("Emulation.setScriptExecutionDisabled", args{"value": l.noJS}, nil)
	b.call("Page.navigate", args{"url": "file://" + path + l.fragment}, nil)
	ready := `location.protocol === 'file:' && document.readyState === 'complete' && (document.documentElement.dataset.ready === 'true' || ` + fmt.Sprint(l.noJS) + `)`
	for deadline := time.Now().Add(patience); !b.arrived(ready); time.Sleep(20 * time.Millisecond) {
		if c := b.complaints(); len(c) > 0 || time.Now().After(deadline) {
			b.t.Fatalf("the page is not ready: %v", c)
		}
	}
}

// arrived is truth while the page is being navigated to: what is asked of the
// page before it ends without an answer.
func (b *browser) arrived(expression string) bool {
	b.t.Helper()
	raw, err := b.send(b.page, "Runtime.evaluate", args{"expression": expression, "returnByValue": true})
	select {
	case <-b.gone:
		b.t.Fatal(err)
	default:
	}
	var r struct{ Result struct{ Value bool } }
	return err == nil && json.Unmarshal(raw, &r) == nil && r.Result.Value
}

// eval evaluates an expression in the page and reads its value.
func (b *browser) eval(expression string, into any) {
	b.t.Helper()
	var r struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	b.call("Runtime.evaluate", args{"expression": expression, "returnByValue": true, "awaitPromise": true}, &r)
	if r.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s %s", expression, r.ExceptionDetails.Text, r.ExceptionDetails.Exception.Description)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(r.Result.Value, into); err != nil {
		b.t.Fatalf("%s: %v: %s", expression, err, r.Result.Value)
	}
}

func (b *browser) truth(expression string) bool {
	b.t.Helper()
	var v bool
	b.eval(expression, &v)
	return v
}

func (b *browser) text(expression string) string {
	b.t.Helper()
	var v string
	b.eval(expression, &v)
	return v
}

// complaints are what the console said, what was thrown, and every request
// beyond the page itself.
func (b *browser) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var list []string
	for _, e := range b.events {
		if e.Session != b.page {
			continue
		}
		switch e.Method {
		case "Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled", "Page.javascriptDialogOpening":
			list = append(list, e.Method+" "+string(e.Params))
		case "Network.requestWillBeSent":
			var r struct{ Request struct{ URL string } }
			_ = json.Unmarshal(e.Params, &r)
			if u := r.Request.URL; len(u) < 5 || u[:5] != "file:" && u[:5] != "data:" {
				list = append(list, "request of "+u)
			}
		}
	}
	return list
}

// used is the processor time of the page's process.
func (b *browser) used() time.Duration {
	b.t.Helper()
	b.call("Performance.enable", args{}, nil)
	var r struct {
		Metrics []struct {
			Name  string
			Value float64
		}
	}
	b.call("Performance.getMetrics", args{}, &r)
	for _, m := range r.Metrics {
		if m.Name == "ProcessTime" {
			return time.Duration(m.Value * 1e9)
		}
	}
	b.t.Fatalf("the browser does not say what processor time it took: %v", r.Metrics)
	return 0
}

func (b *browser) key(key string, modifiers int) {
	b.t.Helper()
	codes := map[string]int{"Tab": 9, "Enter": 13, "Escape": 27, "ArrowRight": 39, "ArrowLeft": 37}
	down := args{"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": codes[key], "modifiers": modifiers}
	if key == "Enter" {
		down["text"] = "\r"
	}
	b.call("Input.dispatchKeyEvent", down, nil)
	b.call("Input.dispatchKeyEvent", args{"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": codes[key], "modifiers": modifiers}, nil)
}

// pdf is the page as it prints, on paper of so many inches.
func (b *browser) pdf(width, height float64) []byte {
	b.t.Helper()
	var r struct{ Data string }
	b.call("Page.printToPDF", args{"printBackground": true, "preferCSSPageSize": false, "paperWidth": width, "paperHeight": height}, &r)
	return decode64(b.t, r.Data)
}

func decode64(t testing.TB, s string) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
