package fn

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/view"
)

// Set is the functions that a program knows.
type Set []Function

// ByName returns the function of a command or image name.
func (s Set) ByName(name string) (Function, bool) {
	i := slices.IndexFunc(s, func(f Function) bool { return f.Name == name })
	if i < 0 {
		return Function{}, false
	}
	return s[i], true
}

// ByKind returns the function of a functionConfig's kind.
func (s Set) ByKind(kind string) (Function, bool) {
	i := slices.IndexFunc(s, func(f Function) bool { return f.Kind == kind })
	if i < 0 {
		return Function{}, false
	}
	return s[i], true
}

// Kinds lists the kinds, in the set's order.
func (s Set) Kinds() []string {
	kinds := make([]string, len(s))
	for i := range s {
		kinds[i] = s[i].Kind
	}
	return kinds
}

// Parse reads a functionConfig strictly, without defaults and validation (see
// Check). The config is nil when a result is an error.
func (s Set) Parse(node *yaml.RNode) (Config, Results) {
	o := view.Of(node)
	ref := view.Ref{APIVersion: APIVersion, Kind: o.Kind(), Name: o.Name()}
	if o.APIVersion() != APIVersion {
		return nil, Results{Errorf(o.Ref(), "apiVersion", "is %q; expected %s with one of the kinds %s",
			o.APIVersion(), APIVersion, strings.Join(s.Kinds(), ", "))}
	}
	function, known := s.ByKind(o.Kind())
	if !known {
		return nil, Results{Errorf(ref, "kind", "there is no function %q%s", o.Kind(), fnconfig.Suggest(o.Kind(), s.Kinds()))}
	}
	config := function.New()
	var results Results
	for _, problem := range fnconfig.Decode(node.YNode(), config) {
		results = append(results, Errorf(ref, problem.Path, "%s", problem.Message))
	}
	if results.Failed() {
		return nil, results
	}
	return config, nil
}

// Decode is Parse and Check.
func (s Set) Decode(node *yaml.RNode) (Config, Results) {
	config, results := s.Parse(node)
	if config == nil {
		return nil, results
	}
	if results = Check(config); results.Failed() {
		return nil, results
	}
	return config, results
}

// Check fills a config's defaults and validates it.
func Check(config Config) Results {
	config.Default()
	return config.Validate()
}

// Invocation is one call of the program as a function.
type Invocation struct {
	// Functions that may be called.
	Functions Set
	// Name of the function as a command, empty to choose by functionConfig's
	// kind. With a name, a ConfigMap serves as functionConfig (kpt fn eval).
	Name string
	// Env for the Transform.
	Env    Env
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
}

// Run reads one ResourceList, runs the function and writes one ResourceList;
// it returns the exit status. See the package doc for what it promises.
func Run(call Invocation) int {
	data, err := io.ReadAll(io.LimitReader(call.Stdin, MaxInput+1))
	if err == nil && len(data) > MaxInput {
		err = fmt.Errorf("stdin is larger than %d bytes", MaxInput)
	}
	if err != nil {
		fmt.Fprintf(call.Stderr, "error: reading stdin: %v\n", err)
		return 1
	}
	output, results, err := Process(data, call.Functions, call.Name, call.Env)
	for i := range results {
		if results[i].Severity != Info {
			fmt.Fprintln(call.Stderr, results[i])
		}
	}
	if err != nil {
		fmt.Fprintf(call.Stderr, "error: %v\n", err)
		return 1
	}
	if _, err := call.Stdout.Write(output); err != nil {
		fmt.Fprintf(call.Stderr, "error: writing stdout: %v\n", err)
		return 1
	}
	if results.Failed() {
		return 1
	}
	return 0
}

// Process is Run on bytes: the output ResourceList and the results. When a
// result is an error, the output holds the input's items unchanged. An error
// means that there is no ResourceList to write: data is none.
func Process(data []byte, functions Set, name string, env Env) ([]byte, Results, error) {
	list, err := ReadResourceList(data)
	if err != nil {
		return nil, nil, err
	}
	results := list.apply(functions, name, env)
	if results.Failed() {
		// The nodes may be half edited: write what came in.
		if list, err = ReadResourceList(data); err != nil {
			return nil, results, err
		}
	}
	var out bytes.Buffer
	if err := list.Write(&out, results); err != nil {
		return nil, results, fmt.Errorf("writing the ResourceList: %w", err)
	}
	return out.Bytes(), results, nil
}

func (l *ResourceList) apply(functions Set, name string, env Env) Results {
	node, results := l.chooseConfig(functions, name)
	if results.Failed() {
		return results
	}
	config, results := functions.Decode(node)
	if config == nil {
		return results
	}
	items, found := Apply(config, env, l.Items)
	l.Items = items
	return append(results, found...)
}

// chooseConfig returns the functionConfig for a function's name, made from a
// ConfigMap if need be.
func (l *ResourceList) chooseConfig(functions Set, name string) (*yaml.RNode, Results) {
	if l.Config == nil {
		return nil, Results{Errorf(view.Ref{}, "functionConfig", "is missing; expected %s with one of the kinds %s",
			APIVersion, strings.Join(functions.Kinds(), ", "))}
	}
	o := view.Of(l.Config)
	configMap := o.APIVersion() == "v1" && o.Kind() == "ConfigMap"
	if name == "" {
		if configMap {
			return nil, Results{Errorf(o.Ref(), "", "a ConfigMap does not say which function it is for; name it: eda-fn %s, or use the function's own image",
				functions[0].Name)}
		}
		return l.Config, nil
	}
	function, known := functions.ByName(name)
	if !known {
		return nil, Results{Errorf(view.Ref{}, "", "there is no function %q", name)}
	}
	if configMap {
		return fromConfigMap(o, function), nil
	}
	if o.Kind() != function.Kind {
		return nil, Results{Errorf(o.Ref(), "kind", "is %q, but the function called is %s; expected %s", o.Kind(), name, function.Kind)}
	}
	return l.Config, nil
}

// fromConfigMap turns the data of a ConfigMap, key=value as kpt fn eval takes
// them, into a functionConfig: a key is a path of fields below spec, and a
// value is YAML ("[a, b]", "true") where it is not plain text.
func fromConfigMap(o view.Object, function Function) *yaml.RNode {
	name := o.Name()
	if name == "" {
		name = "function-input"
	}
	spec := view.Map()
	config := view.Map(
		"apiVersion", view.String(APIVersion), "kind", view.String(function.Kind),
		"metadata", view.Map("name", view.String(name)), "spec", spec)
	data := o.Lookup("data")
	for i := 0; data != nil && i+1 < len(data.Content); i += 2 {
		path := strings.Split(data.Content[i].Value, ".")
		last := len(path) - 1
		view.SetField(view.Ensure(spec, path[:last]...), path[last], flowValue(data.Content[i+1]))
	}
	return yaml.NewRNode(config)
}

// flowValue parses a ConfigMap's value that is a YAML list or map; everything
// else is text that the field's own type reads.
func flowValue(value *yaml.Node) *yaml.Node {
	if strings.HasPrefix(value.Value, "{") || strings.HasPrefix(value.Value, "[") {
		if parsed, err := yaml.Parse(value.Value); err == nil {
			return parsed.YNode()
		}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: fnconfig.TextTag, Value: value.Value}
}

func sortedKeys(m map[string]string) []string {
	return slices.Sorted(maps.Keys(m))
}
