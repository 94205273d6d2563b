// Package generateargoapps writes the Argo CD AppProjects and Applications of
// one cluster of a Solution, in place of a file for each of them copied by
// hand.
//
// It adds what is missing, brings what is there up to date (fields that it does
// not write stay), and removes what it made itself and the Solution has no
// more. It never touches any other object, never lets an Application sync where
// its project forbids, and never writes a status, a null or an empty struct.
package generateargoapps

import (
	"fmt"
	"path"
	"regexp"
	"strings"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// Function is the entry for functions.All.
var Function = fn.Function{
	Name:  "generate-argo-apps",
	Kind:  "GenerateArgoApps",
	Short: "write Argo CD's AppProjects and Applications of a cluster of the Solution",
	New:   func() fn.Config { return &GenerateArgoApps{} },
}

// DefaultArgocdNamespace is where the OpenShift GitOps operator runs its
// default Argo CD.
const DefaultArgocdNamespace = "openshift-gitops"

// DefaultOperatorNamespace is where OLM installs operators that watch all
// namespaces.
const DefaultOperatorNamespace = "openshift-operators"

// GenerateArgoApps is the functionConfig. Its name marks the objects that it
// owns, so keep it: under another name they are not recognised as its own.
type GenerateArgoApps struct {
	fn.Header `yaml:",inline"`
	Spec      Spec `yaml:"spec"`
}

// Spec of GenerateArgoApps. All that it does not say comes from the Solution.
type Spec struct {
	// Cluster is a name among the Solution's clusters; the Applications are
	// those of its operators and of the environments in it. Required.
	Cluster string `yaml:"cluster"`
	// Source is what Argo CD syncs: rendered (the manifests in
	// rendered/<environment>), kustomize or plugin (the kustomization in
	// environments/<environment>). Defaults to rendered.
	Source Source `yaml:"source,omitempty"`
	// SourceHydrator lets Argo CD render environments/<environment> into a
	// branch and sync that, with source kustomize. Left out, Argo CD syncs the
	// source itself.
	SourceHydrator *SourceHydrator `yaml:"sourceHydrator,omitempty"`
	// Granularity is environment (one Application for each environment, and
	// one for each entry of components) or component (one for each component
	// of each environment: the Solution's, those of components, and what kinds
	// says was found). Defaults to environment.
	Granularity Granularity `yaml:"granularity,omitempty"`
	// Template is merged into each Application: maps field by field, lists
	// in place of the default.
	Template Template `yaml:"template,omitempty"`
	// Components by name: how a component's own Application,
	// <solution>-<environment>-<component>, differs from the default. With
	// granularity environment an entry is what gives the component one;
	// components without are part of the environment's Application.
	Components map[string]Component `yaml:"components,omitempty"`
	// Project is the name of the developers' AppProject; the administrators'
	// is <project>-admin. Defaults to <solution>-<cluster>.
	Project string `yaml:"project,omitempty"`
	// Projects by name: what AppProjects say other than the defaults. Names
	// are that of the developers (environments of class dev and stage),
	// that of the administrators (operators, and environments of class prod)
	// and those that components name.
	Projects map[string]Project `yaml:"projects,omitempty"`
	// Roles by name, in several projects at once.
	Roles map[string]SharedRole `yaml:"roles,omitempty"`
	// LockDefaultProject adds Argo CD's project default, locked: every
	// Application must name another one then, other teams' included.
	LockDefaultProject bool `yaml:"lockDefaultProject,omitempty"`
	// ApplicationSet writes an ApplicationSet for each project in place of the
	// Applications themselves. Left out, Applications are written: they can be
	// reviewed, and no generator that goes empty deletes them.
	ApplicationSet *ApplicationSet `yaml:"applicationSet,omitempty"`
	// Health adds health checks to Argo CD's own configuration, without which
	// sync waves wait for no operand. Left out, none are written.
	Health *Health `yaml:"health,omitempty"`
	// Kinds are a fact, written by eda-fn argo update: the kinds that each
	// Application syncs, as ConfigMap or Deployment.apps, by <environment>,
	// <environment>/<component> or clusters/<cluster>. Projects allow them and
	// no others, and an environment has the components that are named here.
	// Left out, projects allow what event-driven solutions are made of.
	Kinds map[string][]string `yaml:"kinds,omitempty"`
	// GeneratePaths are a fact, written by eda-fn argo update: all folders and
	// files of the repository that a kustomization reaches, by the keys of
	// kinds. They become the annotation manifest-generate-paths. Left out,
	// Argo CD renders again at every commit, rendered manifests aside.
	GeneratePaths map[string][]string `yaml:"generatePaths,omitempty"`
	// ArgocdNamespace is the namespace of Argo CD, where Applications and
	// AppProjects live. Defaults to openshift-gitops.
	ArgocdNamespace string `yaml:"argocdNamespace,omitempty"`
	// OperatorNamespaces are the namespaces that hold the cluster's operators
	// and what belongs to them; the first one is the destination of the
	// operators' Application. Defaults to [openshift-operators]; an empty list
	// means that this config has no Application for operators.
	OperatorNamespaces []string `yaml:"operatorNamespaces,omitempty"`
	// OperatorsPath is the folder of the cluster's operators. Defaults to
	// rendered/clusters/<cluster>, with source kustomize or plugin to
	// clusters/<cluster>.
	OperatorsPath string `yaml:"operatorsPath,omitempty"`
	// CreateNamespace adds the v1 Namespace of each environment of the
	// cluster: the administrators' part, since a team's project may not sync
	// one. Left out, no Namespace is written.
	CreateNamespace *CreateNamespace `yaml:"createNamespace,omitempty"`
}

// CreateNamespace describes the environments' Namespaces. They are marked
// Prune=false for Argo CD: a Namespace that goes takes everything in it along.
type CreateNamespace struct {
	// Labels of the Namespaces, such as
	// argocd.argoproj.io/managed-by: openshift-gitops.
	Labels map[string]string `yaml:"labels,omitempty"`
	// Annotations of the Namespaces.
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

// Source says what Argo CD syncs.
type Source string

// The sources: manifests in Git, or what Argo CD itself or its plugin renders.
const (
	SourceRendered  Source = "rendered"
	SourceKustomize Source = "kustomize"
	SourcePlugin    Source = "plugin"
)

// Enum lists the values.
func (Source) Enum() []string {
	return []string{string(SourceRendered), string(SourceKustomize), string(SourcePlugin)}
}

// Granularity says what has an Application of its own.
type Granularity string

// The granularities.
const (
	GranularityEnvironment Granularity = "environment"
	GranularityComponent   Granularity = "component"
)

// Enum lists the values.
func (Granularity) Enum() []string {
	return []string{string(GranularityEnvironment), string(GranularityComponent)}
}

// Component says how a component's own Application differs from what the
// Solution says.
type Component struct {
	// Name is the Application's name; the word ENVIRONMENT in it stands for
	// the environment's name. It is for Applications that are there under
	// another name. Defaults to <solution>-ENVIRONMENT-<component>.
	Name string `yaml:"name,omitempty"`
	// Path is the folder in the repository; the word ENVIRONMENT in it stands
	// for the environment's name. Defaults to rendered/ENVIRONMENT/<component>,
	// with source kustomize or plugin to environments/ENVIRONMENT/<component>.
	Path string `yaml:"path,omitempty"`
	// Sources, at most 3, take the place of path where a component is made of
	// others' repositories: a Helm chart and its values, for one.
	Sources []ComponentSource `yaml:"sources,omitempty"`
	// Wave is the Application's sync wave; a lower one syncs earlier. Defaults
	// to the Solution's for this component.
	Wave *int `yaml:"wave,omitempty"`
	// Project is the AppProject: one of the two of the cluster, or a name
	// under projects. Defaults to that of the environment's class.
	Project string `yaml:"project,omitempty"`
	// Namespace that it syncs to; the word ENVIRONMENT in it stands for the
	// environment's name. Defaults to the environment's.
	Namespace string `yaml:"namespace,omitempty"`
	// Environments that have the component. Defaults to those of the cluster
	// for which kinds names it, and without kinds to all of the cluster.
	Environments []string `yaml:"environments,omitempty"`
}

// ComponentSource is one of several sources of an Application.
type ComponentSource struct {
	// RepoURL is a Git repository, or with chart a Helm repository. Defaults
	// to the Solution's.
	RepoURL string `yaml:"repoURL,omitempty"`
	// TargetRevision is the branch, tag or commit, or the chart's version.
	// Defaults to the Solution's in the Solution's repository; required in
	// any other.
	TargetRevision string `yaml:"targetRevision,omitempty"`
	// Path is the folder, with ENVIRONMENT for the environment's name.
	Path string `yaml:"path,omitempty"`
	// Chart is the name of a Helm chart, in place of a path.
	Chart string `yaml:"chart,omitempty"`
	// Ref is a name by which the values of another source refer to this one:
	// $values/dev.yaml. It needs no path.
	Ref string `yaml:"ref,omitempty"`
	// Helm is for a chart only.
	Helm *Helm `yaml:"helm,omitempty"`
}

// Helm is how a chart is rendered.
type Helm struct {
	// ReleaseName defaults to the Application's name.
	ReleaseName string `yaml:"releaseName,omitempty"`
	// ValueFiles such as $values/ENVIRONMENT.yaml, with ENVIRONMENT for the
	// environment's name.
	ValueFiles []string `yaml:"valueFiles,omitempty"`
}

// Project is what an AppProject says other than the default. Lists stand in
// place of the default ones.
type Project struct {
	// Description is what people read in Argo CD, at most 255 characters.
	Description string `yaml:"description,omitempty"`
	// SourceRepos are the repositories to sync from. Defaults to the
	// Solution's repoURL alone.
	SourceRepos []string `yaml:"sourceRepos,omitempty"`
	// Destinations are the namespaces to sync to. Defaults to those of the
	// project's Applications and no others.
	Destinations []Destination `yaml:"destinations,omitempty"`
	// ClusterResourceWhitelist are the cluster-scoped kinds that may be
	// synced. Defaults to none, for administrators to Namespace and those
	// under kinds.
	ClusterResourceWhitelist []GroupKind `yaml:"clusterResourceWhitelist,omitempty"`
	// NamespaceResourceWhitelist are the namespaced kinds that may be synced.
	// Defaults to those under kinds, and without kinds to those that
	// event-driven solutions are made of. Neither has Secret or Application;
	// Role, RoleBinding and the objects of operators are for administrators.
	NamespaceResourceWhitelist []GroupKind `yaml:"namespaceResourceWhitelist,omitempty"`
	// Kinds adds kinds to namespaceResourceWhitelist (true) and takes kinds
	// out of it (false): RoleBinding.rbac.authorization.k8s.io, or ConfigMap
	// alone in the core group.
	Kinds map[string]bool `yaml:"kinds,omitempty"`
	// Roles by name.
	Roles map[string]Role `yaml:"roles,omitempty"`
}

// Destination is a namespace of a cluster.
type Destination struct {
	// Server is the API server's URL. Without server and name, the cluster of
	// this config.
	Server string `yaml:"server,omitempty"`
	// Name is the cluster's name in Argo CD.
	Name string `yaml:"name,omitempty"`
	// Namespace is a name or a pattern with "*". Required.
	Namespace string `yaml:"namespace"`
}

// GroupKind names a kind.
type GroupKind struct {
	// Group is the API group, "" for the core group.
	Group string `yaml:"group"`
	// Kind is the kind. Required.
	Kind string `yaml:"kind"`
}

// Default fills source, granularity, argocdNamespace, operatorNamespaces, and
// what an ApplicationSet, a hydrator and health are.
func (c *GenerateArgoApps) Default() {
	s := &c.Spec
	if s.Source == "" {
		s.Source = SourceRendered
		if s.SourceHydrator != nil {
			s.Source = SourceKustomize
		}
	}
	if s.Granularity == "" {
		s.Granularity = GranularityEnvironment
	}
	if s.ArgocdNamespace == "" {
		s.ArgocdNamespace = DefaultArgocdNamespace
	}
	if s.OperatorNamespaces == nil {
		s.OperatorNamespaces = []string{DefaultOperatorNamespace}
	}
	if s.ApplicationSet != nil {
		s.ApplicationSet.fill()
	}
	if s.SourceHydrator != nil {
		s.SourceHydrator.fill()
	}
	if s.Health != nil {
		s.Health.fill(s.ArgocdNamespace)
	}
}

// Validate checks the config alone.
func (c *GenerateArgoApps) Validate() fn.Results {
	var results fn.Results
	if c.Metadata.Name == "" {
		results = append(results, c.Errorf("metadata.name", "is missing; it marks the objects that this config owns"))
	}
	if c.Spec.Cluster == "" {
		results = append(results, c.Errorf("spec.cluster", "is missing; name one of the Solution's clusters"))
	}
	if err := solution.ValidNamespace(c.Spec.ArgocdNamespace); err != nil {
		results = append(results, c.Errorf("spec.argocdNamespace", "%v", err))
	}
	for i, namespace := range c.Spec.OperatorNamespaces {
		if err := solution.ValidNamespace(namespace); err != nil {
			results = append(results, c.Errorf(fmt.Sprintf("spec.operatorNamespaces[%d]", i), "%v", err))
		}
	}
	if err := validPath(c.Spec.OperatorsPath); err != nil {
		results = append(results, c.Errorf("spec.operatorsPath", "%v", err))
	}
	if name := c.Spec.Project; name != "" && !dnsName.MatchString(name) {
		results = append(results, c.Errorf("spec.project", "%q is no name of an AppProject; expected lower-case letters, digits, '-' and '.'", name))
	}
	for _, name := range solution.Names(c.Spec.Components) {
		results = append(results, c.validateComponent(name)...)
	}
	for _, name := range solution.Names(c.Spec.Projects) {
		results = append(results, c.validateProject(name, c.Spec.Projects[name])...)
	}
	results = append(results, c.validateRoles()...)
	results = append(results, c.validateFacts()...)
	results = append(results, c.validateOptions()...)
	return append(results, c.validateTemplate()...)
}

// dnsName is a name of a custom resource (a DNS subdomain).
var dnsName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`)

// maxSources of one Application: more make syncs slow and diffs unreadable.
const maxSources = 3

func (c *GenerateArgoApps) validateComponent(name string) fn.Results {
	var results fn.Results
	component := c.Spec.Components[name]
	fail := func(field, format string, args ...any) {
		results = append(results, c.Errorf(view.Path("spec", "components", name)+"."+field, format, args...))
	}
	if err := validPath(component.Path); err != nil {
		fail("path", "%v", err)
	}
	in := func(pattern string) string { return strings.ReplaceAll(pattern, solution.DefaultBaseNamespace, "x") }
	if n := in(component.Name); n != "" && (!dnsLabel.MatchString(n) || len(n) > solution.MaxLabel) {
		fail("name", "%q is no name of an Application; expected a DNS label: lower-case letters, digits and '-', at most %d", component.Name, solution.MaxLabel)
	}
	if component.Namespace != "" {
		if err := solution.ValidNamespace(in(component.Namespace)); err != nil {
			fail("namespace", "%v", err)
		}
	}
	switch n := len(component.Sources); {
	case n > maxSources:
		fail("sources", "has %d entries; an Application has at most %d", n, maxSources)
	case n > 0 && component.Path != "":
		fail("sources", "stands beside path; keep one of the two")
	case n > 0 && c.Spec.SourceHydrator != nil:
		fail("sources", "goes with no sourceHydrator, which has one source")
	}
	for i := range component.Sources {
		component.Sources[i].validate(func(field, format string, args ...any) {
			fail(fmt.Sprintf("sources[%d]", i)+field, format, args...)
		})
	}
	return results
}

// helmRepository is an index's or a registry's URL, which needs no path.
var helmRepository = regexp.MustCompile(`^(https|http|oci)://[^/@\s]+(/[^@\s]*)?$`)

// validRepository checks the URL of a Git or a Helm repository.
func validRepository(repoURL string) error {
	if helmRepository.MatchString(repoURL) {
		return nil
	}
	return solution.ValidRepoURL(repoURL)
}

func (s *ComponentSource) validate(fail func(field, format string, args ...any)) {
	if s.RepoURL != "" {
		if err := validRepository(s.RepoURL); err != nil {
			fail(".repoURL", "%v", err)
		} else if s.TargetRevision == "" {
			fail(".targetRevision", "is missing; name the branch, tag or version in %s", s.RepoURL)
		}
	}
	if err := validPath(s.Path); err != nil {
		fail(".path", "%v", err)
	}
	switch {
	case s.Chart != "" && s.Path != "":
		fail("", "has chart and path; keep one of the two")
	case s.Chart == "" && s.Path == "" && s.Ref == "":
		fail("", "has no path, chart or ref; name what it holds")
	case s.Chart != "" && s.RepoURL == "":
		fail(".repoURL", "is missing; name the Helm repository of chart %s", s.Chart)
	case s.Helm != nil && s.Chart == "":
		fail(".helm", "goes with chart only; take it out")
	}
}

// pathText is what a path may hold: no letter of it means something to Argo
// CD's patterns.
var pathText = regexp.MustCompile(`^[A-Za-z0-9._/-]*$`)

// validPath checks a folder inside the repository; empty is the default's.
func validPath(p string) error {
	switch {
	case p == "":
		return nil
	case path.IsAbs(p):
		return fmt.Errorf("%q is absolute; give the folder's path inside the repository", p)
	case path.Clean(p) != p || p == ".." || strings.HasPrefix(p, "../"):
		return fmt.Errorf("%q is no plain path; expected a folder inside the repository such as environments/ENVIRONMENT/mq", p)
	case !pathText.MatchString(p):
		return fmt.Errorf("%q holds a character other than letters, digits and . _ - /", p)
	}
	return nil
}

// maxDescription is AppProject's limit (its CRD, spec.description.maxLength).
const maxDescription = 255 // characters

var kindName = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*(\.[a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$`)

func (c *GenerateArgoApps) validateProject(name string, project Project) fn.Results {
	var results fn.Results
	at := view.Path("spec", "projects", name)
	fail := func(field, format string, args ...any) {
		results = append(results, c.Errorf(at+field, format, args...))
	}
	if len([]rune(project.Description)) > maxDescription {
		fail(".description", "has %d characters; Argo CD takes %d", len([]rune(project.Description)), maxDescription)
	}
	for i, repo := range project.SourceRepos {
		if strings.HasPrefix(repo, "!") || strings.Contains(repo, "*") {
			continue
		}
		if err := validRepository(repo); err != nil {
			fail(fmt.Sprintf(".sourceRepos[%d]", i), "%v", err)
		}
	}
	for i, d := range project.Destinations {
		if d.Server != "" && d.Name != "" {
			fail(fmt.Sprintf(".destinations[%d]", i), "has server and name; keep one of the two, or none for the cluster of this config")
		}
		if d.Namespace == "" {
			fail(fmt.Sprintf(".destinations[%d].namespace", i), "is missing; name the namespace")
		}
	}
	for i, k := range project.ClusterResourceWhitelist {
		if err := validKind(k); err != nil {
			fail(fmt.Sprintf(".clusterResourceWhitelist[%d]", i), "%v", err)
		}
	}
	if project.NamespaceResourceWhitelist != nil && len(project.NamespaceResourceWhitelist) == 0 {
		fail(".namespaceResourceWhitelist", "is empty, which Argo CD may read as every kind; list kinds, or leave the field out for the default")
	}
	for i, k := range project.NamespaceResourceWhitelist {
		if err := validKind(k); err != nil {
			fail(fmt.Sprintf(".namespaceResourceWhitelist[%d]", i), "%v", err)
		}
	}
	for _, kind := range solution.Names(project.Kinds) {
		if !kindName.MatchString(kind) {
			fail(".kinds["+kind+"]", noKind)
		}
	}
	for _, role := range solution.Names(project.Roles) {
		r := project.Roles[role]
		results = append(results, c.validateRole(view.Path("spec", "projects", name, "roles", role), role, &r)...)
		results = append(results, c.validatePolicies(view.Path("spec", "projects", name, "roles", role), name, role, &r)...)
	}
	return results
}

const noKind = "is no kind; expected ConfigMap, or RoleBinding.rbac.authorization.k8s.io for one with a group"

// validKind refuses what lets everything through.
func validKind(k GroupKind) error {
	switch {
	case k.Kind == "":
		return fmt.Errorf("has no kind; expected {group: apps, kind: Deployment}")
	case k.Group == "*" || k.Kind == "*" && !strings.Contains(k.Group, "."):
		return fmt.Errorf("group %q, kind %q lets every kind through; name the kinds", k.Group, k.Kind)
	}
	return nil
}
