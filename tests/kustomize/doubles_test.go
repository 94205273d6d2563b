package kustomize_test

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/pipeline"
	"github.com/eda-gitops/functions/functions/view"
	"github.com/eda-gitops/functions/tests/host"
)

// The test binary is four programs, by the name under which it is called: the
// tests; eda-fn, a multi-call function with Probes for functions; eda-build,
// which builds a folder with them as `eda-fn build` does; and foreign, somebody
// else's function, whose output depends on the order of its input.
func TestMain(m *testing.M) {
	switch filepath.Base(os.Args[0]) {
	case "eda-fn":
		os.Exit(edaFn())
	case "eda-build":
		os.Exit(edaBuild())
	case "foreign":
		os.Exit(foreign())
	}
	os.Exit(tests(m))
}

func tests(m *testing.M) int {
	bin, err := os.MkdirTemp("", "eda-doubles-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(bin)
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	for _, name := range []string{"eda-fn", "eda-build", "foreign"} {
		if err := os.Symlink(self, filepath.Join(bin, name)); err != nil {
			panic(err)
		}
	}
	doubles = bin
	if err := os.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH")); err != nil {
		panic(err)
	}
	return host.Main(m)
}

// doubles is the folder of the programs that this binary stands in for.
var doubles string

// callsEnv names a file to which each call of eda-fn as a function adds a line
// with its functionConfig's kind.
const callsEnv = "EDA_TEST_CALLS"

func edaFn() int {
	input, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	logCall(input)
	return fn.Run(fn.Invocation{
		Functions: slices.Concat(probes, fn.Set{build.NewChain(probes)}), Env: fntest.Env(),
		Stdin: strings.NewReader(string(input)), Stdout: os.Stdout, Stderr: os.Stderr,
	})
}

func logCall(input []byte) {
	path := os.Getenv(callsEnv)
	if path == "" {
		return
	}
	kind := "unreadable"
	if list, err := fn.ReadResourceList(input); err == nil && list.Config != nil {
		kind = view.Of(list.Config).Kind()
	}
	log, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer log.Close()
	fmt.Fprintln(log, kind)
}

// edaBuild is `eda-fn build` with Probes; it writes what stands in the way of
// building in process, a line each, into the file -obstacles.
func edaBuild() int {
	options := build.Options{Functions: probes, Env: fntest.Env()}
	flag.StringVar(&options.Self, "self", "", "")
	flag.BoolVar(&options.EnableExec, "enable-exec", false, "")
	flag.BoolVar(&options.EnableContainers, "enable-containers", false, "")
	flag.BoolVar(&options.AllowRemote, "allow-remote", false, "")
	obstacles := flag.String("obstacles", "", "")
	flag.Parse()
	result, err := build.Build(options, flag.Arg(0))
	if err != nil {
		fmt.Fprintf(os.Stderr, "error: %v\n", err)
		return 1
	}
	build.Report(os.Stderr, result.Results)
	if err := os.WriteFile(*obstacles, []byte(strings.Join(result.Facts.Obstacles, "\n")), 0o600); err != nil {
		panic(err)
	}
	if result.Results.Failed() {
		return 1
	}
	if _, err := os.Stdout.Write(result.YAML); err != nil {
		panic(err)
	}
	return 0
}

// foreign annotates each item with its position.
func foreign() int {
	rw := &kio.ByteReadWriter{Reader: os.Stdin, Writer: os.Stdout, KeepReaderAnnotations: true}
	number := kio.FilterFunc(func(items []*yaml.RNode) ([]*yaml.RNode, error) {
		for i, item := range items {
			if err := item.PipeE(yaml.SetAnnotation("example.com/position", strconv.Itoa(i))); err != nil {
				return nil, err
			}
		}
		return items, nil
	})
	if err := (kio.Pipeline{Inputs: []kio.Reader{rw}, Filters: []kio.Filter{number}, Outputs: []kio.Writer{rw}}).Execute(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// probes are the functions of these tests. Some have the kinds of real
// functions, whose order build holds.
var probes = func() fn.Set {
	var set fn.Set
	for _, kind := range []string{"Probe", "PinOperators", "InjectNamespace"} {
		set = append(set, fn.Function{Name: strings.ToLower(kind), Kind: kind, Short: "does what its config says", New: func() fn.Config { return &Probe{} }})
	}
	return append(set, pipeline.New(set))
}()

// Probe is a function that does what its config says, in the order of the
// fields.
type Probe struct {
	fn.Header `yaml:",inline"`
	Spec      struct {
		// Labels for every manifest.
		Labels map[string]string `yaml:"labels,omitempty"`
		// Annotations for every manifest.
		Annotations map[string]string `yaml:"annotations,omitempty"`
		// Names and Namespaces are replaced, old by new.
		Names      map[string]string `yaml:"names,omitempty"`
		Namespaces map[string]string `yaml:"namespaces,omitempty"`
		// Types are replaced: an object's kind by "apiVersion kind".
		Types map[string]string `yaml:"types,omitempty"`
		// Data sets keys of every ConfigMap's data.
		Data map[string]string `yaml:"data,omitempty"`
		// Delete the objects of these names.
		Delete []string `yaml:"delete,omitempty"`
		// Create these objects, where there is none of the same kind and name.
		Create []yaml.Node `yaml:"create,omitempty"`
		// Record everything that is among the items into a ConfigMap of this name.
		Record string `yaml:"record,omitempty"`
		// Warn and Fail are messages.
		Warn string `yaml:"warn,omitempty"`
		Fail string `yaml:"fail,omitempty"`
		// Number is recorded as it is decoded.
		Number int `yaml:"number,omitempty"`
	} `yaml:"spec"`
}

// Default has nothing to fill.
func (p *Probe) Default() {}

// Validate has nothing to check.
func (p *Probe) Validate() fn.Results { return nil }

// Transform does what the config says.
func (p *Probe) Transform(_ fn.Env, items []*yaml.RNode) ([]*yaml.RNode, fn.Results) {
	seen := record(items)
	for _, o := range view.Manifests(items) {
		p.edit(o)
	}
	items = slices.DeleteFunc(slices.Clone(items), func(item *yaml.RNode) bool {
		return slices.Contains(p.Spec.Delete, view.Of(item).Name())
	})
	for i := range p.Spec.Create {
		items = upsert(items, yaml.NewRNode(view.Copy(&p.Spec.Create[i])))
	}
	if p.Spec.Record != "" {
		items = upsert(items, yaml.NewRNode(view.Map(
			"apiVersion", view.String("v1"), "kind", view.String("ConfigMap"),
			"metadata", view.Map("name", view.String(p.Spec.Record)),
			"data", view.Map("number", view.String(strconv.Itoa(p.Spec.Number)), "seen", view.String(seen)))))
	}
	var results fn.Results
	if p.Spec.Warn != "" {
		results = append(results, p.Warnf("spec.warn", "%s", p.Spec.Warn))
	}
	if p.Spec.Fail != "" {
		results = append(results, p.Errorf("spec.fail", "%s", p.Spec.Fail))
	}
	return items, results
}

func (p *Probe) edit(o view.Object) {
	for _, key := range sorted(p.Spec.Labels) {
		o.SetLabel(key, p.Spec.Labels[key])
	}
	for _, key := range sorted(p.Spec.Annotations) {
		o.SetAnnotation(key, p.Spec.Annotations[key])
	}
	if name, found := p.Spec.Names[o.Name()]; found {
		o.Set(name, "metadata", "name")
	}
	if namespace, found := p.Spec.Namespaces[o.Namespace()]; found {
		o.Set(namespace, "metadata", "namespace")
	}
	if api, kind, found := strings.Cut(p.Spec.Types[o.Kind()], " "); found {
		o.Set(api, "apiVersion")
		o.Set(kind, "kind")
	}
	if o.Kind() != "ConfigMap" {
		return
	}
	for _, key := range sorted(p.Spec.Data) {
		o.Set(p.Spec.Data[key], "data", key)
	}
}

func upsert(items []*yaml.RNode, made *yaml.RNode) []*yaml.RNode {
	o := view.Of(made)
	for i, item := range items {
		if other := view.Of(item); other.Kind() == o.Kind() && other.Name() == o.Name() {
			items[i] = made
			return items
		}
	}
	return append(items, made)
}

// record lists every scalar that a function sees, with its path and what YAML
// takes it for. The order of items counts, that of keys does not, and hosts'
// bookkeeping is left out.
func record(items []*yaml.RNode) string {
	var all []string
	for _, item := range items {
		var lines []string
		walk(view.Of(item).Node(), view.Of(item).Kind(), func(path string, leaf *yaml.Node) {
			lines = append(lines, fmt.Sprintf("%s %s %q", path, leaf.ShortTag(), leaf.Value))
		})
		slices.Sort(lines)
		all = append(all, lines...)
	}
	return strings.Join(all, "\n")
}

func walk(node *yaml.Node, path string, visit func(string, *yaml.Node)) {
	switch {
	case node.Kind == yaml.ScalarNode || len(node.Content) == 0:
		visit(path, node)
	case node.Kind == yaml.SequenceNode:
		for i, child := range node.Content {
			walk(child, fmt.Sprintf("%s[%d]", path, i), visit)
		}
	default:
		for i := 0; i+1 < len(node.Content); i += 2 {
			if key := node.Content[i].Value; !view.InternalAnnotation(key) && !slices.Contains(view.FunctionAnnotations, key) {
				walk(node.Content[i+1], path+"/"+key, visit)
			}
		}
	}
}

func sorted(m map[string]string) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
