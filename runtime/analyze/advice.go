package analyze

// advice is what a kind of finding usually means, and what to look at next.
type advice struct {
	means string
	next  []string
}

var advices = map[string]advice{
	"budget": {
		"The service does not keep what was promised for this request at this load.",
		[]string{"Where the time goes: trace or profile this request alone.", "Whether it breaks at low load too: run the baseline profile. If not, something is shared and runs short.", "After a change, run again and compare the two runs (throng compare)."},
	},
	"budget errors": {
		"Requests fail more often than was promised at this load.",
		[]string{"The errors by kind, with examples, in the report.", "Whether they come at low load too: run the baseline profile. If not, something runs out.", "Whether the scenario asks for what the service should answer: data, logins, expected statuses."},
	},
	"budget count": {
		"More went wrong with connections and messages than was promised, though the requests themselves may have been answered.",
		[]string{"The report's table of sockets and streams: which of them, and when.", "Restarts, and limits on connections and idle time, of the target and of proxies between.", "Whether it comes at low load too: run the baseline profile."},
	},
	"budget rate": {
		"Less was done in a second than was promised: either the load did not ask for more, or the target did not answer more.",
		[]string{"Whether users and waits of the profile can make that many at all: throng plan shows it.", "Response times and errors: a target at its limit answers late or not at all.", "Whether more users bring more, or only wait longer."},
	},
	"budget value": {
		"What the answers themselves said is beyond what was promised; how fast they came is another matter.",
		[]string{"The metric's own row in the report, and which requests record it.", "Whether the scenario records what it means to.", "Whether it is so at low load too: run the baseline profile."},
	},
	"spread all": {
		"What all requests share is slow: the database (missing indexes, slow queries), a pool, the machine, a proxy before it.",
		[]string{"CPU, memory and disk of the target and its database during the run.", "The slowest queries of the database, and their plans.", "How many connections the pools allow, and how many were waited for."},
	},
	"spread one": {
		"The cause lies in the code or the data of these requests, not in what all of them share.",
		[]string{"Profile the handler; count its queries.", "The size of what it returns: pages, filters, fields.", "Whether its answer could be cached."},
	},
	"errors_with_load": {
		"Something runs out: connections, threads, memory, file descriptors, a rate limit.",
		[]string{"The texts of the errors, and which comes first.", "Pools and limits of the service, and how full they were.", "Whether errors end when the load goes back."},
	},
	"outliers": {
		"Now and then something stands in the way: garbage collection, a cache miss, a lock, a retransmitted packet, a job in the background.",
		[]string{"Whether the moments of the slow answers match collections or jobs in the target's logs.", "Whether they come at even distances.", "Times of connecting: 1 s and 3 s are retransmissions."},
	},
	"stall": {
		"Everything waited for one thing: a collection that stops the process, a lock, a restart, a failover, a full queue.",
		[]string{"The logs of the target and its database at that moment.", "Whether it comes again in a second run, at the same time.", "Whether the machine of the target was suspended or swapped."},
	},
	"slowdown": {
		"Something grows with time and not with load: memory that is not freed, a cache or table without bound, log files, a queue that fills.",
		[]string{"Memory of the service over the run: a line that only rises is a leak.", "Sizes of tables, caches and queues at begin and end.", "A longer run at the same load (soak): does it go on?"},
	},
	"recovery": {
		"The spike left something behind: a queue still worked off, connections not given back, a pool that broke, retries that keep the load up, an instance that died.",
		[]string{"Queues, open connections and instances after the spike.", "Retries of clients: do they multiply the load?", "How long it takes: make the time after the spike longer."},
	},
	"plateau": {
		"From the knee on the system is full: more users only wait longer. The knee is its capacity for this mix.",
		[]string{"What is at its limit at the knee: CPU, a pool, locks, the database.", "Plan for a load well below the knee.", "Scale that part, and see whether the knee moves."},
	},
	"modes": {
		"Two paths through the service: a cache that hits or misses, two sizes of data, two replicas of which one is slow.",
		[]string{"The hit rate of caches.", "Which answers are slow: by user, by argument, by instance.", "Limits on percentiles near the border between the two: a small change of the mixture moves them far."},
	},
	"timeouts": {
		"The slowest answers were not waited for, so nobody knows how slow they are; means and high percentiles look better than they are.",
		[]string{"A longer timeout for one run, to see the whole tail.", "What these requests wait for: locks, full pools, a service behind.", "Judge percentiles and error_rate, not means."},
	},
	"bottleneck generator": {
		"The machine that made the load ran short, so what was measured is partly its own slowness.",
		[]string{"Fewer users, a larger machine, or nothing else on this one.", "Expressions that throng plan lists as evaluated the slow way.", "Do not judge the target by this run."},
	},
	"bottleneck target": {
		"The load was there, and the target could not answer more of it.",
		[]string{"What is at its limit in the target: CPU, pools, the database.", "The finding on throughput says where the knee is."},
	},
}

// advise fills in what the finding's kind usually means.
func (f *Finding) advise() {
	key := f.Kind
	switch {
	case f.Kind == "budget" && f.about != "":
		key = "budget " + f.about
	case f.Kind == "spread" && f.Severity == High:
		key = "spread all"
	case f.Kind == "spread":
		key = "spread one"
	case f.Kind == "bottleneck" && f.Severity == Critical:
		key = "bottleneck generator"
	case f.Kind == "bottleneck":
		key = "bottleneck target"
	}
	f.Means, f.Next = advices[key].means, advices[key].next
}
