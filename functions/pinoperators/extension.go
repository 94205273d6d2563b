package pinoperators

import (
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/catalog"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// pinExtensions makes ClusterExtensions of OLM v1 of the Subscriptions that the
// pins match, pins those that are there already, and returns the items with what
// had to be made behind.
func (c *PinOperators) pinExtensions(items []*yaml.RNode, facts *facts) ([]*yaml.RNode, fn.Results) {
	subs := index(items)
	extensions := map[string][]view.ClusterExtension{}
	for _, extension := range view.ClusterExtensions(items) {
		extensions[extension.Package()] = append(extensions[extension.Package()], extension)
	}
	var results fn.Results
	made := c.shelve(items)
	for _, name := range solution.Names(c.Spec.Operators) {
		pin := c.Spec.Operators[name]
		want, found := c.resolve(name, pin, facts)
		found = append(found, c.checkAllNamespaces(name, want.operator)...)
		results = append(results, found...)
		if found.Failed() {
			continue
		}
		extension, found := c.extension(name, pin, want, extensions[name], subs, made)
		results = append(results, found...)
		if !extension.IsZero() {
			home(extension, made)
		}
	}
	return made.items, results
}

// checkAllNamespaces makes sure that the package runs for all namespaces, which
// is the one mode that OLM v1 has.
func (c *PinOperators) checkAllNamespaces(name string, operator *catalog.Operator) fn.Results {
	if operator == nil || len(operator.InstallModes) == 0 || slices.Contains(operator.InstallModes, view.AllNamespaces) {
		return nil
	}
	return fn.Results{c.Errorf(at(name, ""), "OLM v1 installs for all namespaces, which this package does not support; keep it with olm: v0")}
}

// extension finds, or makes, the one ClusterExtension of a package and writes
// what the pin says; the zero value where there is none.
func (c *PinOperators) extension(name string, pin Pin, want release, there []view.ClusterExtension, subs *subscriptions, made *shelf) (view.ClusterExtension, fn.Results) {
	matched := pin.choose(subs.byPackage[name])
	var extension view.ClusterExtension
	namespace, channel := pin.Namespace, pin.Channel
	or := func(into *string, value string) {
		if *into == "" && !placeholder(value) {
			*into = value
		}
	}
	var results fn.Results
	switch {
	case len(there)+len(matched) > 1:
		return extension, fn.Results{c.Errorf(at(name, ""), "a cluster has a package once in OLM v1, and there are %d; keep one", len(there)+len(matched))}
	case len(there) == 1:
		extension = there[0]
		or(&namespace, extension.InstallNamespace())
	case len(matched) == 1:
		or(&namespace, matched[0].Namespace())
		if !pin.holds() {
			or(&channel, matched[0].Get(view.SubscriptionChannel))
		}
		extension = matched[0].Extension()
	case pin.Create:
		extension = view.NewClusterExtension(pin.objectName(name))
		made.add(extension.Object)
	default:
		c.Spec.Unmatched.Add(&results, c.unmatched(name, subs))
		return extension, results
	}
	or(&namespace, want.operator.Namespace)
	if namespace == "" {
		return view.ClusterExtension{}, fn.Results{c.Errorf(at(name, "namespace"), "is missing: the catalog has none for this package; add namespace")}
	}
	if len(want.channels) == 1 {
		or(&channel, want.channels[0])
	}
	version := want.version
	if version == "" && pin.StartingCSV != "" {
		version = versionOf(want.operator, pin.StartingCSV)
	}
	extension.Take(name, channel, version)
	if pin.Source != "" {
		extension.From(pin.Source)
	}
	account := extension.Install(namespace, extension.Name()+"-installer")
	return extension, fn.Results{fn.Infof(extension.Ref(), "spec.serviceAccount.name",
		"%s/%s installs the operator, with the rights that are the same for every bundle; add a ClusterRole with those that its bundle asks for, as the README tells (OLM v1); a cluster whose OLM installs with rights of its own ignores the account", namespace, account)}
}

// home makes the ServiceAccount of a ClusterExtension, its rights and its
// namespace, where they are not among the items. An account that somebody else
// made keeps the rights that it has.
func home(extension view.ClusterExtension, made *shelf) {
	namespace := extension.InstallNamespace()
	if namespace != globalNamespace { // each OpenShift has that one
		made.upsert(view.Ref{APIVersion: "v1", Kind: "Namespace", Name: namespace})
	}
	account := made.upsert(view.Ref{APIVersion: "v1", Kind: "ServiceAccount", Namespace: namespace, Name: extension.ServiceAccount()})
	if _, ours := account.Annotation(CreatedByAnnotation); !ours {
		return
	}
	name := extension.Name() + "-installer"
	made.grant("Cluster", "", name, account, installerRules(extension.Name()))
	made.grant("", namespace, name, account, view.Seq(
		rule("apps", []string{"deployments"}, "create", "list", "watch"),
		rule("", []string{"serviceaccounts"}, "create", "list", "watch"),
	))
}

// installerRules are what OLM v1's guide "Derive minimal ServiceAccount" has for
// every bundle (operator-framework/operator-controller): verbs that can't be
// scoped to names, and the extension's own finalizers. Rights on a bundle's
// objects by name, and those that its operator gets, are in the bundle.
func installerRules(extension string) *yaml.Node {
	finalizers := rule(view.ExtensionGroup, []string{"clusterextensions/finalizers"}, "update")
	view.SetField(finalizers, "resourceNames", view.Seq(view.String(extension)))
	return view.Seq(
		finalizers,
		rule("apiextensions.k8s.io", []string{"customresourcedefinitions"}, "create", "list", "watch"),
		rule(rbacGroup, []string{"clusterroles", "clusterrolebindings"}, "create", "list", "watch"),
	)
}

// grant makes a role with rules and binds an account to it: of the cluster where
// scope is "Cluster", else of a namespace.
func (s *shelf) grant(scope, namespace, name string, account view.Object, rules *yaml.Node) {
	ref := func(kind string) view.Ref {
		return view.Ref{APIVersion: rbacGroup + "/v1", Kind: scope + kind, Namespace: namespace, Name: name}
	}
	s.upsert(ref("Role")).SetNode(rules, "rules")
	binding := s.upsert(ref("RoleBinding"))
	binding.SetNode(view.Map("apiGroup", view.String(rbacGroup), "kind", view.String(scope+"Role"), "name", view.String(name)), "roleRef")
	binding.SetNode(view.Seq(view.Map(
		"kind", view.String("ServiceAccount"), "name", view.String(account.Name()), "namespace", view.String(account.Namespace()),
	)), "subjects")
}

// shelf is the items with what had to be made behind, and who made it.
type shelf struct {
	items []*yaml.RNode
	by    string
	named map[view.Ref]view.Object
}

func (c *PinOperators) shelve(items []*yaml.RNode) *shelf {
	s := &shelf{items: items, by: c.Ref().String(), named: map[view.Ref]view.Object{}}
	for _, o := range view.Manifests(items) {
		s.named[o.Ref()] = o
	}
	return s
}

// add puts a new object behind the items, marked.
func (s *shelf) add(o view.Object) {
	o.SetAnnotation(CreatedByAnnotation, s.by)
	s.items = append(s.items, o.RNode())
	s.named[o.Ref()] = o
}

// upsert returns the object of a name, a new and empty one where there is none.
func (s *shelf) upsert(ref view.Ref) view.Object {
	if o, found := s.named[ref]; found {
		return o
	}
	metadata := view.Map("name", view.String(ref.Name))
	if ref.Namespace != "" {
		view.SetField(metadata, "namespace", view.String(ref.Namespace))
	}
	made := view.OfNode(view.Map("apiVersion", view.String(ref.APIVersion), "kind", view.String(ref.Kind), "metadata", metadata))
	s.add(made)
	return made
}
