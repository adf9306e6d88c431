// tlstarget serves its profiles over TLS, in the ways that flags ask for; with
// -to it takes TLS off and hands on what comes, as what stands before a proxy.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"strings"
)

var versions = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

func handOn(client net.Conn, to string) {
	defer client.Close()
	server, err := net.Dial("tcp", to)
	if err != nil {
		log.Print(err)
		return
	}
	defer server.Close()
	go func() {
		io.Copy(server, client)
		server.(*net.TCPConn).CloseWrite()
	}()
	io.Copy(client, server)
}

func serve(listener net.Listener, config *tls.Config, to string) error {
	if to == "" {
		server := &http.Server{TLSConfig: config, ErrorLog: log.New(os.Stderr, "", 0)}
		return server.ServeTLS(listener, "", "")
	}
	listener = tls.NewListener(listener, config)
	for {
		client, err := listener.Accept()
		if err != nil {
			return err
		}
		go handOn(client, to)
	}
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "where to listen")
	cert := flag.String("cert", "", "the server's chain")
	key := flag.String("key", "", "its key")
	clientCA := flag.String("client-ca", "", "whose certificates clients must have")
	to := flag.String("to", "", "an address to hand on to, instead of answering")
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
	log.Fatal(serve(listener, config, *to))
}
