// A medium program to take a corpus of profiles from: a small monitoring site
// on real modules.  It samples its own runtime into Prometheus' TSDB, answers
// PromQL over it, and renders Markdown reports with highlighted code, for a
// handful of clients that it is itself.
//
// The pattern that godeltaprof registers with new Go needs the new mux:
//
//go:debug httpmuxgo121=0
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"time"

	_ "github.com/grafana/pyroscope-go/godeltaprof/http/pprof"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to serve on")
	pause := flag.Duration("pause", 20*time.Millisecond, "of a client between requests")
	life := flag.Duration("life", 10*time.Minute, "exit after this time")
	flag.Parse()
	runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(1)

	folder, err := os.MkdirTemp("", "site")
	if err != nil {
		log.Fatal(err)
	}
	site, err := open(folder)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/query", http.HandlerFunc(site.query))
	http.Handle("/report", http.HandlerFunc(site.report))
	time.AfterFunc(*life, func() {
		os.RemoveAll(folder)
		log.Fatal("lived long enough")
	})
	fmt.Println("listening on", listener.Addr())
	for i := 0; i < 4; i++ {
		labels := pprof.Labels("client", strconv.Itoa(i), "tier", "load")
		go pprof.Do(context.Background(), labels, func(context.Context) {
			visit("http://"+listener.Addr().String(), *pause)
		})
	}
	go site.sample()
	log.Fatal(http.Serve(listener, nil))
}
