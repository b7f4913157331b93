//go:build !unix

package websocket

import (
	"net"
	"sync"
	"syscall"
)

// sysConn is nil: on this system connections are used by their own methods,
// so what follows is never called.
func sysConn(net.Conn) syscall.RawConn { return nil }

func (e *edge) writeNow(p []byte) (int, error)       { return e.Conn.Write(p) }
func (e *edge) writeSome(p []byte) (int, error)      { return e.Conn.Write(p) }
func (e *edge) readNow(p []byte) (int, error)        { return e.Conn.Read(p) }
func (e *edge) lend(*sync.Pool) ([]byte, int, error) { return nil, 0, nil }
func (e *edge) ready() error                         { return nil }
