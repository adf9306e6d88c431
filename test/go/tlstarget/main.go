// tlstarget serves its profiles over TLS, in the ways that flags ask for.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"strings"
)

var versions = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "where to listen")
	cert := flag.String("cert", "", "the server's chain")
	key := flag.String("key", "", "its key")
	clientCA := flag.String("client-ca", "", "whose certificates clients must have")
	least := flag.String("min", "1.2", "the least version")
	most := flag.String("max", "1.3", "the highest version")
	flag.Parse()

	config := &tls.Config{MinVersion: versions[*least], MaxVersion: versions[*most]}
	pair, err := tls.LoadX509KeyPair(*cert, *key)
	if err != nil {
		log.Fatal(err)
	}
	config.Certificates = []tls.Certificate{pair}
	if *clientCA != "" {
		pem, err := os.ReadFile(*clientCA)
		if err != nil {
			log.Fatal(err)
		}
		config.ClientCAs = x509.NewCertPool()
		config.ClientCAs.AppendCertsFromPEM(pem)
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}

	http.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello")
	})
	// A body of a megabyte, in chunks.
	http.HandleFunc("/large", func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < 1024; i++ {
			fmt.Fprint(w, strings.Repeat("0123456789abcdef", 64))
		}
	})
	http.HandleFunc("/close", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		fmt.Fprint(w, "bye")
	})
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("listening on", listener.Addr())
	server := &http.Server{TLSConfig: config, ErrorLog: log.New(os.Stderr, "", 0)}
	log.Fatal(server.ServeTLS(listener, "", ""))
}
