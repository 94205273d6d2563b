package generateargoapps

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// Template is a part of an Application in Argo CD's own field names (v3.2). It
// has not what the generator decides: name, namespace, project, destination,
// repository and path.
type Template struct {
	// Metadata of each Application.
	Metadata TemplateMetadata `yaml:"metadata,omitempty"`
	// Spec of each Application.
	Spec TemplateSpec `yaml:"spec,omitempty"`
}

// TemplateMetadata is a part of an Application's metadata.
type TemplateMetadata struct {
	// Labels beside those of the generator.
	Labels map[string]string `yaml:"labels,omitempty"`
	// Annotations beside those of the generator.
	Annotations map[string]string `yaml:"annotations,omitempty"`
	// Finalizers such as resources-finalizer.argocd.argoproj.io, with which
	// deleting the Application deletes all that it synced. Defaults to none.
	Finalizers []string `yaml:"finalizers,omitempty"`
}

// TemplateSpec is a part of an Application's spec.
type TemplateSpec struct {
	// Source is the part of the source that may be chosen.
	Source TemplateSource `yaml:"source,omitempty"`
	// SyncPolicy says when and how to sync.
	SyncPolicy SyncPolicy `yaml:"syncPolicy,omitempty"`
	// IgnoreDifferences are fields whose drift does not count. With the
	// default option RespectIgnoreDifferences=true a sync leaves them alone
	// too. Defaults to none.
	IgnoreDifferences []IgnoreDifference `yaml:"ignoreDifferences,omitempty"`
	// Info is shown with the Application.
	Info []Info `yaml:"info,omitempty"`
	// RevisionHistoryLimit is the number of past syncs that are kept.
	// Defaults to Argo CD's own, 10.
	RevisionHistoryLimit *int `yaml:"revisionHistoryLimit,omitempty"`
}

// TemplateSource is a part of an Application's source.
type TemplateSource struct {
	// TargetRevision is the branch, tag or commit. Defaults to the Solution's.
	TargetRevision string `yaml:"targetRevision,omitempty"`
	// Kustomize is for source kustomize only.
	Kustomize *Kustomize `yaml:"kustomize,omitempty"`
	// Plugin is for source plugin only.
	Plugin *Plugin `yaml:"plugin,omitempty"`
}

// Kustomize is how Argo CD's own kustomize builds.
type Kustomize struct {
	// Version is one that Argo CD was given, such as v5.8.2.
	Version string `yaml:"version,omitempty"`
}

// Plugin is a config management plugin.
type Plugin struct {
	// Name is the plugin's, with "-<version>" where its plugin.yaml has one.
	// Defaults to eda-fn.
	Name string `yaml:"name,omitempty"`
	// Env are variables, which the plugin sees as ARGOCD_ENV_<name>. Defaults
	// to EDA_FN_VERSION with the version of eda-fn that wrote the
	// Application: Argo CD's cache does not know the plugin's version.
	Env []EnvEntry `yaml:"env,omitempty"`
	// Parameters that the plugin announces.
	Parameters []Parameter `yaml:"parameters,omitempty"`
}

// EnvEntry is a variable.
type EnvEntry struct {
	// Name of the variable. Required.
	Name string `yaml:"name"`
	// Value of the variable.
	Value string `yaml:"value"`
}

// Parameter is a plugin's parameter: string, array or map.
type Parameter struct {
	// Name of the parameter. Required.
	Name string `yaml:"name"`
	// String is the value of a string parameter.
	String *string `yaml:"string,omitempty"`
	// Array is the value of an array parameter.
	Array []string `yaml:"array,omitempty"`
	// Map is the value of a map parameter.
	Map map[string]string `yaml:"map,omitempty"`
}

// SyncPolicy says when and how to sync.
type SyncPolicy struct {
	// Automated syncs without being told. Defaults to {prune: true} in
	// environments of class dev and stage, {prune: false} for operators and
	// class prod.
	Automated *Automated `yaml:"automated,omitempty"`
	// Retry of failed syncs. Defaults to 10 times: an operator needs some
	// minutes until its kinds exist.
	Retry *Retry `yaml:"retry,omitempty"`
	// SyncOptions in the form Name=value. Defaults to ServerSideApply=true,
	// SkipDryRunOnMissingResource=true and RespectIgnoreDifferences=true, with
	// CreateNamespace=true where the project may sync a Namespace.
	SyncOptions []string `yaml:"syncOptions,omitempty"`
	// ManagedNamespaceMetadata is for the namespace that CreateNamespace=true
	// makes.
	ManagedNamespaceMetadata *ManagedNamespaceMetadata `yaml:"managedNamespaceMetadata,omitempty"`
}

// Automated is how to sync without being told.
type Automated struct {
	// Enabled can switch it off: false.
	Enabled *bool `yaml:"enabled,omitempty"`
	// Prune deletes what Git has no more.
	Prune *bool `yaml:"prune,omitempty"`
	// SelfHeal undoes what somebody changed in the cluster.
	SelfHeal *bool `yaml:"selfHeal,omitempty"`
	// AllowEmpty lets prune delete everything when nothing is rendered.
	AllowEmpty *bool `yaml:"allowEmpty,omitempty"`
}

// Retry is how to repeat a failed sync.
type Retry struct {
	// Limit is how many times.
	Limit *int `yaml:"limit,omitempty"`
	// Backoff is how long to wait in between.
	Backoff *Backoff `yaml:"backoff,omitempty"`
	// Refresh takes the newest revision then.
	Refresh *bool `yaml:"refresh,omitempty"`
}

// Backoff is how long to wait.
type Backoff struct {
	// Duration is the first wait, such as 5s.
	Duration string `yaml:"duration,omitempty"`
	// Factor makes each wait longer.
	Factor *int `yaml:"factor,omitempty"`
	// MaxDuration is the longest wait, such as 3m.
	MaxDuration string `yaml:"maxDuration,omitempty"`
}

// ManagedNamespaceMetadata is what Argo CD writes on a namespace.
type ManagedNamespaceMetadata struct {
	// Labels of the namespace.
	Labels map[string]string `yaml:"labels,omitempty"`
	// Annotations of the namespace.
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

// IgnoreDifference names fields whose drift does not count.
type IgnoreDifference struct {
	// Group is the API group, left out for the core group.
	Group string `yaml:"group,omitempty"`
	// Kind is the kind. Required.
	Kind string `yaml:"kind"`
	// Name of one object. Defaults to all.
	Name string `yaml:"name,omitempty"`
	// Namespace of the objects. Defaults to all.
	Namespace string `yaml:"namespace,omitempty"`
	// JSONPointers such as /spec/replicas.
	JSONPointers []string `yaml:"jsonPointers,omitempty"`
	// JQPathExpressions such as .spec.containers[].image.
	JQPathExpressions []string `yaml:"jqPathExpressions,omitempty"`
	// ManagedFieldsManagers are field managers whose changes are trusted.
	ManagedFieldsManagers []string `yaml:"managedFieldsManagers,omitempty"`
}

// Info is a line that is shown with the Application.
type Info struct {
	// Name of the line.
	Name string `yaml:"name"`
	// Value of the line.
	Value string `yaml:"value"`
}

// createNamespace is the sync option that makes a missing namespace.
const createNamespace = "CreateNamespace=true"

// Marks of Argo CD's own tracking: a copy of them on an Application makes Argo
// CD take it for an object of another one.
var (
	trackingLabel      = "app.kubernetes.io/instance"
	trackingAnnotation = "argocd.argoproj.io/tracking-id"
)

func (c *GenerateArgoApps) validateTemplate() fn.Results {
	var results fn.Results
	fail := func(message string, path ...string) {
		results = append(results, c.Errorf(view.Path(append([]string{"spec", "template"}, path...)...), "%s", message))
	}
	t := &c.Spec.Template
	for _, key := range solution.Names(t.Metadata.Labels) {
		if key == trackingLabel || ownKey(key) {
			fail("is not for people to set; take it out", "metadata", "labels", key)
		}
	}
	for _, key := range solution.Names(t.Metadata.Annotations) {
		if key == trackingAnnotation || ownKey(key) || hostKey(key) {
			fail("is not for people to set; take it out", "metadata", "annotations", key)
		}
	}
	if t.Spec.Source.Kustomize != nil && c.Spec.Source != SourceKustomize {
		fail("goes with source: kustomize only; take it out", "spec", "source", "kustomize")
	}
	if t.Spec.Source.Plugin != nil {
		if c.Spec.Source != SourcePlugin {
			fail("goes with source: plugin only; take it out", "spec", "source", "plugin")
		}
		for _, name := range t.Spec.Source.Plugin.missingNames() {
			fail("has no name", "spec", "source", "plugin", name)
		}
	}
	policy := &t.Spec.SyncPolicy
	if policy.ManagedNamespaceMetadata != nil && policy.SyncOptions != nil && !slices.Contains(policy.SyncOptions, createNamespace) {
		fail("needs "+createNamespace+" among syncOptions", "spec", "syncPolicy", "managedNamespaceMetadata")
	}
	for i := range t.Spec.IgnoreDifferences {
		if t.Spec.IgnoreDifferences[i].Kind == "" {
			fail("is missing; name the kind whose fields to ignore", "spec", fmt.Sprintf("ignoreDifferences[%d]", i), "kind")
		}
	}
	return results
}

// ownKey says whether a label or annotation is of this project's group.
func ownKey(key string) bool { return strings.HasPrefix(key, fn.Group+"/") }

// hostKey says whether an annotation means something to kustomize or kpt.
func hostKey(key string) bool {
	return view.InternalAnnotation(key) || key == view.LocalConfigAnnotation || slices.Contains(view.FunctionAnnotations, key)
}

// missingNames returns the entries of env and parameters that have no name.
func (p *Plugin) missingNames() []string {
	var entries []string
	for i := range p.Env {
		if p.Env[i].Name == "" {
			entries = append(entries, fmt.Sprintf("env[%d]", i))
		}
	}
	for i := range p.Parameters {
		if p.Parameters[i].Name == "" {
			entries = append(entries, fmt.Sprintf("parameters[%d]", i))
		}
	}
	return entries
}

// node returns the template as a mapping without what is not set.
func (t *Template) node() (*yaml.Node, error) {
	var node yaml.Node
	if err := node.Encode(t); err != nil {
		return nil, err
	}
	return &node, nil
}

// saysPrune and saysFinalizers tell what the user decided from what somebody
// set by hand on an Application.
func (t *Template) saysPrune() bool {
	automated := t.Spec.SyncPolicy.Automated
	return automated != nil && automated.Prune != nil
}

func (t *Template) saysFinalizers() bool { return t.Metadata.Finalizers != nil }
