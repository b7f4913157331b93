// Package exampleapi is a small, honest HTTP API to run load tests against.
//
// It serves four services. "orchestrator" and "autoarr" answer every endpoint
// that the two teams' load-testing guides name; "quickstart" is a tiny shop for
// a first scenario; "cookbook" has what the recipes of the cookbook need: forms,
// uploads, redirects, signatures and more, fast, and strict about what it is
// sent. Each keeps real state, asks for credentials, answers with realistic and
// reproducible latency, publishes Prometheus metrics that count exactly what it
// did, and can be made to misbehave on demand (see ParseFault).
//
// One route table per service drives everything: routing, authentication,
// latency, metric names, the OpenAPI document and the documentation page.
//
// The package knows nothing about scenarios or about the load generator; it
// uses the standard library only.
package exampleapi
