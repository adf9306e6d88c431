// The ordinary program to be scraped: net/http/pprof on the default mux.
package main

import (
	_ "net/http/pprof"

	"pyrite.test/go/work"
)

func main() {
	work.Main()
}
