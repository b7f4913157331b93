// Package html writes a run as one HTML file that opens from disk, needs no
// network and stays readable without script: verdict, then evidence, then
// detail.
//
// Tables and the charts of all requests together are written here; what the
// script in assets/js adds is a shared cursor, zoom, sorting, and the charts
// of each request, drawn from data that stand compressed in the page. A chart
// has at most 300 points: a point merges the histograms of its seconds, and no
// percentile is ever the mean of others.
//
// It computes no figure of the report and judges nothing. Every string from
// outside is shown as text, cleaned of control characters.
package html
