package exampleapi

import (
	"net/http"
	"slices"
	"strings"
	"sync"
)

// generalSettings are AutoArr's own.
type generalSettings struct {
	Theme     string `json:"theme"`
	Language  string `json:"language"`
	LogLevel  string `json:"log_level"`
	AutoAudit bool   `json:"auto_audit"`
}

// serviceSettings say how to reach one of the services that AutoArr uses.
type serviceSettings struct {
	Service string `json:"service"`
	URL     string `json:"url"`
	Enabled bool   `json:"enabled"`
	Timeout int    `json:"timeout_seconds"`
	HasKey  bool   `json:"has_api_key"` // the key itself is never told
}

type allSettings struct {
	General  generalSettings            `json:"general"`
	Services map[string]serviceSettings `json:"services"`
}

type settings struct {
	mu       sync.RWMutex
	general  generalSettings
	services map[string]serviceSettings
}

func (s *settings) init() {
	s.general = generalSettings{Theme: "dark", Language: "en", LogLevel: "info", AutoAudit: true}
	s.services = map[string]serviceSettings{}
	for name, url := range map[string]string{
		"sabnzbd": "http://sabnzbd:8080", "sonarr": "http://sonarr:8989",
		"radarr": "http://radarr:7878", "plex": "http://plex:32400",
	} {
		s.services[name] = serviceSettings{Service: name, URL: url, Enabled: true, Timeout: 30, HasKey: true}
	}
}

// serviceNames are sorted.
func (s *settings) serviceNames() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var names []string
	for name := range s.services {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (s *settings) service(name string) (serviceSettings, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	one, ok := s.services[name]
	if !ok {
		return one, missing("service", name)
	}
	return one, nil
}

// Bodies change what they name and leave the rest.
type generalInput struct {
	Theme     *string `json:"theme,omitempty"`
	Language  *string `json:"language,omitempty"`
	LogLevel  *string `json:"log_level,omitempty"`
	AutoAudit *bool   `json:"auto_audit,omitempty"`
}

type serviceInput struct {
	URL     *string `json:"url,omitempty"`
	Enabled *bool   `json:"enabled,omitempty"`
	Timeout *int    `json:"timeout_seconds,omitempty"`
	APIKey  *string `json:"api_key,omitempty"`
}

type connectionTest struct {
	Service string  `json:"service"`
	Success bool    `json:"success"`
	Version string  `json:"version"`
	Latency float64 `json:"latency_seconds"`
}

func (a *autoarr) settingsRoutes() []route {
	const base = "/api/v1/settings"
	return []route{
		{method: "GET", pattern: base, summary: "All settings", latency: quick, out: allSettings{}, serve: a.allSettings},
		{method: "PUT", pattern: base, summary: "Change general settings", latency: write,
			in: generalInput{}, out: allSettings{}, serve: a.changeSettings},
		{method: "GET", pattern: base + "/:service", summary: "How sabnzbd, sonarr, radarr or plex is reached", latency: quick,
			out: serviceSettings{}, serve: a.serviceSettings},
		{method: "PUT", pattern: base + "/:service", summary: "Change how a service is reached", latency: write,
			in: serviceInput{}, out: serviceSettings{}, serve: a.changeService},
		{method: "POST", pattern: base + "/test/:service", summary: "Try to reach a service", latency: remote,
			out: connectionTest{}, serve: a.testService},
	}
}

func (a *autoarr) allSettings(*call) (reply, error) {
	a.settings.mu.RLock()
	defer a.settings.mu.RUnlock()
	return asJSON(http.StatusOK, allSettings{a.settings.general, a.settings.services}), nil
}

func (a *autoarr) changeSettings(c *call) (reply, error) {
	var in generalInput
	if err := c.decode(&in); err != nil {
		return reply{}, err
	}
	levels := []string{"debug", "info", "warning", "error"}
	if in.LogLevel != nil && !slices.Contains(levels, *in.LogLevel) {
		return reply{}, invalid("log_level must be one of %s", strings.Join(levels, ", "))
	}
	a.settings.mu.Lock()
	g := &a.settings.general
	assign(&g.Theme, in.Theme)
	assign(&g.Language, in.Language)
	assign(&g.LogLevel, in.LogLevel)
	assign(&g.AutoAudit, in.AutoAudit)
	a.settings.mu.Unlock()
	return a.allSettings(c)
}

// assign sets to if there is a new value.
func assign[T any](to *T, value *T) {
	if value != nil {
		*to = *value
	}
}

func (a *autoarr) serviceSettings(c *call) (reply, error) {
	one, err := a.settings.service(c.param("service"))
	if err != nil {
		return reply{}, err
	}
	return asJSON(http.StatusOK, one), nil
}

func (a *autoarr) changeService(c *call) (reply, error) {
	var in serviceInput
	name := c.param("service")
	if _, err := a.settings.service(name); err != nil {
		return reply{}, err
	}
	if err := c.decode(&in); err != nil {
		return reply{}, err
	}
	switch {
	case in.URL != nil && !strings.HasPrefix(*in.URL, "http://") && !strings.HasPrefix(*in.URL, "https://"):
		return reply{}, invalid("url must begin with http:// or https://")
	case in.Timeout != nil && (*in.Timeout < 1 || *in.Timeout > 300):
		return reply{}, invalid("timeout_seconds must be from 1 to 300")
	}
	a.settings.mu.Lock()
	one := a.settings.services[name]
	assign(&one.URL, in.URL)
	assign(&one.Enabled, in.Enabled)
	assign(&one.Timeout, in.Timeout)
	one.HasKey = one.HasKey || in.APIKey != nil && *in.APIKey != ""
	a.settings.services[name] = one
	a.settings.mu.Unlock()
	a.note(c.began.UTC(), "settings", "changed the settings of "+name)
	return asJSON(http.StatusOK, one), nil
}

func (a *autoarr) testService(c *call) (reply, error) {
	one, err := a.settings.service(c.param("service"))
	if err != nil {
		return reply{}, err
	}
	took := a.s.now().Sub(c.began).Seconds()
	return asJSON(http.StatusOK, connectionTest{one.Service, one.Enabled, "4.0.1", took}), nil
}
