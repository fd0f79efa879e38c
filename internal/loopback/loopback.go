// Package loopback knows the names under which only this machine reaches itself. Development mode and keys over http stand on them.
package loopback

import (
	"net"
	"strings"
)

// Is tells whether a host, without a port and without brackets, is localhost or a loopback address. It looks nothing up: any other name is none.
func Is(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
