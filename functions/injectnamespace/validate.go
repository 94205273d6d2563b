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

// Validate checks the config alone.
func (c *InjectNamespace) Validate() fn.Results {
	var results fn.Results
	if c.Spec.Namespace == "" && c.Spec.Environment == "" {
		if !c.Spec.Rename.any() {
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
		if err := c.validSource(c.Spec.NamespaceMatcher); err != nil {
			results = append(results, c.Errorf("spec.namespaceMatcher", "%v", err))
		}
	}
	results = append(results, c.validateRenames()...)
	results = append(results, c.validateKinds()...)
	results = append(results, c.validateTenants()...)
	return append(results, c.validateAllowed()...)
}

// any says whether anything is renamed.
func (r Rename) any() bool {
	return len(r.Namespaces) > 0 || slices.ContainsFunc(r.others(), func(m renames) bool { return len(m.to) > 0 })
}

// renames is one map of spec.rename.
type renames struct {
	field string
	to    map[string]string
}

// others are the maps of names that are no namespaces.
func (r Rename) others() []renames {
	return []renames{{"clusters", r.Clusters}, {"connects", r.Connects}, {"queueManagers", r.QueueManagers}, {"names", r.Names}}
}

func (c *InjectNamespace) validateRenames() fn.Results {
	var results fn.Results
	for _, from := range solution.Names(c.Spec.Rename.Namespaces) {
		at := renamePath("namespaces", from)
		if err := c.validSource(from); err != nil {
			results = append(results, c.Errorf(at, "%v", err))
		}
		if err := solution.ValidNamespace(c.Spec.Rename.Namespaces[from]); err != nil {
			results = append(results, c.Errorf(at, "%v", err))
		}
	}
	for _, r := range c.Spec.Rename.others() {
		for _, from := range solution.Names(r.to) {
			for _, name := range []string{from, r.to[from]} {
				if !objectName.MatchString(name) {
					results = append(results, c.Errorf(renamePath(r.field, from),
						"%q is no object's name; expected letters, digits, '-' and '.', beginning and ending with a letter or digit", name))
				}
			}
		}
	}
	return results
}

// renamePath is the path of one entry of spec.rename.
func renamePath(field, from string) string { return "spec." + view.Path("rename", field, from) }

// objectName is what names of objects look like; RBAC's may hold colons, and
// a base's may be in capitals.
var objectName = regexp.MustCompile(`^[A-Za-z0-9]([-A-Za-z0-9._:]*[A-Za-z0-9])?$`)

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

// protectedForm is a namespace, or the beginning of several and a star.
var protectedForm = regexp.MustCompile(`^[a-z0-9][-a-z0-9]*\*?$`)

func (c *InjectNamespace) validateTenants() fn.Results {
	var results fn.Results
	for i, name := range c.Spec.Shared {
		if !objectName.MatchString(name) {
			results = append(results, c.Errorf(fmt.Sprintf("spec.shared[%d]", i), "%q is no namespace; expected one such as cp4i-eventstreams", name))
		}
	}
	for i, name := range c.Spec.Protected {
		if !protectedForm.MatchString(name) {
			results = append(results, c.Errorf(fmt.Sprintf("spec.protected[%d]", i), "%q is no namespace; expected one such as cp4i, or cp4i-* for all that begin so", name))
		}
	}
	for i, name := range c.Spec.OtherEnvironments {
		if !sourceForm.MatchString(name) {
			results = append(results, c.Errorf(fmt.Sprintf("spec.otherEnvironments[%d]", i), "%q is no namespace; expected letters, digits and '-' alone", name))
		}
	}
	return results
}

func (c *InjectNamespace) validateAllowed() fn.Results {
	var results fn.Results
	for i, allowed := range c.Spec.ResidueAllow {
		for _, field := range []struct{ name, value string }{
			{"kind", allowed.Kind}, {"name", allowed.Name}, {"reason", allowed.Reason},
		} {
			if strings.TrimSpace(field.value) == "" {
				results = append(results, c.Errorf(fmt.Sprintf("spec.residueAllow[%d].%s", i, field.name), "is missing; expected kind, name and the reason, and fieldPath for one field"))
			}
		}
	}
	return results
}

var sourceForm = regexp.MustCompile(`^[A-Za-z0-9-]*[A-Za-z0-9][A-Za-z0-9-]*$`)

// validSource checks a namespace that is to be rewritten. It is found by token,
// so it has to be one; ENVIRONMENT is, though no namespace can be called so.
func (c *InjectNamespace) validSource(name string) error {
	switch {
	case len(name) > solution.MaxLabel:
		return fmt.Errorf("%q has %d characters; a namespace has at most %d", name, len(name), solution.MaxLabel)
	case !sourceForm.MatchString(name):
		return fmt.Errorf("%q can't be told from the text around it; expected letters, digits and '-' alone", name)
	case matches(builtInProtected, name):
		return fmt.Errorf("%q is the platform's and no environment's; %s never move", name, strings.Join(builtInProtected, ", "))
	case matches(c.Spec.Protected, name):
		return fmt.Errorf("%q is protected (spec.protected); remove one of the two", name)
	case slices.Contains(c.Spec.Shared, name):
		return fmt.Errorf("%q is shared (spec.shared) and stays; remove one of the two", name)
	}
	return nil
}

// builtInProtected are the platform's namespaces: OpenShift's shared images and
// templates, the Cloud Paks' foundational services, and those that OpenShift
// and Kubernetes reserve by prefix.
var builtInProtected = []string{"openshift", "ibm-common-services", "openshift-*", "kube-*"}

// stays says whether a namespace is protected or shared.
func (c *InjectNamespace) stays(namespace string) bool {
	return matches(builtInProtected, namespace) || matches(c.Spec.Protected, namespace) || slices.Contains(c.Spec.Shared, namespace)
}

// matches says whether a name is in a list, in which "a*" stands for all that
// begin with a.
func matches(list []string, name string) bool {
	return slices.ContainsFunc(list, func(entry string) bool {
		prefix, all := strings.CutSuffix(entry, "*")
		return name == entry || all && strings.HasPrefix(name, prefix)
	})
}
