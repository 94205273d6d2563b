package fn_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

// marker stands for a secret's value: no message may hold it.
const marker = "hunter2-MARKER"

// edit is the functionConfig of the tests' own function, which does what its
// spec says and nothing else.
type edit struct {
	fn.Header `yaml:",inline"`
	Spec      editSpec `yaml:"spec"`
}

type editSpec struct {
	// Annotate sets annotations on every manifest.
	Annotate map[string]string `yaml:"annotate,omitempty"`
	// Set sets texts in the data of ConfigMaps.
	Set map[string]string `yaml:"set,omitempty"`
	// Remove drops the objects of these names.
	Remove []string `yaml:"remove,omitempty"`
	// Rekind changes the kind of Secrets in place.
	Rekind string `yaml:"rekind,omitempty"`
	// Add upserts ConfigMaps of these names.
	Add []string `yaml:"add,omitempty"`
	// Last moves the objects of this name behind all others.
	Last string `yaml:"last,omitempty"`
	// Say returns results about each Secret: severity to message.
	Say map[string]string `yaml:"say,omitempty"`
	// Panic says where to panic, and PanicWith with what.
	Panic     string `yaml:"panic,omitempty"`
	PanicWith string `yaml:"panicWith,omitempty"`
	// Break leaves objects that kyaml can't write.
	Break string `yaml:"break,omitempty"`
	// Idle does nothing.
	Idle bool `yaml:"idle,omitempty"`
	// Count, Share and Template are there to be decoded.
	Count    int       `yaml:"count,omitempty"`
	Share    float64   `yaml:"share,omitempty"`
	Template yaml.Node `yaml:"template,omitempty"`
	// Env writes env's clock and four random bytes into each ConfigMap.
	Env bool `yaml:"env,omitempty"`
}

func (e *edit) Default() { e.panicIn("default", nil) }

func (e *edit) Validate() fn.Results {
	e.panicIn("validate", nil)
	if e.Spec.Count < 0 {
		return fn.Results{e.Errorf("spec.count", "is %d; expected 0 or more", e.Spec.Count)}
	}
	if e.Spec.Count == 1 {
		return fn.Results{e.Warnf("spec.count", "is 1; 2 are better")}
	}
	return nil
}

func (e *edit) panicIn(where string, items []*yaml.RNode) {
	if e.Spec.Panic != where {
		return
	}
	text := marker
	for _, item := range items {
		text += view.Of(item).Text("data", "password")
	}
	switch e.Spec.PanicWith {
	case "string":
		panic("cannot read " + text)
	case "error":
		panic(fmt.Errorf("cannot read %s", text))
	case "index":
		_ = items[len(items)+len(text)]
	case "type":
		var v any = text
		_ = v.(fmt.Stringer)
	case "map":
		e.Spec.Set[text] = text
	case "node":
		view.Object{}.Set(text, "spec", "x")
	default:
		panic(struct{ value string }{text})
	}
}

func (e *edit) Transform(env fn.Env, items []*yaml.RNode) ([]*yaml.RNode, fn.Results) {
	var results fn.Results
	for _, o := range view.Manifests(items) {
		for _, key := range slices.Sorted(maps.Keys(e.Spec.Annotate)) {
			o.SetAnnotation(key, e.Spec.Annotate[key])
		}
		switch e.Spec.Break {
		case "panic":
			o.SetNode(view.Seq(view.String(marker)), "metadata", "annotations")
		case "error":
			o.SetNode(view.String(marker), "metadata")
		case "encoder":
			o.Set("\xff", "data")
		}
		if o.Kind() == "ConfigMap" {
			for _, key := range slices.Sorted(maps.Keys(e.Spec.Set)) {
				o.Set(e.Spec.Set[key], "data", key)
			}
			if e.Spec.Env {
				random := make([]byte, 4)
				if _, err := io.ReadFull(env.Rand, random); err != nil {
					results = append(results, fn.Errorf(o.Ref(), "", "%v", err))
				}
				o.Set(fmt.Sprintf("%s %x", env.Now.Format(time.RFC3339), random), "data", "env")
			}
		}
		if o.Kind() != "Secret" {
			continue
		}
		for _, severity := range slices.Sorted(maps.Keys(e.Spec.Say)) {
			results = append(results, fn.Result{
				Severity: fn.Severity(severity), Message: e.Spec.Say[severity], Ref: o.Ref(), Field: "data.password",
			})
		}
		if e.Spec.Rekind != "" {
			o.Set(e.Spec.Rekind, "kind")
		}
	}
	e.panicIn("transform", items)
	return e.rearrange(items), results
}

func (e *edit) rearrange(items []*yaml.RNode) []*yaml.RNode {
	var out, last []*yaml.RNode
	there := map[string]bool{}
	for _, item := range items {
		name := view.Of(item).Name()
		there[name] = true
		switch {
		case slices.Contains(e.Spec.Remove, name):
		case name != "" && name == e.Spec.Last:
			last = append(last, item)
		default:
			out = append(out, item)
		}
	}
	out = append(out, last...)
	for _, name := range e.Spec.Add {
		if !there[name] {
			out = append(out, yaml.NewRNode(view.Map("apiVersion", view.String("v1"), "kind", view.String("ConfigMap"),
				"metadata", view.Map("name", view.String(name)))))
		}
	}
	return out
}

// chained is a config without a spec, as eda-fn build writes one.
type chained struct {
	fn.Header `yaml:",inline"`
	Names     []string `yaml:"names"`
}

func (*chained) Default()             {}
func (*chained) Validate() fn.Results { return nil }
func (*chained) Transform(_ fn.Env, items []*yaml.RNode) ([]*yaml.RNode, fn.Results) {
	return items, nil
}

var set = fn.Set{
	{Name: "edit-objects", Kind: "EditObjects", Short: "edit objects", New: func() fn.Config { return &edit{} }},
	{Name: "copy-objects", Kind: "CopyObjects", Short: "copy objects", New: func() fn.Config { return &edit{} }},
	{Name: "chained", Kind: "Chained", Short: "has no spec", New: func() fn.Config { return &chained{} }},
}

// outcome is what a host sees of a call.
type outcome struct {
	status         int
	stdout, stderr string
}

func run(input string) outcome { return runAs("", input) }

func runAs(name, input string) outcome {
	var stdout, stderr bytes.Buffer
	status := fn.Run(fn.Invocation{
		Functions: set, Name: name, Env: env(),
		Stdin: strings.NewReader(input), Stdout: &stdout, Stderr: &stderr,
	})
	return outcome{status, stdout.String(), stderr.String()}
}

func env() fn.Env {
	return fn.Env{Now: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC), Rand: strings.NewReader(strings.Repeat("abcd", 100))}
}

const header = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n"

// list is the text of a ResourceList of a functionConfig's spec and items, as
// documents.
func list(spec string, items ...string) string {
	var b strings.Builder
	b.WriteString(header + "items:")
	if len(items) == 0 {
		b.WriteString(" []")
	}
	b.WriteString("\n")
	for _, item := range items {
		b.WriteString("- " + strings.ReplaceAll(strings.TrimSuffix(item, "\n"), "\n", "\n  ") + "\n")
	}
	b.WriteString("functionConfig:\n  apiVersion: fn.eda-gitops.io/v1alpha1\n  kind: EditObjects\n  metadata:\n    name: test\n  spec: " + spec + "\n")
	return b.String()
}

const configMap = `apiVersion: v1
kind: ConfigMap
metadata:
  name: app # the app's own
  namespace: rt-dev
data:
  key: value
`

const secret = `apiVersion: v1
kind: Secret
metadata:
  name: db
  namespace: rt-dev
data:
  password: ` + marker + `
`

// bare is kyaml's own read and write, the baseline of "untouched".
func bare(t testing.TB, input string) string {
	t.Helper()
	var out bytes.Buffer
	rw := kio.ByteReadWriter{
		Reader: strings.NewReader(input), Writer: &out,
		OmitReaderAnnotations: true, KeepReaderAnnotations: true,
	}
	items, err := rw.Read()
	if err != nil {
		t.Fatalf("kyaml: %v", err)
	}
	if err := rw.Write(items); err != nil {
		t.Fatalf("kyaml: %v", err)
	}
	return out.String()
}

// parsed is a ResourceList as a host reads it.
type parsed struct {
	items   []*yaml.RNode
	results []result
}

// result is the ResourceList's own schema of a result.
type result struct {
	Message     string            `yaml:"message"`
	Severity    string            `yaml:"severity"`
	ResourceRef map[string]string `yaml:"resourceRef"`
	Field       map[string]string `yaml:"field"`
	File        map[string]any    `yaml:"file"`
	Tags        map[string]string `yaml:"tags"`
}

func parse(t testing.TB, stdout string) parsed {
	t.Helper()
	if stdout == "" {
		t.Fatal("stdout is empty: a host deletes everything")
	}
	reader := kio.ByteReader{Reader: strings.NewReader(stdout), OmitReaderAnnotations: true}
	items, err := reader.Read()
	if err != nil {
		t.Fatalf("stdout: %v\n%s", err, stdout)
	}
	if reader.WrappingKind != kio.ResourceListKind {
		t.Fatalf("stdout is a %q", reader.WrappingKind)
	}
	p := parsed{items: items}
	if reader.Results != nil {
		decoder := yaml.NewDecoder(strings.NewReader(reader.Results.MustString()))
		decoder.KnownFields(true)
		if err := decoder.Decode(&p.results); err != nil {
			t.Fatalf("results: %v\n%s", err, stdout)
		}
	}
	return p
}

// names are the names of a list's objects, those inside Lists in brackets.
func names(items []*yaml.RNode) string {
	var all []string
	for _, item := range items {
		o := view.Of(item)
		if entries := o.Lookup("items"); entries != nil {
			var held []*yaml.RNode
			for _, entry := range entries.Content {
				held = append(held, yaml.NewRNode(entry))
			}
			all = append(all, "["+names(held)+"]")
			continue
		}
		all = append(all, o.Name())
	}
	return strings.Join(all, " ")
}

// wantFailure checks the three signs of a failure, and that the input's items
// come back as they were.
func wantFailure(t *testing.T, got outcome, input, line string) {
	t.Helper()
	if got.status != 1 {
		t.Errorf("exit status %d, want 1", got.status)
	}
	wantLine(t, got.stderr, line)
	if input == "" {
		if got.stdout != "" {
			t.Errorf("stdout, without a list to echo:\n%s", got.stdout)
		}
		return
	}
	if strings.Contains(got.stderr, "line ") {
		t.Errorf("kustomize sends no lines that anybody wrote: %q", got.stderr)
	}
	if !strings.HasPrefix(got.stdout, bare(t, input)+"results:\n") {
		t.Errorf("stdout is not the input and results:\n%s", got.stdout)
	}
	if results := parse(t, got.stdout).results; !slices.ContainsFunc(results, func(r result) bool { return r.Severity == "error" }) {
		t.Errorf("no error among the results: %v", results)
	}
}

// wantLine checks that stderr is one line that contains a text.
func wantLine(t *testing.T, stderr, text string) {
	t.Helper()
	if !strings.HasPrefix(stderr, "error: ") || !strings.Contains(stderr, text) {
		t.Errorf("stderr is %q, want an error with %q", stderr, text)
	}
	if strings.Count(stderr, "\n") != 1 || !strings.HasSuffix(stderr, "\n") {
		t.Errorf("stderr is %q, want one line", stderr)
	}
	if strings.Contains(stderr, marker) {
		t.Errorf("stderr quotes a secret's value: %q", stderr)
	}
}

func wantSuccess(t *testing.T, got outcome) parsed {
	t.Helper()
	if got.status != 0 || got.stderr != "" {
		t.Fatalf("exit status %d, stderr %q, want 0 and nothing", got.status, got.stderr)
	}
	return parse(t, got.stdout)
}

// brokenPipe is a stdout whose reader is gone.
type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }
