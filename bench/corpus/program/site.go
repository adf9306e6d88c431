package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"time"

	"github.com/alecthomas/chroma/v2/formatters/html"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/alecthomas/chroma/v2/styles"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/tsdb"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

var background = context.Background()

type site struct {
	db       *tsdb.DB
	engine   *promql.Engine
	markdown goldmark.Markdown
}

func open(folder string) (*site, error) {
	db, err := tsdb.Open(filepath.Join(folder, "data"), nil, nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		return nil, err
	}
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute})
	return &site{db, engine, goldmark.New(goldmark.WithExtensions(extension.GFM))}, nil
}

// sample writes what the runtime measures, under a label for each of a few
// imaginary hosts.
func (s *site) sample() {
	var samples []metrics.Sample
	for _, description := range metrics.All() {
		samples = append(samples, metrics.Sample{Name: description.Name})
	}
	for range time.Tick(100 * time.Millisecond) {
		metrics.Read(samples)
		app := s.db.Appender(background)
		now := time.Now().UnixMilli()
		for host := 0; host < 10; host++ {
			for _, one := range samples {
				if one.Value.Kind() == metrics.KindUint64 {
					series := labels.FromStrings("__name__", "runtime", "metric", one.Name,
						"host", fmt.Sprint("host-", host))
					app.Append(0, series, now, float64(one.Value.Uint64()))
				}
			}
		}
		if err := app.Commit(); err != nil {
			panic(err)
		}
	}
}

func (s *site) rows(text string) (promql.Vector, error) {
	query, err := s.engine.NewInstantQuery(s.db, nil, text, time.Now())
	if err != nil {
		return nil, err
	}
	defer query.Close()
	return query.Exec(background).Vector()
}

// query answers PromQL as compressed JSON.
func (s *site) query(w http.ResponseWriter, r *http.Request) {
	rows, err := s.rows(r.FormValue("q"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	zipped := gzip.NewWriter(w)
	defer zipped.Close()
	json.NewEncoder(zipped).Encode(rows)
}

var page = template.Must(template.New("page").Parse(`<html>{{range .Sections}}
<h1>{{.Title}}</h1>{{if .Rows}}<table>{{range .Rows}}<tr><td>{{.Metric}}</td>
<td>{{.V}}</td></tr>{{end}}</table>{{end}}{{.Text}}{{end}}</html>`))

type section struct {
	Title string
	Rows  promql.Vector
	Text  template.HTML
}

// report renders Markdown, a query's rows and highlighted code.
func (s *site) report(w http.ResponseWriter, r *http.Request) {
	rows, err := s.rows(r.FormValue("q"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "# Report\n\n| metric | value |\n|---|---|\n")
	for _, row := range rows {
		fmt.Fprintf(&text, "| `%s` | **%g** |\n", row.Metric.Get("metric"), row.V)
	}
	var html bytes.Buffer
	if err := s.markdown.Convert(text.Bytes(), &html); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	code, err := highlight(r.FormValue("language"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	page.Execute(w, map[string][]section{"Sections": {
		{Title: "Table", Rows: rows},
		{Title: "Text", Text: template.HTML(html.String())},
		{Title: "Code", Text: code}}})
}

func highlight(language string) (template.HTML, error) {
	snippets := map[string]string{
		"go":     "package main\n\nfunc main() {\n\tfor i := range x { println(\"a\", i) }\n}\n",
		"python": "def main(argv):\n    return [f'{x!r}' for x in argv if x]\n",
		"json":   `{"a": [1, 2.5, null, {"b": "c"}], "d": true}`,
		"yaml":   "scrape-configs:\n  - job-name: x # note\n    targets: ['a:1', b]\n",
	}
	tokens, err := lexers.Get(language).Tokenise(nil, strings.Repeat(snippets[language], 4))
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = html.New(html.WithLineNumbers(true)).Format(&out, styles.Get("github"), tokens)
	return template.HTML(out.String()), err
}

// visit is a client that asks for one page after the other.
func visit(address string, pause time.Duration) {
	languages := []string{"go", "python", "json", "yaml"}
	queries := []string{
		`sum by (metric) (rate(runtime{host=~"host-[0-4]"}[10s]))`,
		`topk(20, max_over_time(runtime{metric=~".*gc.*"}[30s]))`,
		`sort_desc(runtime{host="host-1"} - runtime{host="host-1"} offset 5s)`,
		`quantile by (host) (0.9, deriv(runtime[20s]))`,
		`label_replace(avg without (host) (runtime), "m", "$1", "metric", "/(.*):.*")`,
		`count_values("v", runtime > 10 or on (host) runtime < 2)`,
	}
	for i := 0; ; i++ {
		path := []string{"/query", "/report"}[i%2]
		values := url.Values{"q": {queries[i%len(queries)]}, "language": {languages[i%len(languages)]}}
		response, err := http.Get(address + path + "?" + values.Encode())
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return
		}
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
		time.Sleep(pause)
	}
}
