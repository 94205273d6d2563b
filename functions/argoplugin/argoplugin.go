// Package argoplugin is what Argo CD tells a config management plugin of ours,
// and what the plugin makes sure of before Argo CD gets to see manifests.
//
// An Application says what it wants in variables and parameters. The ones that
// are not declared here are errors: Argo CD passes them on whatever they are,
// and a misspelt one would change nothing and say nothing. Values of undeclared
// ones are in no message.
package argoplugin

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/view"
)

// Parameter is one that an Application may set.
type Parameter struct {
	Name string
	// Tooltip says what it does, in plugin.yaml's words.
	Tooltip string
}

// Names of parameters and variables.
const (
	parameterEnvironment = "environment"
	parameterComponent   = "component"
	versionVariable      = "EDA_FN_VERSION"
)

// Parameters are those of spec.source.plugin.parameters, as plugin.yaml
// announces them. Each may be a variable in spec.source.plugin.env as well, in
// capital letters.
var Parameters = []Parameter{
	{parameterEnvironment, "The environment to render: the folder environments/NAME below the path, or what the kustomization at the path has to be for."},
	{parameterComponent, "Render the objects of one component alone: those with this value of the label app.kubernetes.io/component."},
}

func parameterNames() []string {
	names := make([]string, len(Parameters))
	for i := range Parameters {
		names[i] = Parameters[i].Name
	}
	return names
}

// Call is what an Application asks for.
type Call struct {
	// Application, Namespace, Path and Revision are its name, its destination's
	// namespace, the folder in the repository and the commit. Each may be empty.
	Application, Namespace, Path, Revision string
	// Environment and Component are the parameters, empty where not set.
	Environment, Component string
}

// Where variables come from. Source: Argo CD's user guide, "Build environment",
// and ApplicationSourcePluginParameters.Environ of v3.2.11.
const (
	appPrefix       = "ARGOCD_APP_"
	envPrefix       = "ARGOCD_ENV_"
	parameterPrefix = "PARAM_"
	parametersJSON  = "ARGOCD_APP_PARAMETERS"
)

// Ref is the Application for messages.
func (c *Call) Ref() view.Ref {
	return view.Ref{APIVersion: "argoproj.io/v1alpha1", Kind: "Application", Name: c.Application}
}

// At says which sources a message is about.
func (c *Call) At() string {
	at := cmp.Or(c.Path, "its path")
	if c.Revision != "" {
		at += " at " + c.Revision
	}
	return at
}

// Read reads a program's environment, "NAME=value" each; version is this
// program's.
func Read(environ []string, version string) (*Call, fn.Results) {
	variables := map[string]string{}
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		variables[name] = value
	}
	r := reader{variables: variables, set: map[string]string{}, seen: map[string]bool{}, call: &Call{
		Application: variables[appPrefix+"NAME"], Namespace: variables[appPrefix+"NAMESPACE"],
		Path: variables[appPrefix+"SOURCE_PATH"], Revision: variables[appPrefix+"REVISION"],
	}}
	r.parameters()
	r.bareParameters()
	r.env(version)
	r.call.Environment, r.call.Component = r.set[parameterEnvironment], r.set[parameterComponent]
	return r.call, r.results
}

// reader collects what is set, and what is wrong with it.
type reader struct {
	variables map[string]string
	call      *Call
	set       map[string]string
	// seen are the escaped names that the JSON explains.
	seen    map[string]bool
	results fn.Results
}

func (r *reader) errorf(field, format string, args ...any) {
	r.results = append(r.results, fn.Errorf(r.call.Ref(), field, format, args...))
}

const (
	parametersField = "spec.source.plugin.parameters"
	envField        = "spec.source.plugin.env"
)

// parameters reads the JSON of spec.source.plugin.parameters.
func (r *reader) parameters() {
	text := r.variables[parametersJSON]
	if text == "" {
		return
	}
	var list []struct {
		Name   string            `json:"name"`
		String *string           `json:"string"`
		Array  []string          `json:"array"`
		Map    map[string]string `json:"map"`
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		r.errorf(parametersField, "is no list of parameters in %s (its text is withheld)", parametersJSON)
		return
	}
	for _, p := range list {
		r.seen[escaped(p.Name)] = true
		field := parametersField + "[" + p.Name + "]"
		switch {
		case !slices.Contains(parameterNames(), p.Name):
			r.errorf(field, "is not declared by the plugin, which would not heed it%s", fnconfig.Suggest(p.Name, parameterNames()))
		case p.String == nil || p.Array != nil || p.Map != nil:
			r.errorf(field, "is an array or a map; expected string")
		default:
			r.take(p.Name, *p.String, field)
		}
	}
}

// bareParameters reads PARAM_ variables that no JSON explains: somebody calls
// the program by hand.
func (r *reader) bareParameters() {
	for _, name := range sorted(r.variables) {
		short, found := strings.CutPrefix(name, parameterPrefix)
		if !found || r.explained(short) {
			continue
		}
		i := slices.IndexFunc(Parameters, func(p Parameter) bool { return escaped(p.Name) == short })
		if i < 0 {
			r.errorf(name, "is no parameter that the plugin declares%s", fnconfig.Suggest(strings.ToLower(short), parameterNames()))
			continue
		}
		r.take(Parameters[i].Name, r.variables[name], name)
	}
}

// explained says whether a variable is made of a parameter of the JSON: NAME,
// or NAME_ with an index or a key.
func (r *reader) explained(short string) bool {
	for name := range r.seen {
		if short == name || strings.HasPrefix(short, name+"_") {
			return true
		}
	}
	return false
}

// env reads the variables of spec.source.plugin.env.
func (r *reader) env(version string) {
	known := []string{versionVariable}
	for _, p := range Parameters {
		known = append(known, escaped(p.Name))
	}
	for _, name := range sorted(r.variables) {
		short, found := strings.CutPrefix(name, envPrefix)
		if !found {
			continue
		}
		value, field := r.variables[name], envField+"["+short+"]"
		i := slices.Index(known, short)
		switch {
		case i < 0:
			r.errorf(field, "is not declared by the plugin, which would not heed it%s", fnconfig.Suggest(short, known))
		case i > 0:
			r.take(Parameters[i-1].Name, value, field)
		case value != version:
			r.errorf(field, "is %s, but the plugin is eda-fn %s, and two versions may render differently; generate the Applications with this version, or install that one", shown(value), version)
		}
	}
}

// take sets a parameter, which may be said twice but not in two ways.
func (r *reader) take(name, value, field string) {
	if !label.MatchString(value) {
		r.errorf(field, "is no name of %s (value withheld); expected lower case letters, digits and dashes", article(name))
		return
	}
	if other, found := r.set[name]; found && other != value {
		r.errorf(field, "is %q, but the %s is said to be %q elsewhere in the Application; say it once", value, name, other)
		return
	}
	r.set[name] = value
}

func article(name string) string {
	if name == parameterEnvironment {
		return "an " + name
	}
	return "a " + name
}

// label is a DNS label, and a label's value that is one word.
var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$`)

// release is a version as releases are numbered; what is none is not shown.
var release = regexp.MustCompile(`^v?[0-9]+(\.[0-9]+){0,2}(-[0-9A-Za-z.-]{1,30})?$`)

func shown(version string) string {
	if release.MatchString(version) {
		return version
	}
	return "no version (value withheld)"
}

var notInName = regexp.MustCompile("[^A-Z0-9_]")

// escaped is a parameter's name as Argo CD writes it into a variable's.
func escaped(name string) string { return notInName.ReplaceAllString(strings.ToUpper(name), "_") }

func sorted(variables map[string]string) []string {
	names := make([]string, 0, len(variables))
	for name := range variables {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Folder is where the kustomization is that the Application asks for: dir
// itself, or an environment's below it.
func (c *Call) Folder(dir string, isKustomization func(dir string) bool) (string, fn.Results) {
	if c.Environment == "" || isKustomization(dir) {
		return dir, nil
	}
	below := filepath.Join(dir, "environments", c.Environment)
	if info, err := os.Stat(below); err == nil && info.IsDir() {
		return below, nil
	}
	var known []string
	entries, _ := os.ReadDir(filepath.Dir(below)) // none is no environment
	for _, entry := range entries {
		if entry.IsDir() || entry.Type()&fs.ModeSymlink != 0 {
			known = append(known, entry.Name())
		}
	}
	return "", fn.Results{fn.Errorf(c.Ref(), parametersField+"["+parameterEnvironment+"]",
		"there is neither a kustomization nor environments/%s in the Application's path%s", c.Environment, fnconfig.Suggest(c.Environment, known))}
}

// CheckConfigs finds a kustomization of another environment than the
// Application's; configs are those of its functions.
func (c *Call) CheckConfigs(configs []*yaml.RNode) fn.Results {
	if c.Environment == "" {
		return nil
	}
	found := environments(configs)
	field := parametersField + "[" + parameterEnvironment + "]"
	switch {
	case len(found) == 0:
		return fn.Results{fn.Errorf(c.Ref(), field, "is %q, but the functions of the kustomization name no environment; leave the parameter out", c.Environment)}
	case !slices.Contains(found, c.Environment):
		return fn.Results{fn.Errorf(c.Ref(), field, "is %q, but the path renders %s; correct one of the two", c.Environment, strings.Join(found, ", "))}
	}
	return nil
}

// environments are those that functions are configured for, steps of a Pipeline
// among them.
func environments(configs []*yaml.RNode) []string {
	var found []string
	for _, config := range configs {
		o := view.Of(config)
		nodes := []*yaml.Node{o.Lookup("spec", "environment")}
		if steps := o.Lookup("spec", "steps"); steps != nil {
			for _, step := range steps.Content {
				nodes = append(nodes, view.Lookup(step, "spec", "environment"))
			}
		}
		for _, node := range nodes {
			if name := view.Text(node); name != "" && !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
	}
	slices.Sort(found)
	return found
}

// CheckItems finds manifests that are not what the Application syncs: none at
// all, which Argo CD would take for the wish to delete everything, or those of
// another namespace.
func (c *Call) CheckItems(items []*yaml.RNode) fn.Results {
	if len(items) == 0 {
		what := "the path renders no object"
		if c.Component != "" {
			what = fmt.Sprintf("no object has the label %s: %s", build.ComponentLabel, c.Component)
		}
		return fn.Results{fn.Errorf(c.Ref(), "spec.source", "%s, and Argo CD would prune all that the Application has; to delete it, delete the Application", what)}
	}
	var namespaces []string
	for _, item := range items {
		if namespace := view.Of(item).Namespace(); namespace != "" && !slices.Contains(namespaces, namespace) {
			namespaces = append(namespaces, namespace)
		}
	}
	slices.Sort(namespaces)
	if c.Namespace != "" && len(namespaces) > 0 && !slices.Contains(namespaces, c.Namespace) {
		return fn.Results{fn.Errorf(c.Ref(), "spec.destination.namespace", "is %q, but every object is for %s; correct the path or the destination",
			c.Namespace, strings.Join(namespaces, ", "))}
	}
	return nil
}

// Wants says whether an object is one of the component that was asked for.
func (c *Call) Wants(o view.Object) bool {
	if c.Component == "" {
		return true
	}
	component, _ := o.Label(build.ComponentLabel)
	return component == c.Component
}
