package build

import (
	"errors"
	"strings"
	"testing"
)

func TestRemote(t *testing.T) {
	for entry, want := range map[string]bool{
		"https://github.com/example/repo//base?ref=v1": true,
		"git@github.com:example/repo":                  true,
		"github.com/example/repo":                      true,
		"gh:example/repo":                              true,
		"git::https://example.com/repo":                true,
		"file:///srv/repo.git":                         true,
		"ssh://git@example.com/repo.git//base":         true,
		"example.com:repo/base":                        true,
		"repo.git/base":                                true,
		"../../base":                                   false,
		"base":                                         false,
		"./github.com":                                 false,
		"base.yaml":                                    false,
		"a b/c":                                        false,
	} {
		if got := remote(entry); got != want {
			t.Errorf("remote(%q) is %v", entry, got)
		}
	}
}

func TestFetched(t *testing.T) {
	for entry, want := range map[string]bool{
		"https://example.com/a.yaml": true,
		"http://example.com/a.yaml":  true,
		"key=https://example.com/a":  true,
		"key=file":                   false,
		"file":                       false,
		"ftp://example.com/a":        false,
		"a/https://b":                false,
	} {
		if got := fetched(entry); got != want {
			t.Errorf("fetched(%q) is %v", entry, got)
		}
	}
}

// Whatever kustomize prints into an error, values are no part of ours, and it is
// one line that keeps the reason.
func TestQuiet(t *testing.T) {
	const value = "must-not-appear"
	for text, keeps := range map[string]string{
		"map[string]interface {}{\"data\":map[string]interface {}{\"a\":\"must-not-appear} {\"}}: json: unsupported type": "json: unsupported type",
		"map[string]interface {}(nil): yaml: unmarshal errors:\n  line 10: mapping key \"null\" already defined":          `line 10: mapping key "null" already defined`,
		"trouble configuring builtin PatchTransformer with config: `\npatch: |\n  a: `must-not-appear`: x\n`: no kind":    "trouble configuring builtin PatchTransformer: no kind",
		`unable to parse SM or JSON patch from [patch: "a: \"must-not-appear\"]"]`:                                        "unable to parse SM or JSON patch from the patch in line",
		`unable to parse SM or JSON patch from [path: "p.yaml"]`:                                                          `[path: "p.yaml"]`,
		"patch and path can't be set at the same time\npatch: must-not-appear\npath: a":                                   "can't be set at the same time",
		"must specify one of patch and path in\nx: must-not-appear":                                                       "must specify one of patch and path",
		"merging from generator &{0xc0 {a map[x:must-not-appear}: ]}}: id a exists; behavior must be merge":               "a generator: id a exists; behavior must be merge",
		"loading KV pairs: literal sources [a=must-not-appear b]: invalid literal source b, expected key=value":           "loading KV pairs: a literal is not of the form key=value",
		"found multiple possible referrals: a, b\n\n**** Too many possible referral targets\nmust-not-appear":             "found multiple possible referrals: a, b",
		"validator shouldn't modify the resource map: nodes unequal: \n -- {must-not-appear}":                             "validator shouldn't modify the resource map",
		"wrong node kind: expected ScalarNode but got MappingNode: node contents:\na: must-not-appear":                    "expected ScalarNode but got MappingNode",
		"empty item at [list] in object must-not-appear":                                                                  "empty item at [list]",
		"namespace transformation produces ID conflict: [{must-not-appear}]":                                              "produces ID conflict",
		"line 3 has invalid utf8 bytes : must-not-appear":                                                                 "line 3 has invalid utf8 bytes",
		"couldn't execute function: exit status 1 ":                                                                       "a function failed with exit status 1; what it said stands above",
		"accumulating resources: 'a.yaml':\n  no such file":                                                               "accumulating resources: 'a.yaml': no such file",
	} {
		got := quiet(errors.New(text)).Error()
		if strings.Contains(got, value) || strings.Contains(got, "\n") || !strings.Contains(got, keeps) {
			t.Errorf("%q\nbecame %q, want %q in it", text, got, keeps)
		}
	}
}

func TestStrategicMerge(t *testing.T) {
	for text, want := range map[string]bool{
		"kind: ConfigMap\n":                   true,
		"---\n# a comment\nkind: ConfigMap\n": true,
		"kind: A\n---\nkind: B\n---\n":        true,
		"- op: add\n":                         false,
		"# kind\n- op: add\n":                 false,
		"---\n- op: add\n":                    false,
		`[{"op": "add", "path": "/kind"}]`:    false,
		"kind: A\n---\n- op: add\n":           false,
		"just text with the word kind":        false,
		"broken: {":                           false,
		"":                                    true,
	} {
		if got := strategicMerge(text); got != want {
			t.Errorf("strategicMerge(%q) is %v", text, got)
		}
	}
}
