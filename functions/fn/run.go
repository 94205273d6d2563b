package fn

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
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

// Kinds lists the kinds that users write, in the set's order.
func (s Set) Kinds() []string {
	kinds := make([]string, 0, len(s))
	for i := range s {
		if !s[i].Internal {
			kinds = append(kinds, s[i].Kind)
		}
	}
	return kinds
}

func (s Set) names() []string {
	names := make([]string, len(s))
	for i := range s {
		names[i] = s[i].Name
	}
	return names
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
	if emptySpec(node, config) {
		return nil, append(results, config.Head().Errorf("spec", "is missing or empty; expected fields such as %s",
			strings.Join(specFields(config), ", ")))
	}
	return config, results
}

// emptySpec says whether a config that has a spec says nothing in it: a step of
// a Pipeline may, a functionConfig was cut off.
func emptySpec(node *yaml.RNode, config Config) bool {
	spec := view.Of(node).Lookup("spec")
	return specFields(config) != nil && (spec == nil || len(spec.Content) == 0)
}

// specFields returns the names of the fields in a config's spec, nil when it
// has no spec.
func specFields(config Config) []string {
	spec, found := reflect.TypeOf(config).Elem().FieldByName("Spec")
	if !found || spec.Type.Kind() != reflect.Struct {
		return nil
	}
	return fnconfig.FieldNames(spec.Type)
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
		fmt.Fprintln(call.Stderr, Errorf(view.Ref{}, "", "%v", err))
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
func Process(data []byte, functions Set, name string, env Env) (output []byte, results Results, err error) {
	list, err := read(data)
	if err != nil {
		return nil, nil, err
	}
	if results = list.apply(functions, name, env); !results.Failed() {
		output, err := list.render(results)
		if err == nil {
			return output, results, nil
		}
		results = append(results, Errorf(view.Ref{}, "", "%v", err))
	}
	// The nodes may be half edited: write what came in.
	if list, err = read(data); err != nil {
		return nil, results, err
	}
	output, err = list.render(results)
	return output, results, err
}

// read is ReadResourceList, where a panic of kyaml is an error.
func read(data []byte) (list *ResourceList, err error) {
	defer recoverTo(&err)
	return ReadResourceList(data)
}

// render is Write to bytes, where a panic of kyaml is an error.
func (l *ResourceList) render(results Results) (output []byte, err error) {
	defer recoverTo(&err)
	var out bytes.Buffer
	if err := l.Write(&out, results); err != nil {
		text, _, _ := strings.Cut(err.Error(), ": node contents:") // may be a secret's
		return nil, fmt.Errorf("writing the ResourceList: %s", text)
	}
	return out.Bytes(), nil
}

// recoverTo makes an error of a panic; it is for defer.
func recoverTo(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf(internalError, panicText(r))
	}
}

func (l *ResourceList) apply(functions Set, name string, env Env) (results Results) {
	defer func() {
		if r := recover(); r != nil { // in Default or Validate; Apply has its own
			results = Results{Errorf(view.Ref{}, "", internalError, panicText(r))}
		}
	}()
	if results = l.earlierErrors(); results.Failed() {
		return results
	}
	node, results := l.chooseConfig(functions, name)
	if results.Failed() {
		return results
	}
	config, results := functions.Decode(node)
	if config == nil {
		return results
	}
	config.Head().FromConfigMap = node != l.Config // chooseConfig made it
	items, found := Apply(config, env, l.Items)
	l.Items = items
	return append(results, found...)
}

// earlierErrors refuses what a function before this one failed on: with exit
// status 0 its errors would pass.
func (l *ResourceList) earlierErrors() Results {
	if l.Results == nil {
		return nil
	}
	for i, result := range l.Results.Content {
		severity := Result{Severity: Severity(view.Text(view.Field(result, "severity")))}.severity()
		if result.Kind == yaml.MappingNode && severity == Error {
			return Results{Errorf(view.Ref{}, fmt.Sprintf("results[%d]", i),
				"is an error of an earlier function; mend what it reports, nothing was done here")}
		}
	}
	return nil
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
		return nil, Results{Errorf(view.Ref{}, "", "there is no function %q%s", name, fnconfig.Suggest(name, functions.names()))}
	}
	if configMap {
		return fromConfigMap(o, function)
	}
	if o.Kind() != function.Kind {
		return nil, Results{Errorf(o.Ref(), "kind", "is %q, but the function called is %s; expected %s", o.Kind(), name, function.Kind)}
	}
	return l.Config, nil
}

// fromConfigMap turns the data of a ConfigMap, key=value as kpt fn eval takes
// them, into a functionConfig: a key is a path of fields below spec, and a
// value is YAML ("[a, b]", "{a: b}") where it is not plain text.
func fromConfigMap(o view.Object, function Function) (*yaml.RNode, Results) {
	name := o.Name()
	if name == "" {
		name = "function-input"
	}
	spec := view.Map()
	config := view.Map(
		"apiVersion", view.String(APIVersion), "kind", view.String(function.Kind),
		"metadata", view.Map("name", view.String(name)), "spec", spec)
	data := o.Lookup("data")
	if data == nil {
		return yaml.NewRNode(config), nil
	}
	if data.Kind != yaml.MappingNode {
		return nil, Results{Errorf(o.Ref(), "data", "is %s; expected key: value", what(data))}
	}
	var results Results
	for i := 0; i+1 < len(data.Content); i += 2 {
		if err := setPath(spec, data.Content[i].Value, data.Content[i+1]); err != nil {
			results = append(results, Errorf(o.Ref(), view.Path("data", data.Content[i].Value), "%v", err))
		}
	}
	return yaml.NewRNode(config), results
}

// setPath writes a ConfigMap's value at a path of fields joined by dots.
func setPath(spec *yaml.Node, path string, value *yaml.Node) error {
	if view.IsNull(value) {
		return nil
	}
	if value.Kind != yaml.ScalarNode {
		return fmt.Errorf("is %s; expected text, in quotes where it is YAML", what(value))
	}
	parsed, err := flowValue(value)
	if err != nil {
		return err
	}
	keys := strings.Split(path, ".")
	last := len(keys) - 1
	for i := range keys[:last] {
		if set := view.Lookup(spec, keys[:i+1]...); set != nil && set.Kind != yaml.MappingNode {
			return fmt.Errorf("and %s are both given; keep one of the two", strings.Join(keys[:i+1], "."))
		}
	}
	parent := view.Ensure(spec, keys[:last]...)
	if view.Field(parent, keys[last]) != nil {
		return errors.New("and fields below it are both given; keep one of the two")
	}
	view.SetField(parent, keys[last], parsed)
	return nil
}

// flowValue parses a ConfigMap's value that is a YAML list or map; everything
// else is text that the field's own type reads.
func flowValue(value *yaml.Node) (*yaml.Node, error) {
	text := &yaml.Node{Kind: yaml.ScalarNode, Tag: fnconfig.TextTag, Value: value.Value}
	if !strings.HasPrefix(value.Value, "{") && !strings.HasPrefix(value.Value, "[") {
		return text, nil
	}
	parsed, err := singleDocument([]byte(value.Value))
	if err != nil {
		return text, nil //nolint:nilerr // text that begins with a bracket
	}
	var s survey
	if s.finds(parsed) {
		return nil, fmt.Errorf("%s: the key appears twice; keep one of the two", s.path())
	}
	return newExpander().expand(parsed)
}

func sortedKeys(m map[string]string) []string {
	return slices.Sorted(maps.Keys(m))
}
