// Package solution reads the Solution: the one object that names a solution's
// repository, clusters, environments and components. It is data, not a
// function: an item of the package, marked config.kubernetes.io/local-config,
// that functions read and nobody deploys.
package solution

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/view"
)

// Kind of the object.
const Kind = "Solution"

// DefaultBaseNamespace is what a base says in place of an environment's
// namespace. It is no DNS label, so that an API server refuses manifests that
// no function has seen.
const DefaultBaseNamespace = "ENVIRONMENT"

// Classes of environments, from the smallest to the largest.
var Classes = []string{"dev", "stage", "prod"}

// Solution declares all environments and services of one product.
type Solution struct {
	fn.Header `yaml:",inline"`
	Spec      Spec `yaml:"spec"`
}

// Spec of a Solution.
type Spec struct {
	// RepoURL is the Git repository that holds the solution: https, ssh or
	// scp-like (git@host:path).
	RepoURL string `yaml:"repoURL"`
	// TargetRevision is the branch, tag or commit that Argo CD follows.
	// Required by GenerateArgoApps.
	TargetRevision string `yaml:"targetRevision,omitempty"`
	// BaseNamespace is the namespace that the base says. Defaults to
	// ENVIRONMENT.
	BaseNamespace string `yaml:"baseNamespace,omitempty"`
	// Clusters by name.
	Clusters map[string]Cluster `yaml:"clusters,omitempty"`
	// Environments by name.
	Environments map[string]Environment `yaml:"environments"`
	// Components by the value of the label app.kubernetes.io/component.
	Components map[string]Component `yaml:"components,omitempty"`
}

// Cluster is one OpenShift cluster.
type Cluster struct {
	// Destination is the cluster as Argo CD knows it.
	Destination Destination `yaml:"destination"`
}

// Destination names a cluster by its API server or by its name in Argo CD,
// never both.
type Destination struct {
	// Server is the API server's URL.
	Server string `yaml:"server,omitempty"`
	// Name is the cluster's name in Argo CD.
	Name string `yaml:"name,omitempty"`
}

// Environment is one namespace of one cluster, in which the solution runs.
type Environment struct {
	// Class is dev, stage or prod: what defaults and checks go by. Defaults to
	// the environment's name when that is one of them.
	Class string `yaml:"class,omitempty"`
	// Cluster is a name among spec.clusters.
	Cluster string `yaml:"cluster"`
	// Namespace is a DNS label, unique in its cluster.
	Namespace string `yaml:"namespace"`
}

// Component is a service or an app of the solution.
type Component struct {
	// Wave is Argo CD's sync wave; a lower one syncs earlier.
	Wave int `yaml:"wave,omitempty"`
}

// Default fills baseNamespace and classes.
func (s *Solution) Default() {
	if s.Spec.BaseNamespace == "" {
		s.Spec.BaseNamespace = DefaultBaseNamespace
	}
	for name, env := range s.Spec.Environments {
		if env.Class == "" && slices.Contains(Classes, name) {
			env.Class = name
			s.Spec.Environments[name] = env
		}
	}
}

// Validate checks the Solution alone.
func (s *Solution) Validate() fn.Results {
	var results fn.Results
	if s.Metadata.Name == "" {
		results = append(results, s.Errorf("metadata.name", "is missing; expected the solution's name, such as rt-inventory"))
	}
	if err := ValidRepoURL(s.Spec.RepoURL); err != nil {
		results = append(results, s.Errorf("spec.repoURL", "%v", err))
	}
	if len(s.Spec.Environments) == 0 {
		results = append(results, s.Errorf("spec.environments", "is empty; name at least one: dev: {cluster: nonprod, namespace: my-app-dev}"))
	}
	for _, name := range Names(s.Spec.Clusters) {
		d := s.Spec.Clusters[name].Destination
		if (d.Server == "") == (d.Name == "") {
			results = append(results, s.Errorf(view.Path("spec", "clusters", name)+".destination", "needs server or name, and not both"))
		}
	}
	taken := map[Environment]string{}
	for _, name := range Names(s.Spec.Environments) {
		env := s.Spec.Environments[name]
		results = append(results, s.validateEnvironment(name, env)...)
		place := Environment{Cluster: env.Cluster, Namespace: env.Namespace}
		if other, found := taken[place]; found && env.Namespace != "" {
			results = append(results, s.Errorf(view.Path("spec", "environments", name)+".namespace",
				"%q is the namespace of environment %s already, in the same cluster", env.Namespace, other))
		}
		taken[place] = name
	}
	return results
}

func (s *Solution) validateEnvironment(name string, env Environment) fn.Results {
	var results fn.Results
	at := view.Path("spec", "environments", name)
	if err := ValidNamespace(env.Namespace); err != nil {
		results = append(results, s.Errorf(at+".namespace", "%v", err))
	}
	if !slices.Contains(Classes, env.Class) {
		results = append(results, s.Errorf(at+".class", "is %q; expected one of %s", env.Class, strings.Join(Classes, ", ")))
	}
	if _, found := s.Spec.Clusters[env.Cluster]; env.Cluster == "" {
		results = append(results, s.Errorf(at+".cluster", "is missing; expected a name among spec.clusters"))
	} else if !found {
		results = append(results, s.Errorf(at+".cluster", "there is no cluster %q among spec.clusters%s",
			env.Cluster, fnconfig.Suggest(env.Cluster, Names(s.Spec.Clusters))))
	}
	return results
}

// Environment returns an environment by name.
func (s *Solution) Environment(name string) (Environment, error) {
	env, found := s.Spec.Environments[name]
	if !found {
		return Environment{}, fmt.Errorf("the Solution %s has no environment %q%s",
			s.Metadata.Name, name, fnconfig.Suggest(name, Names(s.Spec.Environments)))
	}
	return env, nil
}

// Others returns the names of all environments but one, sorted.
func (s *Solution) Others(name string) []string {
	names := Names(s.Spec.Environments)
	return slices.DeleteFunc(names, func(n string) bool { return n == name })
}

// Find returns the Solution among items, nil when there is none. More than one,
// or one that is not valid, is an error result.
func Find(items []*yaml.RNode) (*Solution, fn.Results) {
	var found *Solution
	var results fn.Results
	for _, item := range items {
		o := view.Of(item)
		if !o.Is(fn.Group, Kind) {
			continue
		}
		s, problems := Decode(o)
		results = append(results, problems...)
		if s == nil {
			continue
		}
		if found != nil {
			results = append(results, s.Errorf("", "there is another Solution, %q, among the objects; keep one", found.Metadata.Name))
			continue
		}
		found = s
	}
	if results.Failed() {
		return nil, results
	}
	return found, results
}

// Decode reads a Solution strictly; nil when a result is an error.
func Decode(o view.Object) (*Solution, fn.Results) {
	if o.APIVersion() != fn.APIVersion {
		return nil, fn.Results{fn.Errorf(o.Ref(), "apiVersion", "is %q; expected %s", o.APIVersion(), fn.APIVersion)}
	}
	s := &Solution{}
	var results fn.Results
	for _, problem := range fnconfig.Decode(o.Node(), s) {
		results = append(results, fn.Errorf(o.Ref(), problem.Path, "%s", problem.Message))
	}
	if results.Failed() {
		return nil, results
	}
	s.Default()
	if results = s.Validate(); results.Failed() {
		return nil, results
	}
	return s, results
}

// Lookup finds the environment that a config names at a field: it needs a
// Solution among the items. Without a name it returns what Solution there is
// (nil for none) and a zero Environment.
func Lookup(config *fn.Header, field, name string, items []*yaml.RNode) (*Solution, Environment, fn.Results) {
	s, results := Find(items)
	if results.Failed() || name == "" {
		return s, Environment{}, results
	}
	if s == nil {
		return nil, Environment{}, fn.Results{config.Errorf(field,
			"names environment %q, but there is no Solution among the objects; list its folder under resources", name)}
	}
	env, err := s.Environment(name)
	if err != nil {
		results = append(results, config.Errorf(field, "%v", err))
	}
	return s, env, results
}

var dnsLabel = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)

// MaxLabel is the length limit of a DNS label (RFC 1123), which namespaces are.
const MaxLabel = 63

// ValidNamespace checks a namespace's name: a DNS label (RFC 1123).
func ValidNamespace(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("is missing; expected a namespace such as my-app-dev")
	case len(name) > MaxLabel:
		return fmt.Errorf("%q has %d characters; a namespace has at most %d", name, len(name), MaxLabel)
	case !dnsLabel.MatchString(name):
		return fmt.Errorf("%q is no DNS label: lower-case letters, digits and '-', beginning and ending with a letter or digit", name)
	}
	return nil
}

// scpLike is user@host:path, or host:path where the host has a dot.
var scpLike = regexp.MustCompile(`^([A-Za-z0-9._-]+@[A-Za-z0-9.-]+|[A-Za-z0-9-]+\.[A-Za-z0-9.-]+):[^:\s]*[^:\s/][^:\s]*$`)

// ValidRepoURL checks a Git repository's URL: https, http, ssh, git or file, or
// git@host:path. A password inside it is refused, and never quoted.
func ValidRepoURL(raw string) error {
	if raw == "" {
		return fmt.Errorf("is missing; expected a Git URL such as https://git.example.com/acme/shop-gitops.git")
	}
	if user, _, found := strings.Cut(authority(raw), "@"); found && strings.Contains(user, ":") {
		return fmt.Errorf("holds a password (value withheld); give Argo CD the credentials as a repository secret")
	}
	u, err := url.Parse(raw)
	if err == nil && u.Scheme != "" && u.Path != "" && u.Path != "/" && (u.Host != "" || u.Scheme == "file") &&
		slices.Contains([]string{"https", "http", "ssh", "git", "file"}, u.Scheme) && !strings.ContainsAny(raw, " \t\n") {
		return nil
	}
	if !strings.Contains(raw, "://") && scpLike.MatchString(raw) {
		return nil
	}
	if i := strings.LastIndexByte(raw, '@'); i > 0 {
		raw = "..." + raw[i:] // a password may stand in front
	}
	return fmt.Errorf("%q is no Git URL; expected https://host/path, ssh://git@host/path or git@host:path", raw)
}

// authority is the part of a URL that names user and host.
func authority(raw string) string {
	if _, rest, found := strings.Cut(raw, "://"); found {
		raw = rest
	}
	host, _, _ := strings.Cut(raw, "/")
	return host
}

// Names returns a map's keys, sorted.
func Names[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
