package exampleapi

import (
	"fmt"
	"net/http"
	"time"
)

// AutoArr looks after a media library and the services that fill it.
type autoarr struct {
	s          *Service
	queue      *store[download]
	history    *store[download]
	shows      *store[title]
	movies     *store[title]
	media      *store[mediaFile]
	requests   *store[contentRequest]
	activity   *store[event]
	logs       *store[logLine]
	audits     *store[auditReport]
	onboarding *store[onboarding]
	settings   settings
}

// keptEvents is how many entries of the activity and the log are kept.
const keptEvents = 2_000

func newAutoarr(s *Service) []route {
	a := &autoarr{
		s:          s,
		queue:      newStore[download]("dl-", keptCreations),
		history:    newStore[download]("done-", keptCreations),
		shows:      newStore[title]("show-", keptCreations),
		movies:     newStore[title]("movie-", keptCreations),
		media:      newStore[mediaFile]("media-", keptCreations),
		requests:   newStore[contentRequest]("req-", keptCreations),
		activity:   newStore[event]("event-", keptEvents),
		logs:       newStore[logLine]("log-", keptEvents),
		audits:     newStore[auditReport]("audit-", keptCreations),
		onboarding: newStore[onboarding]("", keptCreations),
	}
	a.seed()
	a.settings.init()
	return joined(
		[]route{
			s.healthRoute("/health", "Whether the service is up"),
			s.healthRoute("/health/ready", "Whether the service takes requests"),
			s.healthRoute("/health/live", "Whether the process is alive"),
			{method: "GET", pattern: "/health/detailed", summary: "How the service and what it depends on are", open: true,
				latency: quick, out: detailedHealth{}, serve: s.detailedHealth},
		},
		s.aboutRoutes(), s.accountRoutes("/api/v1/auth"),
		a.libraryRoutes(), a.settingsRoutes(), a.onboardingRoutes(), a.auditRoutes(), a.requestRoutes(),
		[]route{
			{method: "GET", pattern: "/api/v1/activity", summary: "What happened, oldest first", latency: list,
				paged: true, out: pageOf[event]{}, serve: a.activity.servePage},
			{method: "GET", pattern: "/api/v1/logs", summary: "The log, oldest first", latency: list,
				paged: true, out: pageOf[logLine]{}, serve: a.logs.servePage},
			{method: "GET", pattern: "/api/v1/ws", summary: "A WebSocket: hello, ping, subscribe; all else is echoed. The query parameter client names who keeps its subscription when the connection is lost", socket: true,
				latency: quick, status: http.StatusSwitchingProtocols, also: []int{400, 426}, serve: s.serveSocket},
		},
	)
}

func (a *autoarr) libraryRoutes() []route {
	return []route{
		{method: "GET", pattern: "/api/v1/downloads/queue", summary: "Downloads under way", latency: list,
			paged: true, out: pageOf[download]{}, serve: a.queue.servePage},
		{method: "GET", pattern: "/api/v1/downloads/history", summary: "Finished downloads", latency: heavy,
			paged: true, out: pageOf[download]{}, serve: a.history.servePage},
		{method: "GET", pattern: "/api/v1/shows", summary: "List shows", latency: list,
			paged: true, out: pageOf[title]{}, serve: a.shows.servePage},
		{method: "GET", pattern: "/api/v1/shows/:id", summary: "One show", latency: quick,
			out: title{}, serve: a.shows.serveOne("show")},
		{method: "GET", pattern: "/api/v1/movies", summary: "List movies", latency: list,
			paged: true, out: pageOf[title]{}, serve: a.movies.servePage},
		{method: "GET", pattern: "/api/v1/movies/:id", summary: "One movie", latency: quick,
			out: title{}, serve: a.movies.serveOne("movie")},
		{method: "GET", pattern: "/api/v1/media", summary: "List the files of shows and movies", latency: heavy,
			paged: true, out: pageOf[mediaFile]{}, serve: a.media.servePage},
	}
}

type download struct {
	ID       string  `json:"id"`
	Title    string  `json:"title"`
	Kind     string  `json:"kind"`  // "show" or "movie"
	State    string  `json:"state"` // "downloading", "queued", "completed" or "failed"
	Progress float64 `json:"progress"`
	Size     int64   `json:"size_bytes"`
	ETA      int     `json:"eta_seconds"`
}

type title struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	Year      int    `json:"year"`
	Monitored bool   `json:"monitored"`
	Quality   string `json:"quality"`
	Files     int    `json:"files"`
}

type mediaFile struct {
	ID    string `json:"id"`
	Kind  string `json:"kind"`
	Title string `json:"title"`
	Path  string `json:"path"`
	Size  int64  `json:"size_bytes"`
}

type event struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	Message string    `json:"message"`
	At      time.Time `json:"at"`
}

type logLine struct {
	ID      string    `json:"id"`
	Level   string    `json:"level"`
	Source  string    `json:"source"`
	Message string    `json:"message"`
	At      time.Time `json:"at"`
}

// note adds to the activity and to the log.
func (a *autoarr) note(at time.Time, kind, message string) {
	a.activity.add(func(id string) event { return event{id, kind, message, at} })
	a.logs.add(func(id string) logLine { return logLine{id, "info", kind, message, at} })
}

func (a *autoarr) seed() {
	qualities := []string{"720p", "1080p", "2160p"}
	for i := range 60 {
		name := fmt.Sprintf("The %s of %s", nouns[i%len(nouns)], places[i/len(nouns)%len(places)])
		kind := []string{"show", "movie"}[i%2]
		build := func(id string) title {
			return title{id, name, 1980 + i%45, i%4 != 0, qualities[i%3], 1 + i%12}
		}
		a.shows.seed(build)
		a.movies.seed(build)
		a.media.seed(func(id string) mediaFile {
			return mediaFile{id, kind, name, "/library/" + kind + "s/" + id + ".mkv", int64(700+i*13) << 20}
		})
		a.history.seed(func(id string) download {
			return download{id, name, kind, "completed", 1, int64(700+i*13) << 20, 0}
		})
		a.activity.seed(func(id string) event {
			return event{id, "download", "downloaded " + name, seededAt.Add(time.Duration(i) * time.Minute)}
		})
		a.logs.seed(func(id string) logLine {
			return logLine{id, "info", "downloads", "downloaded " + name, seededAt.Add(time.Duration(i) * time.Minute)}
		})
	}
	for i := range 5 {
		at := seededAt.Add(time.Duration(i) * 24 * time.Hour)
		a.requests.seed(func(id string) contentRequest {
			return contentRequest{id, "a film about " + places[i], "movie", "accepted", "demo@example.com", at}
		})
		a.audits.seed(func(id string) auditReport {
			return auditReport{id, "done", []string{"sonarr", "radarr"}, 95, []finding{{"sonarr", "warning", complaints[0]}}, at, 0.6}
		})
	}
	for i := range 15 {
		a.queue.seed(func(id string) download {
			state := []string{"downloading", "downloading", "queued"}[i%3]
			return download{id, fmt.Sprintf("The %s of %s", nouns[i%len(nouns)], places[i%len(places)]),
				[]string{"show", "movie"}[i%2], state, float64(i%10) / 10, int64(900+i*31) << 20, 60 * (i + 1)}
		})
	}
}

var (
	nouns  = []string{"Keeper", "Queen", "Sound", "Return", "House", "Shadow", "Winter", "Colour"}
	places = []string{"Avalon", "Babylon", "Carthage", "Delphi", "Ephesus", "Florence", "Granada", "Hamburg"}
)
