package injectnamespace

import (
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

// Function is this function's entry in functions.All.
var Function = fn.Function{
	Name:  "inject-namespace",
	Kind:  "InjectNamespace",
	Short: "moves a base into an environment's namespace, everywhere it is named",
	New:   func() fn.Config { return &InjectNamespace{} },
}

// InjectNamespace is the functionConfig.
type InjectNamespace struct {
	fn.Header `yaml:",inline"`
	Spec      Spec `yaml:"spec"`
}

// Spec of an InjectNamespace.
type Spec struct {
	// Environment is an environment of the Solution: namespace defaults to its
	// namespace.
	Environment string `yaml:"environment,omitempty"`
	// Namespace is a DNS label: the namespace of namespaced objects that have
	// none or the base's. Defaults to the environment's. One of environment,
	// namespace and rename is required.
	Namespace string `yaml:"namespace,omitempty"`
	// NamespaceMatcher is the base's namespace, which becomes namespace. Defaults
	// to the Solution's baseNamespace, and without a Solution to ENVIRONMENT.
	NamespaceMatcher string `yaml:"namespaceMatcher,omitempty"`
	// Rename says what else has another name in this environment.
	Rename Rename `yaml:"rename,omitempty"`
	// Shared are namespaces of tenants that the environment uses and does not
	// own (cp4i-eventstreams): they never move and are no residue, and a label may
	// name a cluster whose host there is in the objects
	// (es-kafka-bootstrap.cp4i-eventstreams.svc). An entry may also be the name of
	// a cluster, Connect cluster or queue manager that is not among the objects.
	Shared []string `yaml:"shared,omitempty"`
	// Protected are namespaces that never move, beside openshift, openshift-*,
	// kube-* and ibm-common-services. One that ends in * stands for all that
	// begin so.
	Protected []string `yaml:"protected,omitempty"`
	// CreateNamespace adds a v1 Namespace object of the namespace's name, last
	// of all objects, or changes the one that is there. {} for one without
	// labels.
	CreateNamespace *CreateNamespace `yaml:"createNamespace,omitempty"`
	// Kinds says of kinds that the function does not know whether they are
	// namespaced, by group/kind without a version: {example.com/Widget:
	// Cluster}. CustomResourceDefinitions among the objects say it as well, and
	// what is known already stands before it.
	Kinds map[string]view.Scope `yaml:"kinds,omitempty"`
	// UnknownKinds says what becomes of objects whose kind is not known and that
	// have no namespace or the base's: error lists the kinds, namespaced gives them
	// the namespace, ignore leaves those without one as they are. Defaults to error.
	UnknownKinds UnknownKinds `yaml:"unknownKinds,omitempty"`
	// ClusterScopedNames says what becomes of a ClusterRoleBinding whose subjects
	// differ per environment, so that environments on one cluster would overwrite
	// each other's: error, suffix (the name gets a "-" and the namespace behind
	// it) or keep. Defaults to error, and in a ConfigMap (kpt fn eval) to keep.
	ClusterScopedNames ClusterScopedNames `yaml:"clusterScopedNames,omitempty"`
	// Scripts says what becomes of shell scripts that name a namespace that
	// moves (command and args with blanks in them, script, data of *.sh): rewrite,
	// error, or ignore, which leaves them and looks for no residue in them.
	// Defaults to rewrite.
	Scripts Scripts `yaml:"scripts,omitempty"`
	// Residue says what becomes of an old namespace, or another environment's,
	// that is left in the output. Defaults to error.
	Residue fn.Level `yaml:"residue,omitempty"`
	// ResidueAllow are the places where another environment is named on purpose.
	ResidueAllow []Allowed `yaml:"residueAllow,omitempty"`
	// OtherEnvironments are environments of the Solution, or namespaces, that no
	// object may name. Defaults to the Solution's others; [] for none.
	OtherEnvironments []string `yaml:"otherEnvironments,omitempty"`
	// Report adds one info result for each object that changed: what, from, to.
	Report bool `yaml:"report,omitempty"`
}

// Allowed is a place where another environment may be named.
type Allowed struct {
	// Kind of the object. Required.
	Kind string `yaml:"kind"`
	// Name of the object, as in the input or in the output. Required.
	Name string `yaml:"name"`
	// FieldPath is the field as the message names it, or one above it; [] stands
	// for any index: spec.clusters[].bootstrapServers. Defaults to all fields.
	FieldPath string `yaml:"fieldPath,omitempty"`
	// Reason says why, for those who read the config. Required.
	Reason string `yaml:"reason"`
}

// Rename says what is called otherwise in this environment.
type Rename struct {
	// Namespaces are namespaces and what becomes of them, all at once: {a: b,
	// b: a} swaps two.
	Namespaces map[string]string `yaml:"namespaces,omitempty"`
	// Clusters are EventStreams and Kafka objects and their new names: labels,
	// bootstrap hosts, certificates' secrets and selectors follow.
	Clusters map[string]string `yaml:"clusters,omitempty"`
	// Connects are KafkaConnect objects and their new names: the labels of their
	// connectors and the hosts of their API follow.
	Connects map[string]string `yaml:"connects,omitempty"`
	// QueueManagers are QueueManager objects and their new names: services,
	// hosts and selectors follow. It is not MQ's own name (QM1).
	QueueManagers map[string]string `yaml:"queueManagers,omitempty"`
	// Names are names that embed an environment, whole ones, of objects of any
	// kind, and their new names: {shop-dev-rolebinding: shop-qa-rolebinding}.
	// References to them follow.
	Names map[string]string `yaml:"names,omitempty"`
}

// CreateNamespace describes a Namespace object.
type CreateNamespace struct {
	// Labels are set on it; others that it has stay.
	Labels map[string]string `yaml:"labels,omitempty"`
	// Annotations are set on it; others that it has stay.
	Annotations map[string]string `yaml:"annotations,omitempty"`
}

// UnknownKinds says what becomes of objects whose kind is not known.
type UnknownKinds string

// The values of unknownKinds.
const (
	UnknownError      UnknownKinds = "error"
	UnknownNamespaced UnknownKinds = "namespaced"
	UnknownIgnore     UnknownKinds = "ignore"
)

// Enum lists the values.
func (UnknownKinds) Enum() []string {
	return []string{string(UnknownError), string(UnknownNamespaced), string(UnknownIgnore)}
}

// ClusterScopedNames says what becomes of cluster-scoped bindings.
type ClusterScopedNames string

// The values of clusterScopedNames.
const (
	NamesError  ClusterScopedNames = "error"
	NamesSuffix ClusterScopedNames = "suffix"
	NamesKeep   ClusterScopedNames = "keep"
)

// Enum lists the values.
func (ClusterScopedNames) Enum() []string {
	return []string{string(NamesError), string(NamesSuffix), string(NamesKeep)}
}

// Scripts says what becomes of shell scripts.
type Scripts string

// The values of scripts.
const (
	ScriptsRewrite Scripts = "rewrite"
	ScriptsError   Scripts = "error"
	ScriptsIgnore  Scripts = "ignore"
)

// Enum lists the values.
func (Scripts) Enum() []string {
	return []string{string(ScriptsRewrite), string(ScriptsError), string(ScriptsIgnore)}
}

// TakeEnvironment sets the environment if the config names none.
func (c *InjectNamespace) TakeEnvironment(name string) {
	if c.Spec.Environment == "" {
		c.Spec.Environment = name
	}
}

// Default fills what the config alone decides.
func (c *InjectNamespace) Default() {
	if c.Spec.UnknownKinds == "" {
		c.Spec.UnknownKinds = UnknownError
	}
	if c.Spec.Residue == "" {
		c.Spec.Residue = fn.LevelError
	}
	if c.Spec.Scripts == "" {
		c.Spec.Scripts = ScriptsRewrite
	}
}
