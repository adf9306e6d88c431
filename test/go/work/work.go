// Package work keeps a Go program busy in every way that net/http/pprof can
// show: CPU under labels, memory kept and thrown away, a contended lock,
// blocked channels, parked goroutines.
package work

import (
	"context"
	"crypto/sha256"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"
	"time"
)

const turn = 10 * time.Millisecond

// Start begins the work, at about `share` of one core, and returns at once.
func Start(share float64, parked int) {
	runtime.SetMutexProfileFraction(1)
	runtime.SetBlockProfileRate(1)
	go labelled("fast", share*0.25)
	go labelled("slow", share*0.75)
	go allocate()
	contend()
	for i := 0; i < parked; i++ {
		go park()
	}
}

// labelled burns CPU under sample labels.
func labelled(function string, share float64) {
	labels := pprof.Labels("function", function, "foo", "bar")
	pprof.Do(context.Background(), labels, func(context.Context) {
		for {
			burn(time.Duration(float64(turn) * share))
			time.Sleep(time.Duration(float64(turn) * (1 - share)))
		}
	})
}

//go:noinline
func burn(d time.Duration) {
	sum := sha256.Sum256([]byte("pyrite"))
	for end := time.Now().Add(d); time.Now().Before(end); {
		for i := 0; i < 20; i++ {
			sum = sha256.Sum256(sum[:])
		}
	}
	runtime.KeepAlive(sum)
}

// allocate throws most away and keeps a bounded window.
func allocate() {
	var window [256][]byte
	texts := map[int]string{}
	for i := 0; ; i++ {
		window[i%len(window)] = keep(64 << 10)
		texts[i%1000] = strconv.Itoa(i) + " is kept for a while"
		time.Sleep(2 * time.Millisecond)
	}
}

//go:noinline
func keep(size int) []byte {
	return make([]byte, size)
}

// contend makes two goroutines wait for one lock and for each other.
func contend() {
	var lock sync.Mutex
	turns := make(chan struct{})
	hold := func(d time.Duration) {
		lock.Lock()
		defer lock.Unlock()
		time.Sleep(d)
	}
	for i := 0; i < 2; i++ {
		go func() {
			for {
				hold(time.Millisecond)
				turns <- struct{}{}
			}
		}()
	}
	go func() {
		for {
			hold(500 * time.Microsecond)
			<-turns
			<-turns
		}
	}()
}

func park() {
	select {}
}
