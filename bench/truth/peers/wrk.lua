-- Percentiles in milliseconds, which wrk measures in microseconds.
done = function(summary, latency, requests)
  io.write(string.format("TRUTH %d %f %f %f %f %f %f\n", summary.requests, latency.mean / 1e3,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3,
    latency:percentile(99.9) / 1e3, latency.max / 1e3))
end
