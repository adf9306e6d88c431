// Prometheus' side of the comparison; relabel_tool.c says what comes in and
// what goes out.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/grafana/regexp"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/relabel"
)

type rule struct {
	SourceLabels *[]string `json:"source_labels"`
	Separator    *string   `json:"separator"`
	Regex        *string   `json:"regex"`
	TargetLabel  *string   `json:"target_label"`
	Replacement  *string   `json:"replacement"`
	Action       *string   `json:"action"`
	Modulus      *string   `json:"modulus"`
}

type input struct {
	Pattern *string     `json:"pattern"`
	Texts   []string    `json:"texts"`
	Rules   []rule      `json:"rules"`
	Labels  [][2]string `json:"labels"`
}

// bytesOf makes a byte of each character.
func bytesOf(text string) string {
	var out []byte
	for _, r := range text {
		out = append(out, byte(r))
	}
	return string(out)
}

func textOf(bytes string) string {
	out := make([]rune, len(bytes))
	for i := range len(bytes) {
		out[i] = rune(bytes[i])
	}
	return string(out)
}

func match(in *input) (any, error) {
	regex, err := regexp.Compile("^(?s:" + bytesOf(*in.Pattern) + ")$")
	if err != nil {
		return nil, err
	}
	matches := make([][]string, 0, len(in.Texts))
	for _, text := range in.Texts {
		groups := regex.FindStringSubmatch(bytesOf(text))
		for i := range groups {
			groups[i] = textOf(groups[i])
		}
		matches = append(matches, groups)
	}
	return map[string]any{"matches": matches}, nil
}

// config does what UnmarshalYAML does, without the quoting of YAML.
func (r *rule) config() (*relabel.Config, error) {
	config := relabel.DefaultRelabelConfig
	for _, field := range []struct {
		to   *string
		from *string
	}{
		{&config.Separator, r.Separator},
		{&config.TargetLabel, r.TargetLabel},
		{&config.Replacement, r.Replacement},
	} {
		if field.from != nil {
			*field.to = bytesOf(*field.from)
		}
	}
	if r.SourceLabels != nil {
		config.SourceLabels = model.LabelNames{}
		for _, name := range *r.SourceLabels {
			name := model.LabelName(bytesOf(name))
			if !model.UTF8Validation.IsValidLabelName(string(name)) {
				return nil, fmt.Errorf("%q is not a valid label name", name)
			}
			config.SourceLabels = append(config.SourceLabels, name)
		}
	}
	if r.Action != nil {
		err := config.Action.UnmarshalYAML(func(to any) error {
			*to.(*string) = bytesOf(*r.Action)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if r.Modulus != nil {
		config.Modulus, _ = strconv.ParseUint(*r.Modulus, 10, 64)
	}
	if r.Regex != nil {
		regex, err := relabel.NewRegexp(bytesOf(*r.Regex))
		if err != nil {
			return nil, err
		}
		config.Regex = regex
	}
	return &config, config.Validate(model.UTF8Validation)
}

func pairs(set labels.Labels) [][2]string {
	out := make([][2]string, 0)
	set.Range(func(l labels.Label) {
		out = append(out, [2]string{textOf(l.Name), textOf(l.Value)})
	})
	return out
}

func setOf(list [][2]string) labels.Labels {
	set := labels.NewScratchBuilder(len(list))
	for _, label := range list {
		set.Add(bytesOf(label[0]), bytesOf(label[1]))
	}
	set.Sort()
	return set.Labels()
}

func configsOf(rules []rule) ([]*relabel.Config, error) {
	var configs []*relabel.Config
	for i := range rules {
		config, err := rules[i].config()
		if err != nil {
			return nil, err
		}
		configs = append(configs, config)
	}
	return configs, nil
}

func apply(in *input) (out any, err error) {
	defer func() {
		// A label without a name breaks Prometheus' label sets.
		if broken := recover(); broken != nil {
			out, err = map[string]any{"panic": fmt.Sprint(broken)}, nil
		}
	}()
	configs, err := configsOf(in.Rules)
	if err != nil {
		return nil, err
	}
	set := setOf(in.Labels)
	steps := make([][][2]string, 0)
	kept := true
	for i := 0; i < len(configs) && kept; i++ {
		// From the start each time: Labels() sorts what was added, and so
		// changes what a later labelmap does.
		builder := labels.NewBuilder(set)
		kept = relabel.ProcessBuilder(builder, configs[:i+1]...)
		steps = append(steps, pairs(builder.Labels()))
	}
	return map[string]any{"steps": steps, "kept": kept}, nil
}

func answer(line []byte) (any, error) {
	var in input
	if err := json.Unmarshal(line, &in); err != nil {
		return nil, errors.Join(errors.New("the driver is wrong"), err)
	}
	if in.Pattern != nil {
		return match(&in)
	}
	return apply(&in)
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "bench" {
		if err := bench(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		return
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	for lines.Scan() {
		result, err := answer(lines.Bytes())
		if err != nil {
			result = map[string]any{"error": err.Error()}
		}
		if err := encoder.Encode(result); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
	}
}
