package injectnamespace

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/solution"
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
	// namespace and rename.namespaces is required.
	Namespace string `yaml:"namespace,omitempty"`
	// NamespaceMatcher is the base's namespace, which becomes namespace. Defaults
	// to the Solution's baseNamespace, and without a Solution to ENVIRONMENT.
	NamespaceMatcher string `yaml:"namespaceMatcher,omitempty"`
	// Rename moves what is neither without a namespace nor in the base's.
	Rename Rename `yaml:"rename,omitempty"`
	// CreateNamespace adds a v1 Namespace object of the namespace's name, last
	// of all objects, or changes the one that is there. {} for one without
	// labels.
	CreateNamespace *CreateNamespace `yaml:"createNamespace,omitempty"`
	// Kinds says of kinds that the function does not know whether they are
	// namespaced, by group/kind without a version: {example.com/Widget:
	// Cluster}. CustomResourceDefinitions among the objects say it as well.
	Kinds map[string]view.Scope `yaml:"kinds,omitempty"`
	// UnknownKinds says what becomes of objects without a namespace whose kind
	// is not known: error lists the kinds, namespaced gives them the namespace,
	// ignore leaves them without one. Defaults to error.
	UnknownKinds UnknownKinds `yaml:"unknownKinds,omitempty"`
	// Residue says what becomes of the base's namespace where it is left in a
	// host or as a namespace. Defaults to error.
	Residue fn.Level `yaml:"residue,omitempty"`
}

// Rename says what is called otherwise in this environment.
type Rename struct {
	// Namespaces are namespaces and what becomes of them, all at once: {a: b,
	// b: a} swaps two.
	Namespaces map[string]string `yaml:"namespaces,omitempty"`
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
}

// Validate checks the config alone.
func (c *InjectNamespace) Validate() fn.Results {
	var results fn.Results
	if c.Spec.Namespace == "" && c.Spec.Environment == "" {
		if len(c.Spec.Rename.Namespaces) == 0 {
			results = append(results, c.Errorf("spec", "says nothing to do; expected environment, namespace or rename.namespaces"))
		}
		const needs = "needs a namespace; say environment or namespace"
		if c.Spec.NamespaceMatcher != "" {
			results = append(results, c.Errorf("spec.namespaceMatcher", needs))
		}
		if c.Spec.CreateNamespace != nil {
			results = append(results, c.Errorf("spec.createNamespace", needs))
		}
	}
	if c.Spec.Namespace != "" {
		if err := solution.ValidNamespace(c.Spec.Namespace); err != nil {
			results = append(results, c.Errorf("spec.namespace", "%v", err))
		}
	}
	if c.Spec.NamespaceMatcher != "" {
		if err := validSource(c.Spec.NamespaceMatcher); err != nil {
			results = append(results, c.Errorf("spec.namespaceMatcher", "%v", err))
		}
	}
	return append(append(results, c.validateRenames()...), c.validateKinds()...)
}

func (c *InjectNamespace) validateRenames() fn.Results {
	var results fn.Results
	for _, from := range solution.Names(c.Spec.Rename.Namespaces) {
		at := "spec." + view.Path("rename", "namespaces", from)
		if err := validSource(from); err != nil {
			results = append(results, c.Errorf(at, "%v", err))
		}
		if err := solution.ValidNamespace(c.Spec.Rename.Namespaces[from]); err != nil {
			results = append(results, c.Errorf(at, "%v", err))
		}
	}
	return results
}

func (c *InjectNamespace) validateKinds() fn.Results {
	var results fn.Results
	for _, kind := range solution.Names(c.Spec.Kinds) {
		at := "spec." + view.Path("kinds", kind)
		if _, err := view.ParseGroupKind(kind); err != nil {
			results = append(results, c.Errorf(at, "%v", err))
		}
		if c.Spec.Kinds[kind] == "" {
			results = append(results, c.Errorf(at, "is empty; expected one of %s", strings.Join(view.Scope("").Enum(), ", ")))
		}
	}
	return results
}

var sourceForm = regexp.MustCompile(`^[A-Za-z0-9-]*[A-Za-z0-9][A-Za-z0-9-]*$`)

// validSource checks a namespace that is to be rewritten. It is found by token,
// so it has to be one; ENVIRONMENT is, though no namespace can be called so.
func validSource(name string) error {
	switch {
	case len(name) > solution.MaxLabel:
		return fmt.Errorf("%q has %d characters; a namespace has at most %d", name, len(name), solution.MaxLabel)
	case !sourceForm.MatchString(name):
		return fmt.Errorf("%q can't be told from the text around it; expected letters, digits and '-' alone", name)
	case protected(name):
		return fmt.Errorf("%q is the platform's and no environment's; %s, %s* never move",
			name, strings.Join(protectedNamespaces, ", "), strings.Join(protectedPrefixes, "*, "))
	}
	return nil
}

// protectedNamespaces and protectedPrefixes are the platform's namespaces:
// those that OpenShift and Kubernetes reserve by prefix, OpenShift's shared
// images and templates, and the Cloud Paks' foundational services.
var (
	protectedNamespaces = []string{"openshift", "ibm-common-services"}
	protectedPrefixes   = []string{"openshift-", "kube-"}
)

func protected(namespace string) bool {
	return slices.Contains(protectedNamespaces, namespace) || slices.ContainsFunc(protectedPrefixes, func(prefix string) bool {
		return strings.HasPrefix(namespace, prefix)
	})
}
