package build

import (
	"errors"
	"regexp"
	"strings"
)

// dumps are the places at which kustomize writes whole objects, patches and
// generators into its errors, Secrets among them.
// Source: kustomize api and kyaml v0.21.2.
var dumps = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile("(?s) with config: `.*`: "), ": "},
	{regexp.MustCompile(`(?s)map\[string\]interface \{\}(\{.*\}|\(nil\)): `), ""},
	{regexp.MustCompile(`\[patch: "(\\.|[^"\\])*"\]`), "the patch in line"},
	{regexp.MustCompile(`(?s)(merging from|adding origin annotations for) generator &?\{.*\}: `), "a generator: "},
	{regexp.MustCompile(`(?s)literal sources \[.*`), "a literal is not of the form key=value"},
	{regexp.MustCompile(`(?s)(must specify one of patch and path|patch and path can't be set at the same time)( in)?\s.*`), "$1"},
	{regexp.MustCompile(`(?s)(patch appears to be empty); .*`), "$1"},
	{regexp.MustCompile(`(?s)(line \d+ has invalid utf8 bytes) : .*`), "$1"},
	{regexp.MustCompile(`(?s)(found multiple objects|namespace transformation produces ID conflict).*`), "$1"},
	{regexp.MustCompile(`(?s)(empty item at \S+) in object .*`), "$1"},
	{regexp.MustCompile(`(?s)(expected 1 resource, found \d+) in .*`), "$1"},
	{regexp.MustCompile(`couldn't execute function: (exit status \d+)`), "a function failed with $1; what it said stands above"},
	{regexp.MustCompile(`(?s)(: node contents:|\*\*\*\* Too many possible|: nodes unequal:|: lists have different number of entries:).*`), ""},
}

// quiet makes kustomize's error one line without the content of objects.
func quiet(err error) error {
	text := err.Error()
	for _, dump := range dumps {
		text = dump.pattern.ReplaceAllString(text, dump.with)
	}
	return errors.New(strings.Join(strings.Fields(text), " "))
}
