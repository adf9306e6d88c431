package work

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"time"
)

// Listen takes host:port, or unix:/path.
func Listen(address string) (net.Listener, error) {
	if path := strings.TrimPrefix(address, "unix:"); path != address {
		return net.Listen("unix", path)
	}
	return net.Listen("tcp", address)
}

// Main reads the flags of a test target, starts the work, and serves the
// default mux, where the caller's imports have put the profiles.
func Main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to serve on, or unix:/path")
	share := flag.Float64("share", 0.2, "part of one core to use")
	parked := flag.Int("parked", 50, "goroutines that do nothing")
	write := flag.Duration("write-timeout", 0, "WriteTimeout of the server")
	idle := flag.Duration("idle-timeout", 0, "IdleTimeout of the server")
	life := flag.Duration("life", 10*time.Minute, "exit after this time")
	flag.Parse()

	listener, err := Listen(*listen)
	if err != nil {
		log.Fatal(err)
	}
	Start(*share, *parked)
	time.AfterFunc(*life, func() { log.Fatal("lived long enough") })
	fmt.Println("listening on", listener.Addr())
	server := &http.Server{WriteTimeout: *write, IdleTimeout: *idle}
	log.Fatal(server.Serve(listener))
}
