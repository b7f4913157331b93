// Package record takes samples and owns the histograms. Users record into
// shards, each behind its own mutex and never shared by all; a tick merges
// the shards into an immutable Snapshot. Beside the histograms it keeps exact
// counts, sums, minima and maxima, and for every threshold of an SLA an exact
// count of the samples beyond it, so that no verdict rests on a bucket's edge.
//
// What a scenario records into metrics of its own is kept apart from samples,
// as Values: it counts no request.
//
// It is the only importer of HdrHistogram, and knows neither sinks nor SLAs.
package record
