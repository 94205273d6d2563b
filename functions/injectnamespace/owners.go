package injectnamespace

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

// readOwners notes the custom resources that others derive their names from.
// Their names are known ones: of "es" and "es-eu", es-eu-kafka-bootstrap is
// the second one's.
func (r *run) readOwners(objects []view.Object) {
	for _, o := range objects {
		if f, found := r.moves.owners[o.OwnerClass()]; found {
			f.known[o.Name()] = true
		}
	}
}

// labels reports labels that name no Kafka cluster, Connect cluster or queue
// manager that is there, as the objects are called now.
func (r *run) labels(objects []view.Object) {
	known := map[view.OwnerClass][]string{}
	likePods := map[string]bool{} // what carries a cluster label and is no owner
	for _, o := range objects {
		if class := o.OwnerClass(); class != "" {
			known[class] = append(known[class], o.Name())
		}
		switch o.Kind() {
		case "KafkaMirrorMaker2", "KafkaMirrorMaker", "KafkaBridge":
			likePods[o.Name()] = true
		}
	}
	for _, o := range objects {
		if !r.inside(o) || slices.Contains(r.config.Spec.Shared, o.Namespace()) {
			continue
		}
		for _, label := range o.OwnerLabels() {
			if r.names(label, known) || len(label.Classes) > 1 && likePods[label.Name] || r.tenants(label, objects) {
				continue
			}
			r.results = append(r.results, fn.Errorf(o.Ref(), label.Field,
				"%q is no %s among the objects%s; correct it, or, where it is in another package, say shared: [%s]",
				label.Name, classNames(label.Classes), listed(label.Classes, known), label.Name))
		}
	}
}

// names says whether a label names an owner that is there or shared.
func (r *run) names(label view.OwnerLabel, known map[view.OwnerClass][]string) bool {
	if slices.Contains(r.config.Spec.Shared, label.Name) {
		return true
	}
	return slices.ContainsFunc(label.Classes, func(class view.OwnerClass) bool { return slices.Contains(known[class], label.Name) })
}

// tenants says whether an object names a host of the label's owner in a shared
// namespace: es-kafka-bootstrap.cp4i-eventstreams. It reads all objects, but
// only for a label that would be an error.
func (r *run) tenants(label view.OwnerLabel, objects []view.Object) bool {
	if len(r.config.Spec.Shared) == 0 {
		return false
	}
	namespaces := make([]string, len(r.config.Spec.Shared))
	for i, namespace := range r.config.Spec.Shared {
		namespaces[i] = regexp.QuoteMeta(namespace)
	}
	host := regexp.MustCompile(`(?:^|[^-A-Za-z0-9])` + regexp.QuoteMeta(label.Name) + `-([-a-z0-9]+)\.(?:` +
		strings.Join(namespaces, "|") + `)(?:$|[^-A-Za-z0-9])`)
	return slices.ContainsFunc(objects, func(o view.Object) bool {
		return holdsHost(o.Node(), func(text string) bool {
			return slices.ContainsFunc(host.FindAllStringSubmatch(text, -1), func(found []string) bool {
				return slices.ContainsFunc(label.Classes, func(class view.OwnerClass) bool { return class.Derives(found[1]) })
			})
		})
	})
}

// holdsHost says whether a string below a node is such a host.
func holdsHost(node *yaml.Node, is func(string) bool) bool {
	if node.Kind == yaml.ScalarNode {
		return is(node.Value)
	}
	return slices.ContainsFunc(node.Content, func(child *yaml.Node) bool { return holdsHost(child, is) })
}

func classNames(classes []view.OwnerClass) string {
	names := make([]string, len(classes))
	for i, class := range classes {
		names[i] = string(class)
	}
	return strings.Join(names, " or ")
}

// listed lists the owners of some classes.
func listed(classes []view.OwnerClass, known map[view.OwnerClass][]string) string {
	var names []string
	for _, class := range classes {
		names = append(names, known[class]...)
	}
	if len(names) == 0 {
		return ", which have none"
	}
	slices.Sort(names)
	return fmt.Sprintf(", which have %s", strings.Join(slices.Compact(names), ", "))
}
