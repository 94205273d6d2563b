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
	"slices"
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
	// Template is merged into each Application: maps field by field, lists
	// in place of the default.
	Template Template `yaml:"template,omitempty"`
	// Components by name. An entry gives the component an Application of its
	// own in each of its environments, <solution>-<environment>-<component>;
	// components without one are part of the environment's Application.
	Components map[string]Component `yaml:"components,omitempty"`
	// Projects by name: what AppProjects say other than the defaults. Names
	// are <solution>-<cluster> (environments of class dev and stage),
	// <solution>-<cluster>-admin (operators, and environments of class prod)
	// and those that components name.
	Projects map[string]Project `yaml:"projects,omitempty"`
	// ArgocdNamespace is the namespace of Argo CD, where Applications and
	// AppProjects live. Defaults to openshift-gitops.
	ArgocdNamespace string `yaml:"argocdNamespace,omitempty"`
	// OperatorNamespaces are the namespaces that hold the cluster's operators
	// and what belongs to them; the first one is the destination of the
	// operators' Application. Defaults to [openshift-operators].
	OperatorNamespaces []string `yaml:"operatorNamespaces,omitempty"`
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

// Component says how a component's own Application differs from what the
// Solution says.
type Component struct {
	// Path is the folder in the repository; the word ENVIRONMENT in it stands
	// for the environment's name. Defaults to rendered/ENVIRONMENT/<component>,
	// with source kustomize or plugin to environments/ENVIRONMENT/<component>.
	Path string `yaml:"path,omitempty"`
	// Wave is the Application's sync wave; a lower one syncs earlier. Defaults
	// to the Solution's for this component.
	Wave *int `yaml:"wave,omitempty"`
	// Project is the AppProject: one of the two of the cluster, or a name
	// under projects. Defaults to that of the environment's class.
	Project string `yaml:"project,omitempty"`
	// Environments that have the component. Defaults to all of the cluster.
	Environments []string `yaml:"environments,omitempty"`
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
	// synced. Defaults to none, for administrators to Namespace.
	ClusterResourceWhitelist []GroupKind `yaml:"clusterResourceWhitelist,omitempty"`
	// NamespaceResourceWhitelist are the namespaced kinds that may be synced.
	// Defaults to those that event-driven solutions are made of, without
	// Secret, Role, RoleBinding, Subscription and Application; for
	// administrators with Role, RoleBinding and the objects of operators.
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

// Role is what some people or a robot may do with the project's Applications.
type Role struct {
	// Description is what people read.
	Description string `yaml:"description,omitempty"`
	// Policies have six fields:
	// "p, proj:<project>:<role>, applications, get, <project>/*, allow".
	Policies []string `yaml:"policies,omitempty"`
	// Groups of people, as Argo CD's login names them.
	Groups []string `yaml:"groups,omitempty"`
}

// Default fills source, argocdNamespace and operatorNamespaces.
func (c *GenerateArgoApps) Default() {
	if c.Spec.Source == "" {
		c.Spec.Source = SourceRendered
	}
	if c.Spec.ArgocdNamespace == "" {
		c.Spec.ArgocdNamespace = DefaultArgocdNamespace
	}
	if len(c.Spec.OperatorNamespaces) == 0 {
		c.Spec.OperatorNamespaces = []string{DefaultOperatorNamespace}
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
	for _, name := range solution.Names(c.Spec.Components) {
		if err := validPath(c.Spec.Components[name].Path); err != nil {
			results = append(results, c.Errorf(view.Path("spec", "components", name, "path"), "%v", err))
		}
	}
	for _, name := range solution.Names(c.Spec.Projects) {
		results = append(results, c.validateProject(name, c.Spec.Projects[name])...)
	}
	return append(results, c.validateTemplate()...)
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
		if err := solution.ValidRepoURL(repo); err != nil {
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
			fail(".kinds["+kind+"]", "is no kind; expected ConfigMap, or RoleBinding.rbac.authorization.k8s.io for one with a group")
		}
	}
	for _, role := range solution.Names(project.Roles) {
		results = append(results, c.validateRole(view.Path("spec", "projects", name, "roles", role), name, role, project.Roles[role])...)
	}
	return results
}

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

// What Argo CD itself checks of a role. Source: argo-cd v3.2.11,
// pkg/apis/application/v1alpha1/types.go (validatePolicy, validateRoleName) and
// util/rbac (ProjectScoped).
var (
	roleName        = regexp.MustCompile(`^[a-zA-Z0-9]([-_a-zA-Z0-9]*[a-zA-Z0-9])?$`)
	policyResources = []string{"applications", "applicationsets", "clusters", "exec", "logs", "repositories"}
)

func (c *GenerateArgoApps) validateRole(at, project, name string, role Role) fn.Results {
	var results fn.Results
	if !roleName.MatchString(name) {
		results = append(results, c.Errorf(at, "%q is no role name: letters, digits, '-' and '_', beginning and ending with a letter or digit", name))
	}
	for i, policy := range role.Policies {
		if err := validPolicy(project, name, policy); err != nil {
			results = append(results, c.Errorf(fmt.Sprintf("%s.policies[%d]", at, i), "%v", err))
		}
	}
	return results
}

func validPolicy(project, role, policy string) error {
	fields := strings.Split(policy, ",")
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	subject, prefix := "proj:"+project+":"+role, project+"/"
	switch {
	case len(fields) != 6 || fields[0] != "p":
		return fmt.Errorf("%q has not the six fields of a policy; expected \"p, %s, applications, get, %s*, allow\"", policy, subject, prefix)
	case fields[1] != subject:
		return fmt.Errorf("is about %q; expected %q", fields[1], subject)
	case !slices.Contains(policyResources, fields[2]):
		return fmt.Errorf("%q is no resource of a project; expected one of %s", fields[2], strings.Join(policyResources, ", "))
	case fields[3] == "":
		return fmt.Errorf("has no action; expected get, sync or another of Argo CD's")
	case !strings.HasPrefix(fields[4], prefix):
		return fmt.Errorf("is about the objects %q; expected %s* or one that begins with %s", fields[4], prefix, prefix)
	case fields[5] != "allow" && fields[5] != "deny":
		return fmt.Errorf("ends with %q; expected allow or deny", fields[5])
	}
	return nil
}
