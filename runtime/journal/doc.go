// Package journal is an append-only log in a directory: entries with a
// checksum each, in segments, bounded by thinning. Whatever a process had
// appended before it was killed can be read afterwards; what a crash tore is
// told apart from what is whole.
//
// # Format
//
// A segment is a file journal-NNNNNN.ndjson, a JSON object a line:
//
//	{"kind":"tick","from":7,"to":7,"data":{…},"crc":"1c291ca3"}
//
// from and to are the numbers of the entries a line stands for: equal, but
// where thinning has merged several. crc is the CRC-32C, in hex, of all bytes
// of the line before `,"crc"`. Segments follow one another by their numbers.
//
// # Bounds
//
// A segment that is full is closed and the next one begun. When there are
// more segments than allowed, the two oldest that hold the finest entries are
// thinned into one: neighbouring entries of one kind are merged in pairs by
// the caller's function. So a long log keeps all of its time at a resolution
// that is coarser the older it is.
//
// The package must not know what entries mean.
package journal
