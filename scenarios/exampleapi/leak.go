package exampleapi

import "sync"

// A leak keeps memory that nobody uses, as a fault asks. The bytes are touched,
// so the operating system counts them too.
type leak struct {
	mu     sync.Mutex
	blocks [][]byte
	total  int64
}

const memoryPage = 4096

// keep holds on to n more bytes, unless the total would pass most.
func (l *leak) keep(n, most int64) {
	if n <= 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total+n > most {
		return
	}
	block := make([]byte, n)
	for i := 0; i < len(block); i += memoryPage {
		block[i] = 1
	}
	l.blocks = append(l.blocks, block)
	l.total += n
}

func (l *leak) bytes() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

func (l *leak) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.blocks, l.total = nil, 0
}
