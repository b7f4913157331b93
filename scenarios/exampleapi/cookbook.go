package exampleapi

import (
	"net/http"
	"sync/atomic"
)

// The cookbook has one small service for each recipe. Its state is bounded, its
// answers are fast, and it refuses whatever a route does not declare.
type cookbook struct {
	s *Service

	grants    *shelf[grant]   // behind access tokens
	renewals  *shelf[renewal] // behind refresh tokens
	baskets   *shelf[basket]
	purchases *shelf[purchase]
	repeats   *shelf[repeat] // by Idempotency-Key
	tenants   map[string]*tenant
	jobs      *shelf[job]
	orgs      *shelf[org]
	visits    *shelf[visit] // behind cookies of sessions
	dances    *shelf[dance] // sign-ins under way
	codes     *shelf[code]
	refreshes *shelf[oidcGrant]
	chats     atomic.Uint64 // numbers the answers of the language model
}

func newCookbook(s *Service) []route {
	k := &cookbook{
		s:         s,
		grants:    newShelf[grant]("access-", keptOnShelf),
		renewals:  newShelf[renewal]("refresh-", keptOnShelf),
		baskets:   newShelf[basket]("cart-", keptOnShelf),
		purchases: newShelf[purchase]("order-", keptOnShelf),
		repeats:   newShelf[repeat]("", keptOnShelf),
		tenants:   newTenants(),
		jobs:      newShelf[job]("job-", keptOnShelf),
		orgs:      newShelf[org]("org-", keptOnShelf),
		visits:    newShelf[visit]("visit-", keptOnShelf),
		dances:    newShelf[dance]("signin-", keptOnShelf),
		codes:     newShelf[code]("code-", keptOnShelf),
		refreshes: newShelf[oidcGrant]("oidc-", keptOnShelf),
	}
	return joined(
		[]route{s.healthRoute("/health", "Whether the service is up")},
		s.aboutRoutes(),
		strictly(joined(
			k.tokenRoutes(), k.productRoutes(), k.checkoutRoutes(), k.storefrontRoutes(), searchRoutes(), k.tenantRoutes(),
			uploadRoutes(), k.feedRoutes(), k.jobRoutes(), siteRoutes(), k.formRoutes(),
			k.oidcRoutes(), k.oidcTokenRoutes(), k.graphqlRoutes(), webhookRoutes(), k.orgRoutes(), loadRoutes(),
			k.chatRoutes(), k.eventRoutes(), k.pushRoutes(),
		)),
	)
}

// cookbookPassword is everybody's.
const cookbookPassword = "open-sesame"

func checkPassword(email, password string) (ok bool, err error) {
	if !plausibleEmail(email) {
		return false, invalid("email must be an e-mail address")
	}
	return password == cookbookPassword, nil
}

type reportAnswer struct {
	Report string `json:"report"`
	Rows   int    `json:"rows"`
}

type cheapAnswer struct {
	OK bool `json:"ok"`
}

// loadRoutes are a cheap and a dear endpoint, for load that changes.
func loadRoutes() []route {
	return []route{
		{method: "GET", pattern: "/cheap", summary: "Costs next to nothing", latency: cheap, out: cheapAnswer{},
			serve: func(*call) (reply, error) { return asJSON(http.StatusOK, cheapAnswer{true}), nil }},
		{method: "GET", pattern: "/report", summary: "Takes about 50 ms (at scale 1)", latency: report, out: reportAnswer{},
			serve: func(*call) (reply, error) { return asJSON(http.StatusOK, reportAnswer{"sales", 365}), nil }},
	}
}
