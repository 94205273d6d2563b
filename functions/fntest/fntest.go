// Package fntest runs golden cases of functions.
//
// A case is a txtar file: a sentence that says what it shows, then
//
//	-- config.yaml --    the functionConfig
//	-- in.yaml --        the items, as YAML documents
//	-- want.yaml --      the items expected; left out: the same as in.yaml
//	-- results.txt --    the results expected, one line each, info included;
//	                     left out: none
//
// An error among the results means that want.yaml must be absent. The runner
// feeds the output in again and expects no change, and runs the items in
// reverse order and expects the same objects. Set UPDATE_GOLDEN=1 to write
// want.yaml and results.txt anew.
package fntest

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
)

// Now is the time at which golden cases run.
var Now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// Env is the world of golden cases: Now, and randomness that repeats.
func Env() fn.Env { return fn.Env{Now: Now, Rand: &counter{}} }

// counter is a reader of bytes that count up: fresh, and the same in each run.
type counter struct{ next byte }

func (c *counter) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = c.next
		c.next++
	}
	return len(p), nil
}

// Case is a parsed golden case.
type Case struct {
	// Comment is the sentence at the top.
	Comment string
	// Config, In, Want and Results are the files; HasWant says that want.yaml
	// is there.
	Config, In, Want, Results string
	HasWant                   bool
}

// Load parses a golden case.
func Load(t testing.TB, path string) Case {
	t.Helper()
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c := Case{Comment: strings.TrimSpace(string(archive.Comment))}
	if c.Comment == "" {
		t.Errorf("%s: begin with a sentence that says what the case shows", path)
	}
	for _, file := range archive.Files {
		switch file.Name {
		case "config.yaml":
			c.Config = string(file.Data)
		case "in.yaml":
			c.In = string(file.Data)
		case "want.yaml":
			c.Want, c.HasWant = string(file.Data), true
		case "results.txt":
			c.Results = string(file.Data)
		default:
			t.Errorf("%s: unknown file %q", path, file.Name)
		}
	}
	return c
}

// Golden runs all cases in testdata/*.txtar against functions.
func Golden(t *testing.T, functions fn.Set) {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no golden cases in testdata: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			golden(t, functions, path)
		})
	}
}

func golden(t *testing.T, functions fn.Set, path string) {
	c := Load(t, path)
	got, results := Run(t, functions, c.Config, c.In)
	lines := resultLines(results)
	failed := results.Failed()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		update(t, path, got, lines, failed, c.In)
		return
	}
	if lines != c.Results {
		t.Errorf("results:\n%s\nexpected:\n%s", lines, c.Results)
	}
	if failed {
		if c.HasWant {
			t.Error("the case has want.yaml, but the function failed")
		}
		return
	}
	want := roundTrip(t, c.In)
	if c.HasWant {
		want = c.Want
	}
	if got != want {
		t.Errorf("items:\n%s\nexpected:\n%s", got, want)
	}
	if again, results := Run(t, functions, c.Config, got); again != got || results.Failed() {
		t.Errorf("not idempotent; the second run gives:\n%s\n%s", again, resultLines(results))
	}
	reversed := reverse(t, c.In)
	if other, _ := Run(t, functions, c.Config, reversed); !sameDocuments(other, got) {
		t.Errorf("the order of the items changes the result; in reverse:\n%s", other)
	}
}

// Run calls a function with items given as YAML documents and returns the
// items after it, as kyaml writes them.
func Run(t testing.TB, functions fn.Set, config, items string) (string, fn.Results) {
	t.Helper()
	output, results, err := fn.Process(List(t, config, items), functions, "", Env())
	if err != nil {
		t.Fatal(err)
	}
	list, err := fn.ReadResourceList(output)
	if err != nil {
		t.Fatal(err)
	}
	return documents(t, list.Items), results
}

// List makes a ResourceList of a config and items given as YAML documents.
func List(t testing.TB, config, items string) []byte {
	t.Helper()
	var buffer bytes.Buffer
	writer := kio.ByteWriter{
		Writer: &buffer, KeepReaderAnnotations: true,
		WrappingKind: kio.ResourceListKind, WrappingAPIVersion: kio.ResourceListAPIVersion,
	}
	if strings.TrimSpace(config) != "" {
		node, err := yaml.Parse(config)
		if err != nil {
			t.Fatalf("config.yaml: %v", err)
		}
		writer.FunctionConfig = node
	}
	if err := writer.Write(Items(t, items)); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// Items parses YAML documents.
func Items(t testing.TB, documents string) []*yaml.RNode {
	t.Helper()
	reader := kio.ByteReader{Reader: strings.NewReader(documents), OmitReaderAnnotations: true, DisableUnwrapping: true}
	items, err := reader.Read()
	if err != nil {
		t.Fatalf("in.yaml: %v", err)
	}
	return items
}

func documents(t testing.TB, items []*yaml.RNode) string {
	t.Helper()
	var buffer bytes.Buffer
	if err := (kio.ByteWriter{Writer: &buffer, KeepReaderAnnotations: true}).Write(items); err != nil {
		t.Fatal(err)
	}
	return buffer.String()
}

func roundTrip(t testing.TB, in string) string {
	t.Helper()
	return documents(t, Items(t, in))
}

func reverse(t testing.TB, in string) string {
	t.Helper()
	items := Items(t, in)
	slices.Reverse(items)
	return documents(t, items)
}

func sameDocuments(a, b string) bool {
	split := func(s string) []string {
		docs := strings.Split(strings.TrimSpace(s), "\n---\n")
		slices.Sort(docs)
		return docs
	}
	return slices.Equal(split(a), split(b))
}

func resultLines(results fn.Results) string {
	var b strings.Builder
	for i := range results {
		b.WriteString(results[i].String() + "\n")
	}
	return b.String()
}

func update(t *testing.T, path, got, lines string, failed bool, in string) {
	archive, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool {
		return f.Name == "want.yaml" || f.Name == "results.txt"
	})
	if !failed && got != roundTrip(t, in) {
		archive.Files = append(archive.Files, txtar.File{Name: "want.yaml", Data: []byte(got)})
	}
	if lines != "" {
		archive.Files = append(archive.Files, txtar.File{Name: "results.txt", Data: []byte(lines)})
	}
	if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Seed adds the config and the items of every golden case to a fuzz corpus.
func Seed(f *testing.F) {
	f.Helper()
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		c := Load(f, path)
		f.Add(c.Config, c.In)
	}
}

// Fuzz checks a function's contract on any input: it may refuse, it may not
// panic, and running it twice changes nothing.
func Fuzz(f *testing.F, functions fn.Set) {
	f.Helper()
	Seed(f)
	f.Fuzz(func(t *testing.T, config, in string) {
		data, ok := list(config, in)
		if !ok {
			return
		}
		out, results, err := fn.Process(data, functions, "", Env())
		if err != nil || results.Failed() {
			for i := range results {
				if strings.Contains(results[i].Message, "internal error") {
					t.Fatal(results[i])
				}
			}
			return
		}
		again, results, err := fn.Process(stripResults(t, out), functions, "", Env())
		if err != nil || results.Failed() {
			t.Fatalf("the second run fails: %v %v", err, results)
		}
		if !bytes.Equal(stripResults(t, again), stripResults(t, out)) {
			t.Fatalf("not idempotent:\n%s\n---\n%s", out, again)
		}
	})
}

// list is List for input that need not parse.
func list(config, in string) (data []byte, ok bool) {
	node, err := yaml.Parse(config)
	if err != nil || node.IsNil() {
		return nil, false
	}
	reader := kio.ByteReader{Reader: strings.NewReader(in), OmitReaderAnnotations: true, DisableUnwrapping: true}
	items, err := reader.Read()
	if err != nil {
		return nil, false
	}
	var buffer bytes.Buffer
	writer := kio.ByteWriter{
		Writer: &buffer, KeepReaderAnnotations: true, FunctionConfig: node,
		WrappingKind: kio.ResourceListKind, WrappingAPIVersion: kio.ResourceListAPIVersion,
	}
	defer func() { // kyaml's writer panics on some nodes; that is not ours to fuzz
		if recover() != nil {
			data, ok = nil, false
		}
	}()
	if writer.Write(items) != nil {
		return nil, false
	}
	return buffer.Bytes(), true
}

func stripResults(t testing.TB, data []byte) []byte {
	t.Helper()
	l, err := fn.ReadResourceList(data)
	if err != nil {
		t.Fatal(err)
	}
	l.Results = nil
	var out bytes.Buffer
	if err := l.Write(&out, nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
