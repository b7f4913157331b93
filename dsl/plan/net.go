package plan

import (
	"net"
	"strconv"
	"strings"
)

// authority renders host and port, leaving out the scheme's own port.
func authority(scheme, host string, port int) string {
	if scheme == "http" && port == 80 || scheme == "https" && port == 443 {
		if strings.Contains(host, ":") {
			return "[" + host + "]"
		}
		return host
	}
	return net.JoinHostPort(host, strconv.Itoa(port))
}
