package fn_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

// TestInputThatIsNoResourceList holds rules 1, 9 and 14: nothing but exactly
// one ResourceList is taken, and what is not gets one line and exit 1.
func TestInputThatIsNoResourceList(t *testing.T) {
	config := "functionConfig: {apiVersion: fn.eda-gitops.io/v1alpha1, kind: EditObjects, metadata: {name: x}, spec: {idle: true}}\n"
	for name, tc := range map[string]struct {
		reason string
		input  string
		want   string
	}{
		"empty":             {"a host that lost the input must not delete everything", "", "stdin is empty"},
		"blanks":            {"as empty", " \n\t\n\r\n", "stdin is empty"},
		"comment":           {"no document at all", "# nothing\n", "no YAML document"},
		"separators":        {"empty documents alone", "---\n---\n...\n", "no YAML document"},
		"null":              {"an empty document", "null\n", "no YAML document"},
		"BOM alone":         {"a byte order mark is no content", "\ufeff", "no YAML document"},
		"broken":            {"half a document", header + "items: [\n", "no YAML"},
		"tabs":              {"tabs for indentation", header + "items:\n\t- a: b\n", "no YAML"},
		"bytes":             {"no text", "\x00\x01\xff\xfe", "no YAML"},
		"unknown alias":     {"a password that begins with a star", header + "items: [{a: *" + marker + "}]\n", "unknown anchor"},
		"scalar":            {"a word", "hello\n", "a scalar"},
		"list":              {"a list of objects without the wrapping", "- " + configMap[:10] + "\n", "a list"},
		"map":               {"no kind", "a: b\n", "a map without kind"},
		"another kind":      {"a manifest in place of the list", configMap, "a ConfigMap"},
		"v1 List":           {"another list", "apiVersion: v1\nkind: List\nitems: []\n", "a List"},
		"stream":            {"kustomize build's output", configMap + "---\n" + configMap, "more than one YAML document"},
		"second list":       {"two lists", list("{idle: true}") + "---\n" + list("{idle: true}"), "more than one YAML document"},
		"second scalar":     {"junk behind the list", list("{idle: true}") + "---\nfoo\n", "more than one YAML document"},
		"no apiVersion":     {"the list's version is part of the protocol", "kind: ResourceList\nitems: []\n" + config, `apiVersion: is ""`},
		"wrong apiVersion":  {"a version from the future", "apiVersion: config.kubernetes.io/v2\nkind: ResourceList\nitems: []\n" + config, `"config.kubernetes.io/v2"`},
		"old apiVersion":    {"a version from the past", "apiVersion: config.kubernetes.io/v1alpha1\nkind: ResourceList\nitems: []\n" + config, "expected config.kubernetes.io/v1 or"},
		"no items":          {"items are required", header + config, "items: is no list"},
		"items null":        {"a list that got lost", header + "items:\n" + config, "items: is no list"},
		"items map":         {"a map has no order", header + "items: {a: b}\n" + config, "items: is no list"},
		"items scalar":      {"text", header + "items: none\n" + config, "items: is no list"},
		"items alias":       {"an alias is no list to kyaml either", header + "x: &x []\nitems: *x\n" + config, "items: is no list"},
		"items twice":       {"one of the two would be lost", header + "items: []\nitems: [{a: b}]\n" + config, "items: the key appears twice"},
		"null item":         {"kyaml drops it without a word", header + "items: [{a: b}, null]\n" + config, "items[1]: is null"},
		"empty item":        {"a dash with nothing", header + "items:\n-\n- a: b\n" + config, "items[0]: is null"},
		"tilde item":        {"another null", header + "items: [~]\n" + config, "items[0]: is null"},
		"alias to null":     {"a null by another name", header + "x: &x\nitems: [*x]\n" + config, "items[0]: is a scalar"},
		"scalar item":       {"kyaml's writer fails on it and quotes it", header + "items: [" + marker + "]\n" + config, "items[0]: is a scalar"},
		"list item":         {"a list of lists", header + "items: [[{a: b}]]\n" + config, "items[0]: is a list"},
		"results map":       {"the v1alpha1 form", header + "items: []\nresults: {name: x}\n" + config, "results: is no list"},
		"config scalar":     {"no object", header + "items: []\nfunctionConfig: " + marker + "\n", "functionConfig: is a scalar"},
		"config list":       {"no object", header + "items: []\nfunctionConfig: [a]\n", "functionConfig: is a list"},
		"metadata list":     {"kyaml's writer panics on it", header + "items: [{kind: A, metadata: [" + marker + "]}]\n" + config, "metadata: is a list"},
		"metadata scalar":   {"kyaml's writer fails and quotes it", header + "items: [{metadata: " + marker + "}]\n" + config, "metadata: is a scalar"},
		"annotations list":  {"kyaml's writer panics on it", header + "items: [{metadata: {annotations: [a, b, c]}}]\n" + config, "metadata.annotations: is a list"},
		"annotations text":  {"kyaml's writer drops it without a word", header + "items: [{metadata: {annotations: " + marker + "}}]\n" + config, "metadata.annotations: is a scalar"},
		"key twice in data": {"kyaml keeps one of the two without a word", header + "items: [{apiVersion: v1, kind: Secret, metadata: {name: db, namespace: rt}, data: {a: " + marker + ", a: x}}]\n" + config, "error: v1 Secret rt/db: data.a: the key appears twice"},
		"dotted key twice":  {"the path says where the key ends", header + "items: [{data: {a.conf: x, a.conf: y}}]\n" + config, "items[0]: data[a.conf]: the key appears twice"},
		"key twice in List": {"a List's objects are objects", header + "items: [{kind: List, items: [{a: 1}, {metadata: {name: x, name: y}}]}]\n" + config, "items[0]: items[1].metadata.name: the key appears twice"},
		"quoted twice":      {"JSON knows text keys alone", header + "items: [{data: {1: x, '1': y}}]\n" + config, "data.1: the key appears twice"},
		"empty key twice":   {"a key may be empty", header + "items: [{data: {'': x, b: y, '': z}}]\n" + config, "the key appears twice"},
		"twice in a key":    {"a key that is a map", header + "items: [{? {b: 1, b: 2} : c}]\n" + config, "the key appears twice"},
		"config key twice":  {"the config is read strictly", header + "items: []\nfunctionConfig: {kind: A, kind: B}\n", "functionConfig: kind: the key appears twice"},
		"results key twice": {"results come back", header + "items: []\nresults: [{message: a, message: b}]\n" + config, "results: [0].message: the key appears twice"},
		"key twice of many": {"large maps are searched another way", header + "items: [{data: {" + many(40) + "k7: x}}]\n" + config, "data.k7: the key appears twice"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(tc.input)
			wantFailure(t, got, "", tc.want)
			if t.Failed() {
				t.Log(tc.reason)
			}
		})
	}
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "k%d: v, ", i)
	}
	return b.String()
}

// TestFunctionConfig holds rules 3 and 14 and the strict decoding of configs:
// what is wrong with the config is an error that names the field, and the input
// comes back unchanged.
func TestFunctionConfig(t *testing.T) {
	for name, tc := range map[string]struct {
		reason string
		call   string // function's name as command
		config string
		want   string
	}{
		"missing":            {"a host that lost the config", "", "", "functionConfig: is missing; expected fn.eda-gitops.io/v1alpha1 with one of the kinds EditObjects, CopyObjects"},
		"null":               {"as missing", "", "functionConfig: null\n", "functionConfig: is missing"},
		"unknown kind":       {"a typo in the kind", "", "functionConfig: {apiVersion: fn.eda-gitops.io/v1alpha1, kind: EditObject, metadata: {name: x}, spec: {idle: true}}\n", `EditObject/x: kind: there is no function "EditObject"; did you mean "EditObjects"?`},
		"foreign kind":       {"nothing is near", "", "functionConfig: {apiVersion: fn.eda-gitops.io/v1alpha1, kind: Deployment, metadata: {name: x}, spec: {idle: true}}\n", "known are EditObjects, CopyObjects"},
		"no kind":            {"the kind chooses the function", "", "functionConfig: {apiVersion: fn.eda-gitops.io/v1alpha1, metadata: {name: x}}\n", `there is no function ""`},
		"wrong version":      {"the kind alone is not enough", "", "functionConfig: {apiVersion: fn.eda-gitops.io/v1, kind: EditObjects, metadata: {name: x}, spec: {idle: true}}\n", `EditObjects/x: apiVersion: is "fn.eda-gitops.io/v1"`},
		"foreign version":    {"somebody else's function", "", "functionConfig: {apiVersion: example.com/v1, kind: EditObjects, metadata: {name: x}, spec: {idle: true}}\n", `example.com/v1 EditObjects x: apiVersion: is "example.com/v1"`},
		"misspelt field":     {"a typo never means skip", "", "functionConfig: {apiVersion: fn.eda-gitops.io/v1alpha1, kind: EditObjects, metadata: {name: x}, spec: {anotate: {a: b}}}\n", `EditObjects/x: spec.anotate: unknown field; did you mean "annotate"?`},
		"misspelt spec":      {"nor at the top", "", "functionConfig: {apiVersion: fn.eda-gitops.io/v1alpha1, kind: EditObjects, metadata: {name: x}, sepc: {idle: true}}\n", `sepc: unknown field; did you mean "spec"?`},
		"no spec":            {"a config that was cut off", "", "functionConfig: {apiVersion: fn.eda-gitops.io/v1alpha1, kind: EditObjects, metadata: {name: x}}\n", "spec: is missing or empty; expected fields such as"},
		"null spec":          {"a config that was cut off", "", "functionConfig: {apiVersion: fn.eda-gitops.io/v1alpha1, kind: EditObjects, metadata: {name: x}, spec: ~}\n", "spec: is missing or empty"},
		"empty spec":         {"a config that says nothing", "", "functionConfig: {apiVersion: fn.eda-gitops.io/v1alpha1, kind: EditObjects, metadata: {name: x}, spec: {}}\n", "spec: is missing or empty"},
		"list as spec":       {"wrong type", "", "functionConfig: {apiVersion: fn.eda-gitops.io/v1alpha1, kind: EditObjects, metadata: {name: x}, spec: [a]}\n", "spec: is a list"},
		"wrong type":         {"text for a number", "", "functionConfig: {apiVersion: fn.eda-gitops.io/v1alpha1, kind: EditObjects, metadata: {name: x}, spec: {count: three}}\n", `spec.count: is "three"; expected a whole number`},
		"not valid":          {"the function's own rule", "", "functionConfig: {apiVersion: fn.eda-gitops.io/v1alpha1, kind: EditObjects, metadata: {name: x}, spec: {count: -1}}\n", "spec.count: is -1"},
		"unnamed":            {"without a name the kind alone is named", "", "functionConfig: {apiVersion: fn.eda-gitops.io/v1alpha1, kind: EditObjects, spec: {count: -1}}\n", "error: EditObjects: spec.count"},
		"other function":     {"the image of one, the config of another", "copy-objects", "functionConfig: {apiVersion: fn.eda-gitops.io/v1alpha1, kind: EditObjects, metadata: {name: x}, spec: {idle: true}}\n", `kind: is "EditObjects", but the function called is copy-objects; expected CopyObjects`},
		"unknown function":   {"a typo in the command", "edit-object", "functionConfig: {apiVersion: fn.eda-gitops.io/v1alpha1, kind: EditObjects, metadata: {name: x}, spec: {idle: true}}\n", `there is no function "edit-object"; did you mean "edit-objects"?`},
		"ConfigMap, no name": {"nothing says which function it is for", "", "functionConfig: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {idle: 'true'}}\n", "a ConfigMap does not say which function it is for"},
		"ConfigMap, empty":   {"as an empty spec", "edit-objects", "functionConfig: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}}\n", "EditObjects/x: spec: is missing or empty"},
		"ConfigMap, list":    {"data is a map", "edit-objects", "functionConfig: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: [idle, 'true']}\n", "v1 ConfigMap x: data: is a list"},
		"ConfigMap, map":     {"data holds text", "edit-objects", "functionConfig: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {annotate: {a: b}}}\n", "data.annotate: is a map"},
		"ConfigMap, both":    {"one of the two would be lost", "edit-objects", "functionConfig: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {annotate: none, annotate.a: b}}\n", "data[annotate.a]: and annotate are both given"},
		"ConfigMap, reverse": {"one of the two would be lost", "edit-objects", "functionConfig: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {annotate.a: b, annotate: '{c: d}'}}\n", "data.annotate: and fields below it are both given"},
		"ConfigMap, typo":    {"as strict as a config", "edit-objects", "functionConfig: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {anotate.a: b}}\n", `spec.anotate: unknown field; did you mean "annotate"?`},
		"ConfigMap, twice":   {"as strict as a config", "edit-objects", "functionConfig: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {template: '{a: 1, a: 2}'}}\n", "data.template: a: the key appears twice"},
		"ConfigMap, number":  {"text that is no number", "edit-objects", "functionConfig: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {share: nan}}\n", `spec.share: is "nan"; expected a number`},
		"ConfigMap, bracket": {"text that is no YAML is text, and no list", "edit-objects", "functionConfig: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {add: '[a, '}}\n", `spec.add: is "[a, "; expected a list`},
	} {
		t.Run(name, func(t *testing.T) {
			input := header + "items:\n- " + strings.ReplaceAll(configMap, "\n", "\n  ") + "\n" + tc.config
			wantFailure(t, runAs(tc.call, input), strings.Replace(input, "functionConfig: null\n", "", 1), tc.want)
			if t.Failed() {
				t.Log(tc.reason)
			}
		})
	}
}

// TestConfigMapAsConfig is what kpt fn eval sends: -- key=value.
func TestConfigMapAsConfig(t *testing.T) {
	for name, tc := range map[string]struct {
		reason string
		data   string
		want   string
	}{
		"path":        {"a dot goes one field down", "{annotate.team: rt}", "team: rt"},
		"flow map":    {"a value may be YAML", "{annotate: '{team: rt, tier: \"1\"}'}", `team: rt, tier: "1"`},
		"list":        {"a value may be YAML", "{add: '[made, made-too]'}", "name: made-too"},
		"text number": {"everything in a ConfigMap is text", "{count: '2', share: '0.5', idle: 'true', annotate.c: '3'}", `c: "3"`},
		"with alias":  {"YAML is YAML", "{annotate: '{a: &x rt, b: *x}'}", "b: rt"},
		"null":        {"a field left out", "{annotate.team: rt, add: }", "team: rt"},
	} {
		t.Run(name, func(t *testing.T) {
			input := header + "items:\n- " + strings.ReplaceAll(configMap, "\n", "\n  ") +
				"\nfunctionConfig: {apiVersion: v1, kind: ConfigMap, data: " + tc.data + "}\n"
			got := runAs("edit-objects", input)
			items := parse(t, got.stdout).items
			var text strings.Builder
			for _, item := range items {
				text.WriteString(item.MustString())
			}
			flat := strings.NewReplacer("\n    ", ", ").Replace(text.String())
			if wantSuccess(t, got); !strings.Contains(flat, tc.want) {
				t.Errorf("%s: got\n%s", tc.reason, text.String())
			}
		})
	}
}

// TestSeverities holds rules 2, 3 and 13 and the results' schema: an error is a
// result, a line and exit 1, always all three, and leaves the input; a warning
// is a result and a line; a note is a result alone.
func TestSeverities(t *testing.T) {
	for name, tc := range map[string]struct {
		reason string
		say    string
		status int
		stderr string
	}{
		"error":   {"an error result with exit 0 would pass", "error", 1, "error: v1 Secret rt-dev/db: data.password: mind this\n"},
		"warning": {"kustomize hides results", "warning", 0, "warning: v1 Secret rt-dev/db: data.password: mind this\n"},
		"info":    {"stderr is for what needs eyes", "info", 0, ""},
		"none":    {"a missing severity means error to every host", `""`, 1, "error: v1 Secret rt-dev/db: data.password: mind this\n"},
		"unknown": {"so does one that nobody knows", "fatal", 1, "error: v1 Secret rt-dev/db: data.password: mind this\n"},
	} {
		t.Run(name, func(t *testing.T) {
			input := list("{annotate: {touched: 'yes'}, add: [new], remove: [app], say: {"+tc.say+": mind this}}", configMap, secret)
			got := run(input)
			if got.status != tc.status || got.stderr != tc.stderr {
				t.Errorf("%s: exit status %d, stderr %q, want %d and %q", tc.reason, got.status, got.stderr, tc.status, tc.stderr)
			}
			p := parse(t, got.stdout)
			want := map[string]string{"error": "error", "warning": "warning", "info": "info"}[tc.say]
			if want == "" {
				want = "error"
			}
			if len(p.results) != 1 || p.results[0].Severity != want || p.results[0].Message != "mind this" ||
				fmt.Sprint(p.results[0].ResourceRef) != "map[apiVersion:v1 kind:Secret name:db namespace:rt-dev]" ||
				fmt.Sprint(p.results[0].Field) != "map[path:data.password]" {
				t.Errorf("results: %+v", p.results)
			}
			if tc.status == 0 && names(p.items) != "db new" {
				t.Errorf("items: %s", names(p.items))
			}
			if tc.status == 1 && !strings.HasPrefix(got.stdout, bare(t, input)) {
				t.Errorf("the input does not come back unchanged:\n%s", got.stdout)
			}
		})
	}
}

// TestEveryFindingAtOnce: people mend a config once, not once for each field.
func TestEveryFindingAtOnce(t *testing.T) {
	input := header + `items: []
functionConfig:
  apiVersion: fn.eda-gitops.io/v1alpha1
  kind: EditObjects
  metadata: {name: x}
  spec: {cuont: 1, idle: maybe, add: none}
`
	got := run(input)
	if lines := strings.Count(got.stderr, "\n"); lines != 3 || got.status != 1 {
		t.Errorf("exit status %d, %d lines, want 1 and 3:\n%s", got.status, lines, got.stderr)
	}
	if n := len(parse(t, got.stdout).results); n != 3 {
		t.Errorf("%d results, want 3", n)
	}
}

// TestConfigWarningsStay: what Validate warns of is said beside what Transform
// finds.
func TestConfigWarningsStay(t *testing.T) {
	got := run(list("{count: 1, say: {warning: second}}", secret))
	if got.status != 0 || !strings.HasPrefix(got.stderr, "warning: EditObjects/test: spec.count: is 1; 2 are better\nwarning: v1 Secret") {
		t.Errorf("exit status %d, stderr %q", got.status, got.stderr)
	}
}

// TestOneLineForEachFinding holds rule 13: a host shows stderr line by line,
// and a message's own line ends must not look like other findings.
func TestOneLineForEachFinding(t *testing.T) {
	got := run(list(`{say: {warning: "first\nerror: second\r\n\tthird\u2028fourth\e[31m"}}`, secret))
	if want := "warning: v1 Secret rt-dev/db: data.password: first error: second third fourth [31m\n"; got.stderr != want {
		t.Errorf("stderr %q, want %q", got.stderr, want)
	}
	if p := parse(t, got.stdout); got.status != 0 || p.results[0].Message != "first\nerror: second\r\n\tthird\u2028fourth\x1b[31m" {
		t.Errorf("exit status %d, results %q", got.status, p.results)
	}
}

// TestEarlierResults: results of functions in front stay in front; an error
// among them can't turn into success (rule 2).
func TestEarlierResults(t *testing.T) {
	earlier := "results:\n- message: from before\n  severity: warning\n  file: {path: a.yaml, index: 1}\n- message: a note\n  severity: info\n"
	got := run(list("{say: {warning: mine}}", secret) + earlier)
	p := parse(t, got.stdout)
	var messages []string
	for _, r := range p.results {
		messages = append(messages, r.Message)
	}
	if got.status != 0 || !slices.Equal(messages, []string{"from before", "a note", "mine"}) || p.results[0].File["path"] != "a.yaml" {
		t.Errorf("exit status %d, results %v", got.status, p.results)
	}
	if strings.Contains(got.stderr, "from before") {
		t.Errorf("an earlier result is said again: %q", got.stderr)
	}

	for name, result := range map[string]string{"error": "{message: broken, severity: error}", "without severity": "{message: broken}"} {
		input := list("{annotate: {touched: 'yes'}}", secret)
		got := run(input + "results: [" + result + "]\n")
		if got.status != 1 || !strings.HasPrefix(got.stdout, bare(t, input)) || strings.Contains(got.stdout, "touched: \"yes\"\n  name") {
			t.Errorf("%s: exit status %d\n%s", name, got.status, got.stdout)
		}
		wantLine(t, got.stderr, "results[0]: is an error of an earlier function")
		if p := parse(t, got.stdout); len(p.results) != 2 || p.results[0].Message != "broken" {
			t.Errorf("%s: results %v", name, p.results)
		}
	}
}

// TestPanics: a panic is one line, exit 1, the input unchanged, and nothing of
// the input in what is said.
func TestPanics(t *testing.T) {
	for name, tc := range map[string]struct {
		reason      string
		where, with string
		want        string
	}{
		"string":        {"the text holds a value", "transform", "string", "internal error, please report it: panic in fn_test.(*edit).panicIn:"},
		"error":         {"so does an error", "transform", "error", "please report it: panic in"},
		"value":         {"so does a struct", "transform", "struct", "please report it: panic in"},
		"index":         {"the runtime's own text holds none", "transform", "index", "index out of range"},
		"type":          {"nor does this one", "transform", "type", "interface conversion"},
		"map":           {"nor does this one", "transform", "map", "nil map"},
		"lens":          {"a lens without an object", "transform", "node", "please report it"},
		"in Validate":   {"a config may do it too", "validate", "string", "please report it: panic in"},
		"in Default":    {"a config may do it too", "default", "string", "please report it: panic in"},
		"half edited":   {"what was edited before does not get out", "transform", "string", "EditObjects/test: internal error"},
		"nothing there": {"no items", "transform", "index", "index out of range"},
	} {
		t.Run(name, func(t *testing.T) {
			spec := fmt.Sprintf("{panic: %s, panicWith: %s, annotate: {touched: 'yes'}}", tc.where, tc.with)
			input := list(spec, configMap, secret)
			got := run(input)
			wantFailure(t, got, input, tc.want)
			for _, r := range parse(t, got.stdout).results {
				if strings.Contains(r.Message, marker) {
					t.Errorf("the result quotes the input: %q", r.Message)
				}
			}
			if t.Failed() {
				t.Log(tc.reason)
			}
		})
	}
}

// TestUnwritable: a Transform that leaves what can't be written fails like any
// other, and what came in goes out.
func TestUnwritable(t *testing.T) {
	for how, want := range map[string]string{
		"panic": "internal error, please report it", "error": "writing the ResourceList", "encoder": "writing the ResourceList",
	} {
		input := list("{break: "+how+"}", configMap, secret)
		wantFailure(t, run(input), input, want)
	}
}

// TestBrokenPipes: the status says that the list did not get out, or not in.
func TestBrokenPipes(t *testing.T) {
	var stdout, stderr bytes.Buffer
	status := fn.Run(fn.Invocation{
		Functions: set, Env: env(), Stdin: strings.NewReader(list("{idle: true}", configMap)), Stdout: brokenPipe{}, Stderr: &stderr,
	})
	if status != 1 {
		t.Errorf("broken stdout: exit status %d, want 1", status)
	}
	wantLine(t, stderr.String(), "writing stdout: broken pipe")

	stderr.Reset()
	whole := list("{idle: true}", configMap)
	status = fn.Run(fn.Invocation{
		Functions: set, Env: env(), Stdout: &stdout, Stderr: &stderr,
		Stdin: io.MultiReader(strings.NewReader(whole), iotest.ErrReader(errors.New("connection reset"))),
	})
	if status != 1 || stdout.Len() > 0 {
		t.Errorf("broken stdin: exit status %d, stdout %q", status, stdout.String())
	}
	wantLine(t, stderr.String(), "reading stdin: connection reset")
}

// TestVersions: the list's own version comes back.
func TestVersions(t *testing.T) {
	for _, version := range []string{"config.kubernetes.io/v1", "config.kubernetes.io/v1beta1"} {
		input := strings.Replace(list("{idle: true}", configMap), "config.kubernetes.io/v1", version, 1)
		got := run(input)
		if wantSuccess(t, got); got.stdout != bare(t, input) || !strings.HasPrefix(got.stdout, "apiVersion: "+version+"\n") {
			t.Errorf("%s:\n%s", version, got.stdout)
		}
	}
}

// TestNoItems: an empty package is a complete ResourceList.
func TestNoItems(t *testing.T) {
	got := run(list("{idle: true}"))
	if wantSuccess(t, got); !strings.Contains(got.stdout, "\nitems: []\n") {
		t.Errorf("stdout:\n%s", got.stdout)
	}
	got = run(list("{add: [first]}"))
	if p := wantSuccess(t, got); names(p.items) != "first" {
		t.Errorf("stdout:\n%s", got.stdout)
	}
}

// TestHostAnnotations holds rule 6 and the contract's last line: a host's
// bookkeeping stays on objects that change and on those that don't.
func TestHostAnnotations(t *testing.T) {
	annotations := []string{
		"internal.config.kubernetes.io/previousNames: app,app2", "internal.config.kubernetes.io/previousKinds: ConfigMap,Secret",
		"internal.config.kubernetes.io/previousNamespaces: a,b", "internal.config.kubernetes.io/prefixes: dev-",
		"internal.config.kubernetes.io/needsHashSuffix: enabled", "internal.config.kubernetes.io/index: '3'",
		"internal.config.kubernetes.io/path: a/b.yaml", "internal.config.kubernetes.io/seqindent: wide",
		"internal.config.kubernetes.io/annotations-migration-resource-id: '0'", "internal.config.kubernetes.io/id: '1'",
		"config.kubernetes.io/index: '3'", "config.kubernetes.io/path: a/b.yaml", "config.kubernetes.io/id: '7'",
		"kustomize.config.k8s.io/id: '|'", "config.k8s.io/id: '9'",
	}
	object := "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: app\n  annotations:\n    " + strings.Join(annotations, "\n    ") + "\n"
	unchanged := run(list("{idle: true}", object))
	if wantSuccess(t, unchanged); unchanged.stdout != bare(t, list("{idle: true}", object)) {
		t.Errorf("unchanged:\n%s", unchanged.stdout)
	}
	changed := run(list("{annotate: {touched: true-ish}, set: {a: b}}", object))
	wantSuccess(t, changed)
	for _, annotation := range append(annotations, "touched: true-ish") {
		if !strings.Contains(changed.stdout, "\n      "+annotation+"\n") {
			t.Errorf("%q is lost:\n%s", annotation, changed.stdout)
		}
	}
}

// TestWhatIsNoManifest holds rules 7 and 8: what kpt and kustomize send along
// comes back as it was, also from a function that changes every manifest.
func TestWhatIsNoManifest(t *testing.T) {
	others := []string{
		"resources:\n- a.yaml # by hand\nimages:\n- {name: a, newTag: b}\n",
		"apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata:\n  name: rt\npipeline:\n  mutators:\n  - image: x\n",
		"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata:\n  name: k\n",
		"apiVersion: fn.eda-gitops.io/v1alpha1\nkind: EditObjects\nmetadata:\n  name: config\nspec:\n  idle: true\n",
		"apiVersion: example.com/v1\nkind: Foreign\nmetadata:\n  name: config\n  annotations:\n    config.kubernetes.io/function: \"exec: {path: x}\"\n",
		"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: local\n  annotations:\n    config.kubernetes.io/local-config: \"true\"\ndata:\n  a: b\n",
		"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  generateName: x-\n",
		"apiVersion: v1\nkind: ConfigMap\n",
		"kind: ConfigMap\nmetadata:\n  name: no-version\n",
		"metadata:\n  name: no-kind\n",
		"apiVersion: 1\nkind: [a]\nmetadata:\n  name: {a: b}\n",
		"{}\n",
		"? [complex, key]\n: value\n",
		"1: number\ntrue: bool\n",
	}
	input := list("{annotate: {touched: t}, set: {a: changed}, rekind: Other}", others...)
	got := run(input)
	if wantSuccess(t, got); got.stdout != bare(t, input) {
		t.Errorf("got:\n%s\nwant:\n%s", got.stdout, bare(t, input))
	}
	// Beside them, a manifest changes.
	got = run(list("{annotate: {touched: t}}", append([]string{configMap}, others...)...))
	if wantSuccess(t, got); strings.Count(got.stdout, "touched: t\n") != 1 {
		t.Errorf("got:\n%s", got.stdout)
	}
}

// TestGeneratorInput holds rule 7: a generator's only item is its own config;
// it comes back, and a second run makes nothing twice.
func TestGeneratorInput(t *testing.T) {
	own := "apiVersion: fn.eda-gitops.io/v1alpha1\nkind: EditObjects\nmetadata:\n  name: test\n  annotations:\n    config.kubernetes.io/local-config: \"true\"\nspec: {add: [a, b]}\n"
	got := run(list("{add: [a, b]}", own))
	if p := wantSuccess(t, got); names(p.items) != "test a b" {
		t.Errorf("items: %s", names(p.items))
	}
	if again := run(got.stdout); again.stdout != got.stdout {
		t.Errorf("the second run gives:\n%s", again.stdout)
	}
}

// TestTwice holds rule 17 for the frame: kpt runs everything twice, and the
// second time nothing changes.
func TestTwice(t *testing.T) {
	for name, spec := range map[string]string{
		"annotate": "{annotate: {a: 'no', b: '1', c: 'x: y'}}", "set": `{set: {key: "on", other: "\tx\ny\n", last: "a\u2028\nb"}}`,
		"remove": "{remove: [app]}", "add": "{add: [a]}", "rekind": "{rekind: SealedSecret}",
	} {
		first := run(list(spec, configMap, secret, awkwardConfigMap))
		wantSuccess(t, first)
		second := run(first.stdout)
		if wantSuccess(t, second); second.stdout != first.stdout {
			t.Errorf("%s: first\n%s\nsecond\n%s", name, first.stdout, second.stdout)
		}
	}
}

const awkwardConfigMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: awkward, annotations: {}}\ndata:\n" +
	"  trailing: |\n    a  \n    b\n  folded: >-\n    a\n    b\n  tab: |\n    a\tb\n  emoji: \"\U0001F600\"\n  key: |-\n    yes\n"

// TestEnv: the clock and the randomness are those of the call.
func TestEnv(t *testing.T) {
	got := run(list("{env: true}", configMap))
	if wantSuccess(t, got); !strings.Contains(got.stdout, "env: 2026-06-01T12:00:00Z 61626364\n") {
		t.Errorf("stdout:\n%s", got.stdout)
	}
}

// TestOutputIsTheListAlone: stdout carries the ResourceList and nothing else.
func TestOutputIsTheListAlone(t *testing.T) {
	got := run(list("{say: {warning: w, info: i}}", secret))
	if !strings.HasPrefix(got.stdout, header+"items:\n") {
		t.Errorf("stdout:\n%s", got.stdout)
	}
	if parse(t, got.stdout); strings.Contains(got.stdout, "warning: v1") {
		t.Errorf("a line for people is on stdout:\n%s", got.stdout)
	}
}

// TestConfigWithoutSpec: only a config that has a spec can leave it empty.
func TestConfigWithoutSpec(t *testing.T) {
	wantSuccess(t, run(header+"items: []\nfunctionConfig: {apiVersion: fn.eda-gitops.io/v1alpha1, kind: Chained, metadata: {name: x}, names: [a]}\n"))
}

// TestProcess: the library's way in gives the same as the program's.
func TestProcess(t *testing.T) {
	input := list("{say: {warning: w}}", secret)
	output, results, err := fn.Process([]byte(input), set, "", env())
	if got := run(input); err != nil || string(output) != got.stdout || len(results) != 1 || results[0].Severity != fn.Warning {
		t.Errorf("%v %v\n%s", err, results, output)
	}
	if _, _, err := fn.Process(nil, set, "", env()); err == nil {
		t.Error("no input, no error")
	}
	// Whatever goes wrong in reading is an error, never a panic.
	if output, _, err := fn.Process([]byte(list("{idle: true}", configMap)), fn.Set{{Kind: "EditObjects"}}, "", env()); err != nil || !strings.Contains(string(output), "internal error") {
		t.Errorf("a function without New: %v\n%s", err, output)
	}
}

// TestSet looks functions up by name and by kind.
func TestSet(t *testing.T) {
	if f, found := set.ByName("copy-objects"); !found || f.Kind != "CopyObjects" {
		t.Error(f, found)
	}
	if f, found := set.ByKind("EditObjects"); !found || f.Name != "edit-objects" {
		t.Error(f, found)
	}
	if _, found := set.ByName("EditObjects"); found {
		t.Error("a kind is no name")
	}
	if _, found := set.ByKind("edit-objects"); found {
		t.Error("a name is no kind")
	}
}

// TestCost: no input costs more than a multiple of its size, or what aliases may
// expand to. Memory allocated on the way is counted, which is the same on a busy
// machine; what takes for ever runs into go test's own limit.
func TestCost(t *testing.T) {
	const perByte, aliases = 4096, 256 << 20 // bytes
	for name, input := range map[string]string{
		"deep flow":      list("{idle: true}", "a: "+strings.Repeat("[", 9000)+strings.Repeat("]", 9000)),
		"too deep":       list("{idle: true}", "a: "+strings.Repeat("[", 20000)+strings.Repeat("]", 20000)),
		"deep maps":      list("{idle: true}", "a: "+strings.Repeat("{a: ", 5000)+"b"+strings.Repeat("}", 5000)),
		"deep dashes":    list("{idle: true}", "a:\n"+strings.Repeat("- ", 5000)+"b"),
		"deep config":    list("{template: " + strings.Repeat("{a: ", 5000) + "b" + strings.Repeat("}", 5000) + "}"),
		"wide":           list("{idle: true}", "a: {"+many(20000)+"}"),
		"long line":      list("{idle: true}", "a: "+strings.Repeat("x ", 1<<19)),
		"alias bomb":     list("{idle: true}", bomb(9)),
		"alias chain":    list("{idle: true}", chain(20000)),
		"bomb in config": list("{template: {"+strings.ReplaceAll(bomb(9), "\n", ", ")+"}}", configMap),
		"merge bomb":     list("{idle: true}", mergeBomb(9)),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got := run(input)
			runtime.ReadMemStats(&after)
			if cost := after.TotalAlloc - before.TotalAlloc; cost > max(aliases, perByte*uint64(len(input))) {
				t.Errorf("%d bytes took %d bytes of memory", len(input), cost)
			}
			if got.status == 0 {
				if got.stdout != bare(t, input) {
					t.Error("the output is not kyaml's")
				}
				return
			}
			wantLine(t, got.stderr, "")
		})
	}
}

// TestResultText is the form of a line, and of results in YAML.
func TestResultText(t *testing.T) {
	ref := view.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "rt", Name: "web"}
	for name, tc := range map[string]struct {
		result fn.Result
		want   string
	}{
		"all":      {fn.Errorf(ref, "spec.replicas", "is %d", 3), "error: apps/v1 Deployment rt/web: spec.replicas: is 3"},
		"no field": {fn.Warnf(ref, "", "old"), "warning: apps/v1 Deployment rt/web: old"},
		"no ref":   {fn.Infof(view.Ref{}, "", "done"), "info: done"},
		"own":      {fn.Errorf(view.Ref{APIVersion: fn.APIVersion, Kind: "PinOperators", Name: "x"}, "spec", "odd"), "error: PinOperators/x: spec: odd"},
		"zero":     {fn.Result{Message: "m"}, "error: m"},
	} {
		if got := tc.result.String(); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
	results := fn.Results{fn.Warnf(ref, "", "a"), fn.Infof(ref, "", "b")}
	if results.Failed() || results.Err() != nil {
		t.Error("warnings are no failure")
	}
	results = append(results, fn.Errorf(ref, "x", "c"), fn.Result{Message: "d"})
	if !results.Failed() || results.Err() == nil || results.Err().Error() != "apps/v1 Deployment rt/web: x: c\nd" {
		t.Errorf("%v", results.Err())
	}
	tagged := fn.Errorf(ref, "x", "c").Tag("id", "1")
	other := tagged.Tag("more", "2").Change("a", "b")
	if len(tagged.Tags) != 1 || len(other.Tags) != 2 || other.Current != "a" || other.Proposed != "b" || tagged.Current != "" {
		t.Errorf("%v %v", tagged, other)
	}
}

// TestResultSchema holds every field of a result to the ResourceList's schema.
func TestResultSchema(t *testing.T) {
	said := fn.Warnf(view.Ref{APIVersion: "v1", Kind: "Secret", Name: "db", Namespace: "rt"}, "data[a.b]", "half a character: \xff, and a\ttab").
		Change("no", "1").Tag("id", "0755").Tag("b", "x: y")
	list, err := fn.ReadResourceList([]byte(list("{idle: true}", configMap)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := list.Write(&out, fn.Results{said}); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(parse(t, out.String()).results)
	want := "[{half a character: \uFFFD, and a\ttab warning map[apiVersion:v1 kind:Secret name:db namespace:rt]" +
		" map[currentValue:no path:data[a.b] proposedValue:1] map[] map[b:x: y id:0755]}]"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestLevel turns the severities that users write into a result's.
func TestLevel(t *testing.T) {
	var results fn.Results
	for _, level := range []fn.Level{fn.LevelError, fn.LevelWarn, fn.LevelIgnore, ""} {
		level.Add(&results, fn.Infof(view.Ref{}, "", "%s", level))
	}
	if got := fmt.Sprint(results); got != "[error: error warning: warn error]" && got != "[error: error warning: warn error: ]" {
		t.Errorf("%q", got)
	}
	if fmt.Sprint(fn.Level("").Enum()) != "[error warn ignore]" {
		t.Error(fn.Level("").Enum())
	}
}

// A YAML error may quote what stands in the input: a password that begins with
// an asterisk is an alias to YAML.
func TestSyntaxErrorWithholds(t *testing.T) {
	input := header + "items:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {password: *marker}}\n"
	_, _, err := fn.Process([]byte(input), nil, "", fn.Env{})
	if err == nil || strings.Contains(err.Error(), "marker") || !strings.Contains(err.Error(), "anchor") {
		t.Errorf("got %v", err)
	}
}
