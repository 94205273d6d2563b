package olmcatalog

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/catalog"
	"github.com/eda-gitops/functions/functions/pinoperators"
	"github.com/eda-gitops/functions/functions/view"
)

const small = `{"schema": "olm.package", "name": "acme", "defaultChannel": "stable", "icon": {"base64data": "AAAA"}}
{"schema": "olm.channel", "package": "acme", "name": "stable", "entries": [
  {"name": "acme.v1.10.0", "replaces": "acme.v1.9.0", "skipRange": ">=1.0.0 <1.10.0"},
  {"name": "acme.v1.9.0", "skips": ["acme.v1.8.0"]},
  {"name": "acme.v1.9.1-rc.1"}]}
{"schema": "olm.bundle", "package": "acme", "name": "acme.v1.10.0", "image": "registry.example.com/acme@sha256:1", "properties": [
  {"type": "olm.gvk", "value": {"group": "acme.example.com", "kind": "Acme", "version": "v1"}},
  {"type": "olm.package", "value": {"packageName": "acme", "version": "1.10.0"}},
  {"type": "olm.csv.metadata", "value": {"displayName": "Acme", "installModes": [{"type": "OwnNamespace", "supported": true}, {"type": "MultiNamespace", "supported": false}, {"type": "AllNamespaces", "supported": true}]}}]}
{"schema": "olm.bundle", "package": "acme", "name": "acme.v1.9.0", "properties": [{"type": "olm.package", "value": {"packageName": "acme", "version": "1.9.0"}}]}
{"schema": "olm.bundle", "package": "acme", "name": "acme.v1.9.1-rc.1", "properties": [{"type": "olm.package", "value": {"packageName": "acme", "version": "1.9.1-rc.1"}}]}
{"schema": "olm.deprecations", "package": "acme", "entries": [{"reference": {"schema": "olm.channel", "name": "stable"}, "message": "use\nfast"}]}
{"schema": "olm.package", "name": "other"}
{"schema": "acme.example.com/other", "any": ["thing"]}
`

// acme is what small says of its package.
func acme() *catalog.Operator {
	return &catalog.Operator{
		Package: "acme", DisplayName: "Acme", Origin: "a test", Complete: true,
		InstallModes: []catalog.InstallMode{"AllNamespaces", "OwnNamespace"},
		Channels: map[string]catalog.Channel{"stable": {
			Origin: "a test", Lifecycle: &catalog.Lifecycle{Deprecated: "use fast", Origin: "a test"},
			CSVs: []catalog.CSV{
				{Name: "acme.v1.9.0", Version: "1.9.0", Skips: []string{"acme.v1.8.0"}},
				{Name: "acme.v1.9.1-rc.1", Version: "1.9.1-rc.1"},
				{Name: "acme.v1.10.0", Version: "1.10.0", Replaces: "acme.v1.9.0", SkipRange: ">=1.0.0 <1.10.0"},
			},
		}},
	}
}

// toYAML turns a stream of JSON into one of YAML documents.
func toYAML(t *testing.T, stream string) string {
	t.Helper()
	var out strings.Builder
	decoder := yaml.NewDecoder(strings.NewReader(strings.ReplaceAll(stream, "\n{\"schema\"", "\n---\n{\"schema\"")))
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			return out.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		blocks(&node)
		text, err := yaml.NewRNode(&node).String()
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString("---\n" + text)
	}
}

func blocks(node *yaml.Node) {
	node.Style = 0
	for _, child := range node.Content {
		blocks(child)
	}
}

// opm render prints JSON or YAML; the facts are the same.
func TestRead(t *testing.T) {
	for name, stream := range map[string]string{
		"JSON": small, "YAML": toYAML(t, small), "Windows": strings.ReplaceAll(toYAML(t, small), "\n", "\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			operators, err := Read(strings.NewReader(stream), "a test", "acme")
			if err != nil {
				t.Fatal(err)
			}
			if len(operators) != 1 || !reflect.DeepEqual(operators["acme"], acme()) {
				t.Errorf("got\n%+v\nexpected\n%+v", operators["acme"], acme())
			}
		})
	}
}

// Older catalogs hold the ClusterServiceVersion itself, in base64.
func TestBundleObject(t *testing.T) {
	manifest := `{"kind": "ClusterServiceVersion", "spec": {"displayName": "Acme", "installModes": [{"type": "OwnNamespace", "supported": true}]}}`
	stream := fmt.Sprintf(`{"schema": "olm.package", "name": "a"}
{"schema": "olm.channel", "package": "a", "name": "c", "entries": [{"name": "a.v1.0.0"}]}
{"schema": "olm.bundle", "package": "a", "name": "a.v1.0.0", "properties": [{"type": "olm.package", "value": {"version": "1.0.0"}}, {"type": "olm.bundle.object", "value": {"data": %q}}]}`,
		base64.StdEncoding.EncodeToString([]byte(manifest)))
	operators, err := Read(strings.NewReader(stream), "a test")
	if err != nil {
		t.Fatal(err)
	}
	if a := operators["a"]; a.DisplayName != "Acme" || !reflect.DeepEqual(a.InstallModes, []catalog.InstallMode{"OwnNamespace"}) {
		t.Errorf("%+v", a)
	}
}

// A head that another release replaces is none, whatever its version.
func TestHeadComesLast(t *testing.T) {
	csvs := []catalog.CSV{
		{Name: "a.v2.0.0", Version: "2.0.0"},
		{Name: "a.v1.1.0", Version: "1.1.0", Replaces: "a.v2.0.0"},
		{Name: "a.v1.0.0", Version: "1.0.0"},
	}
	csvs[2].Replaces, csvs[0].Replaces = "", "a.v1.0.0"
	sortCSVs(csvs)
	if head := csvs[len(csvs)-1]; head.Name != "a.v1.1.0" {
		t.Errorf("the head is %s; expected a.v1.1.0, which replaces a.v2.0.0", head.Name)
	}
}

func TestReadRefuses(t *testing.T) {
	channel := func(name, entries string) string {
		return fmt.Sprintf(`{"schema": "olm.channel", "package": "a", "name": %q, "entries": [%s]}`, name, entries)
	}
	bundle := func(name, version string) string {
		return fmt.Sprintf(`{"schema": "olm.bundle", "package": "a", "name": %q, "properties": [{"type": "olm.package", "value": {"version": %q}}]}`, name, version)
	}
	declared := `{"schema": "olm.package", "name": "a"}`
	for name, tc := range map[string]struct{ reason, stream, want string }{
		"empty":         {"nothing was piped in", " \n", "is empty"},
		"cut off":       {"opm was stopped", small[:len(small)/2], "unexpected EOF"},
		"cut off YAML":  {"opm was stopped", "schema: olm.package\nname: [a", "document 1"},
		"no JSON":       {"text behind a brace", "{]", "blob 1"},
		"wrong type":    {"a channel's entries are a list", `{"schema": "olm.channel", "package": "a", "name": "c", "entries": {}}`, "blob 1"},
		"no schema":     {"some other YAML", "kind: ConfigMap\n", "has no schema"},
		"a list":        {"some other YAML", "- a\n", "document 1"},
		"no package":    {"some other stream", `{"schema": "acme"}`, "has no olm.package"},
		"nameless":      {"a channel of nothing", `{"schema": "olm.channel", "name": "c"}`, "names no package"},
		"no such":       {"misspelt on the command line", small, `has no package a; known are acme, other`},
		"two channels":  {"which one is meant can't be told", declared + channel("c", "") + channel("c", ""), `has two channels "c"`},
		"two bundles":   {"which one is meant can't be told", declared + channel("c", `{"name": "a.v1"}`) + bundle("a.v1", "1.0.0") + bundle("a.v1", "1.0.1"), "has two bundles a.v1"},
		"two packages":  {"two catalogs in one", declared + declared, "is declared twice"},
		"circle":        {"OLM finds no head in it", declared + channel("c", `{"name": "a.v1", "replaces": "a.v2"}, {"name": "a.v2", "replaces": "a.v1"}`) + bundle("a.v1", "1.0.0") + bundle("a.v2", "2.0.0"), "in a circle: a.v1 replaces a.v2 replaces a.v1"},
		"itself":        {"the smallest circle", declared + channel("c", `{"name": "a.v1", "replaces": "a.v1"}`) + bundle("a.v1", "1.0.0"), "in a circle"},
		"no bundle":     {"a channel promises it", declared + channel("c", `{"name": "a.v1"}`), "there is no bundle a.v1"},
		"no version":    {"OLM demands it", declared + channel("c", `{"name": "a.v1"}`) + `{"schema": "olm.bundle", "package": "a", "name": "a.v1"}`, "has no property olm.package"},
		"bad object":    {"base64 that is none", declared + `{"schema": "olm.bundle", "package": "a", "name": "a.v1", "properties": [{"type": "olm.bundle.object", "value": {"data": "?"}}]}`, "olm.bundle.object"},
		"entry twice":   {"which one is meant can't be told", declared + channel("c", `{"name": "a.v1"}, {"name": "a.v1"}`) + bundle("a.v1", "1.0.0"), "appears twice"},
		"all at once":   {"nobody reads a catalog twice", declared + channel("c", `{"name": "a.v1"}`) + channel("c", `{"name": "a.v2"}`), "\n"},
		"empty channel": {"a package without any", declared, "has no channel"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(strings.NewReader(tc.stream), "a test", "a")
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v; expected %q: %s", err, tc.want, tc.reason)
			}
		})
	}
}

// What is written is what PinOperators reads.
func TestItem(t *testing.T) {
	text, err := Item(acme())
	if err != nil {
		t.Fatal(err)
	}
	node, err := yaml.Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	item, results := pinoperators.DecodeCatalog(view.Of(node))
	if results.Failed() {
		t.Fatalf("%v\n%s", results.Err(), text)
	}
	if got := item.Spec.Operators["acme"]; item.Spec.Mode != pinoperators.Replace || !reflect.DeepEqual(got, acme()) {
		t.Errorf("got\n%+v\nexpected\n%+v", got, acme())
	}
	if !view.Of(node).LocalConfig() {
		t.Error("the item would be deployed")
	}
	if line := "- {name: acme.v1.9.0, version: 1.9.0, skips: [acme.v1.8.0]}"; !strings.Contains(string(text), line) {
		t.Errorf("a release takes more than a line:\n%s", text)
	}
}

// fbc is a File-Based Catalog of a size, made while it is read: packages of 50
// bundles each, every bundle with a manifest of 50 kB, as opm render prints them.
func fbc(size int64, document func(string) string) io.Reader {
	r, w := io.Pipe()
	go func() {
		random := rand.New(rand.NewPCG(1, 2))
		bytes := make([]byte, 37_500) // 50 kB in base64
		for i := range bytes {
			bytes[i] = byte(random.Uint32())
		}
		manifest := base64.StdEncoding.EncodeToString(bytes)
		var written int64
		for p := 0; written < size; p++ {
			name := fmt.Sprintf("package-%d", p)
			blobs := []string{fmt.Sprintf(`{"schema": "olm.package", "name": %q, "defaultChannel": "stable"}`, name)}
			var entries []string
			for v := range 50 {
				entry := fmt.Sprintf(`{"name": "%s.v1.%d.0", "replaces": "%s.v1.%d.0"}`, name, v, name, v-1)
				entries = append(entries, entry)
				blobs = append(blobs, fmt.Sprintf(`{"schema": "olm.bundle", "package": %q, "name": "%s.v1.%d.0", "properties": [{"type": "olm.package", "value": {"packageName": %q, "version": "1.%d.0"}}, {"type": "olm.bundle.object", "value": {"data": %q}}]}`,
					name, name, v, name, v, manifest))
			}
			blobs = append(blobs, fmt.Sprintf(`{"schema": "olm.channel", "package": %q, "name": "stable", "entries": [%s]}`, name, strings.Join(entries, ", ")))
			for _, blob := range blobs {
				n, err := io.WriteString(w, document(blob))
				if err != nil {
					return
				}
				written += int64(n)
			}
		}
		_ = w.Close()
	}()
	return r
}

// A catalog of real size takes little memory, for one package and for all.
func TestMemoryIsFlat(t *testing.T) {
	const size, limit = 100 << 20, 200 << 20
	asJSON := func(blob string) string { return blob + "\n" }
	asYAML := func(blob string) string { // the fields one per line, as YAML has them
		return "---\n" + strings.NewReplacer(`{"schema": `, "schema: ", `, "package": `, "\npackage: ", `, "name": "`, "\nname: \"", `, "defaultChannel": `, "\ndefaultChannel: ",
			`, "properties": `, "\nproperties: ", `, "entries": `, "\nentries: ").Replace(strings.TrimSuffix(blob, "}")) + "\n"
	}
	for name, document := range map[string]func(string) string{"JSON": asJSON, "YAML": asYAML} {
		for _, packages := range [][]string{{"package-7"}, nil} {
			t.Run(fmt.Sprint(name, packages), func(t *testing.T) {
				stop := watch()
				start := time.Now()
				operators, err := Read(fbc(size, document), "a test", packages...)
				peak := stop()
				if err != nil {
					t.Fatal(err)
				}
				if n := len(operators["package-7"].Channels["stable"].CSVs); n != 50 {
					t.Errorf("%d releases; expected 50", n)
				}
				t.Logf("100 MB in %d ms, at most %d MB of memory, %d packages", time.Since(start).Milliseconds(), peak>>20, len(operators))
				if peak > limit {
					t.Errorf("%d MB of memory; expected under %d", peak>>20, limit>>20)
				}
			})
		}
	}
}

// watch measures the memory that the program has from the system while it runs.
func watch() (stop func() uint64) {
	debug.FreeOSMemory()
	done, peaks := make(chan struct{}), make(chan uint64)
	go func() {
		var peak uint64
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.Sys-m.HeapReleased)
			select {
			case <-done:
				peaks <- peak
				return
			case <-tick.C:
			}
		}
	}()
	return func() uint64 { close(done); return <-peaks }
}

// Whatever comes in is refused or read; nothing panics.
func FuzzRead(f *testing.F) {
	f.Add(small)
	f.Add("schema: olm.package\nname: a\n---\nschema: olm.channel\npackage: a\nname: c\nentries:\n- name: b\n  replaces: b\n")
	f.Fuzz(func(t *testing.T, stream string) {
		operators, err := Read(strings.NewReader(stream), "a test")
		if err != nil {
			return
		}
		for _, operator := range operators {
			if problems := operator.Check(); len(problems) > 0 {
				t.Errorf("%v", problems)
			}
		}
	})
}
