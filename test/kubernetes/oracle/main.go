// Prometheus' own Kubernetes discovery, run on an API server until its groups
// have stood still for a while; prints them as JSON, empty labels left out.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/discovery"
	"github.com/prometheus/prometheus/discovery/kubernetes"
	"github.com/prometheus/prometheus/discovery/targetgroup"
	"go.yaml.in/yaml/v2"
)

// A number of /proc/self/status.
func field(status []byte, name string) string {
	for _, line := range strings.Split(string(status), "\n") {
		if strings.HasPrefix(line, name) {
			return strings.Fields(line)[1]
		}
	}
	return "0"
}

func run(config string, quiet time.Duration, count bool) error {
	text, err := os.ReadFile(config)
	if err != nil {
		return err
	}
	var sd kubernetes.SDConfig
	if err := yaml.UnmarshalStrict(text, &sd); err != nil {
		return err
	}
	registry := prometheus.NewRegistry()
	refresh := discovery.NewRefreshMetrics(registry)
	metrics := sd.NewDiscovererMetrics(registry, refresh)
	if err := metrics.Register(); err != nil {
		return err
	}
	discoverer, err := sd.NewDiscoverer(discovery.DiscovererOptions{
		Logger:  slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Metrics: metrics,
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	updates := make(chan []*targetgroup.Group)
	go discoverer.Run(ctx, updates)
	groups := map[string][]map[string]string{}
	for {
		select {
		case changed := <-updates:
			for _, group := range changed {
				if group != nil && count {
					groups[group.Source] = nil // what is kept of it is not the discovery's
				} else if group != nil {
					groups[group.Source] = merged(group)
				}
			}
		case <-time.After(quiet):
			if count {
				status, _ := os.ReadFile("/proc/self/status")
				fmt.Fprintf(os.Stderr, "groups=%d peak_kib=%s resident_kib=%s\n", len(groups),
					field(status, "VmHWM:"), field(status, "VmRSS:"))
				return nil
			}
			encoder := json.NewEncoder(os.Stdout)
			encoder.SetEscapeHTML(false)
			encoder.SetIndent("", " ")
			return encoder.Encode(groups)
		}
	}
}

func merged(group *targetgroup.Group) []map[string]string {
	targets := []map[string]string{}
	for _, target := range group.Targets {
		labels := map[string]string{}
		for name, value := range group.Labels {
			labels[string(name)] = string(value)
		}
		for name, value := range target {
			labels[string(name)] = string(value)
		}
		for name, value := range labels {
			if value == "" {
				delete(labels, name)
			}
		}
		targets = append(targets, labels)
	}
	return targets
}

func main() {
	config := flag.String("config", "", "a file with one element of kubernetes_sd_configs")
	quiet := flag.Duration("quiet", 3*time.Second, "how long nothing may change")
	count := flag.Bool("count", false, "print how many groups, and the memory, instead")
	flag.Parse()
	if err := run(*config, *quiet, *count); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
