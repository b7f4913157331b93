package schema

import "throng/dsl/plan"

// measureArg says which times an SLA's limits are about.
var measureArg = Arg{Name: "measure", Type: Keyword, Words: plan.MeasureNames(), Default: `"response"`,
	Doc: "Which times p50 to max limit: \"response\" (from the intended start), \"service\" (from the actual one), a phase of the exchange (\"dns\", \"connect\", \"tls\", \"first_byte\", \"body\"), of a stream \"first_event\" or each \"gap\" between events, of a socket each \"ping\" until its pong, or each \"recovery\" from a loss, of a request that was redirected each \"hop\". A phase that a timeout cut off, or never came to, counts as beyond the limit."}

// counterLimits limit what is counted of sockets and streams, with the row of
// the websocket ("WS /push") or of the request with the stream.
var counterLimits = []Arg{
	{Name: "unanswered", Type: Amount, Doc: "Limit on messages sent whose reply never came: a number, or a share of those that want one, such as \"1%\"."},
	{Name: "late", Type: Amount, Doc: "Limit on replies that came after their timeout: a number, or a share of the messages that want one."},
	{Name: "out_of_order", Type: Amount, Doc: "Limit on replies and numbered messages that came behind later ones: a number, or a share of all messages that came."},
	{Name: "duplicated", Type: Amount, Doc: "Limit on replies and numbered messages that had come before: a number, or a share of all messages that came."},
	{Name: "lost", Type: Amount, Doc: "Limit on numbered messages that never came, and questions that died with their connection: a number, or a share of all messages that came and of these."},
	{Name: "disconnects", Type: Count, Doc: "Limit on connections that ended and were not ours to end."},
	{Name: "sent_per_second", Type: Floor, Doc: "Messages sent: a floor, or { min = 100, max = 200 }."},
	{Name: "received_per_second", Type: Floor, Doc: "Messages or events that came: a floor, or { min = 100, max = 200 }."},
}
