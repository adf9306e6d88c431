// The pattern that godeltaprof registers with new Go needs the new mux.
//
//go:debug httpmuxgo121=0

// A program that serves the delta profiles of godeltaprof beside the ordinary
// ones.
package main

import (
	_ "net/http/pprof"

	_ "github.com/grafana/pyroscope-go/godeltaprof/http/pprof"

	"pyrite.test/go/work"
)

func main() {
	work.Main()
}
