package pinoperators

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/catalog"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// globalNamespace is where OpenShift has an OperatorGroup for all namespaces,
// globalGroup.
const (
	globalNamespace = "openshift-operators"
	globalGroup     = "global-operators"
)

// configure writes a pin's config into a Subscription.
func configure(sub view.Subscription, config *InstallConfig) fn.Results {
	if config == nil {
		return nil
	}
	if path := sub.MisshapenConfig(); path != "" {
		return fn.Results{fn.Errorf(sub.Ref(), path, "is neither a map nor a list of what belongs there")}
	}
	for _, name := range solution.Names(config.Env) {
		sub.SetEnv(name, config.Env[name])
	}
	for _, name := range solution.Names(config.Resources.Requests) {
		sub.SetResource("requests", name, string(config.Resources.Requests[name]))
	}
	for _, name := range solution.Names(config.Resources.Limits) {
		sub.SetResource("limits", name, string(config.Resources.Limits[name]))
	}
	for _, label := range solution.Names(config.NodeSelector) {
		sub.SetNodeSelector(label, config.NodeSelector[label])
	}
	return nil
}

// pinSources writes images by digest into CatalogSources.
func (c *PinOperators) pinSources(items []*yaml.RNode) fn.Results {
	if len(c.Spec.CatalogSources) == 0 {
		return nil
	}
	byName := map[string][]view.CatalogSource{}
	for _, source := range view.CatalogSources(items) {
		byName[source.Name()] = append(byName[source.Name()], source)
	}
	var results fn.Results
	for _, name := range solution.Names(c.Spec.CatalogSources) {
		if len(byName[name]) == 0 {
			c.Spec.Unmatched.Add(&results, c.Errorf(view.Path("spec", "catalogSources", name),
				"there is no CatalogSource %q among the objects; list it under resources%s", name, fnconfig.Suggest(name, solution.Names(byName))))
		}
		for _, source := range byName[name] {
			source.SetImage(c.Spec.CatalogSources[name].Image)
			source.DropPoll()
		}
	}
	return results
}

// aboutOLM says what OLM v0 does with the Subscriptions as they are now.
func (c *PinOperators) aboutOLM(items []*yaml.RNode, subs *subscriptions, facts *facts) fn.Results {
	held := map[string]bool{}
	for _, source := range view.CatalogSources(items) {
		held[source.Name()] = byDigest.MatchString(source.Image())
	}
	groups := map[string][]view.OperatorGroup{}
	for _, group := range view.OperatorGroups(items) {
		groups[group.Namespace()] = append(groups[group.Namespace()], group)
	}
	var results fn.Results
	tenants := map[string][]view.Subscription{}
	for _, sub := range subs.all {
		if namespace := sub.Namespace(); namespace != "" && !placeholder(namespace) {
			tenants[namespace] = append(tenants[namespace], sub)
		}
		if !subs.pinned[sub.Node()] || subs.unsettled[sub.Node()] {
			continue
		}
		if operator, known, err := facts.lookup(sub.Get(view.SubscriptionPackage)); err == nil && known {
			results = append(results, aboutHead(operator, sub, held)...)
		}
		results = append(results, c.aboutFirstInstall(sub)...)
	}
	for _, namespace := range solution.Names(tenants) {
		results = append(results, coTenants(namespace, tenants[namespace])...)
		results = append(results, checkGroups(namespace, groups[namespace], tenants[namespace], facts)...)
	}
	return results
}

// aboutHead says what OLM offers beyond a release that is pinned.
func aboutHead(operator *catalog.Operator, sub view.Subscription, held map[string]bool) fn.Results {
	csv, name := sub.Get(view.SubscriptionCSV), sub.Get(view.SubscriptionChannel)
	channel := operator.Channels[name]
	head, listed := channel.Head()
	source := sub.Get(view.SubscriptionSource)
	if csv == "" || !listed || head.Name == csv || !channel.Has(csv) || held[source] {
		return nil
	}
	return fn.Results{fn.Warnf(sub.Ref(), view.SubscriptionCSV.Path(),
		"OLM will offer %s, the head of channel %s, beyond %q; pin the CatalogSource %s by digest (catalogSources) to hold", head.Version, name, csv, source)}
}

// aboutFirstInstall says what a pinned release does and does not.
func (c *PinOperators) aboutFirstInstall(sub view.Subscription) fn.Results {
	csv := sub.Get(view.SubscriptionCSV)
	if csv == "" || sub.Get(view.SubscriptionApproval) != string(Manual) {
		return nil
	}
	const first = "startingCSV matters at the first install only, and moves no operator that runs"
	if c.Spec.Approver.Enabled {
		return fn.Results{fn.Infof(sub.Ref(), view.SubscriptionCSV.Path(), first)}
	}
	return fn.Results{fn.Infof(sub.Ref(), view.SubscriptionCSV.Path(), first+"; the approval is Manual, so the first InstallPlan waits for approval")}
}

// coTenants warns of Subscriptions that upgrade each other: an InstallPlan is of
// a namespace, and approving it approves all that is in it.
func coTenants(namespace string, subs []view.Subscription) fn.Results {
	var manual, automatic []string
	for _, sub := range subs {
		if sub.Get(view.SubscriptionApproval) == string(Manual) {
			manual = append(manual, sub.Name())
			continue
		}
		automatic = append(automatic, sub.Name())
	}
	slices.Sort(manual)
	slices.Sort(automatic)
	ref := view.Ref{APIVersion: "v1", Kind: "Namespace", Name: namespace}
	switch {
	case len(manual) > 0 && len(automatic) > 0:
		return fn.Results{fn.Warnf(ref, "",
			"has Subscriptions with Manual approval (%s) and with Automatic (%s); OLM resolves a namespace as one, so that the Manual ones hold the others back and one approval upgrades all; move one kind into a namespace of its own",
			few(manual), few(automatic))}
	case len(manual) > 1:
		return fn.Results{fn.Warnf(ref, "",
			"has several Subscriptions with Manual approval (%s); an InstallPlan is the namespace's, so approving one upgrades the others too; move them into namespaces of their own, or read each InstallPlan before approving it", few(manual))}
	}
	return nil
}

// few lists the first of many names.
func few(names []string) string {
	const most = 8
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// checkGroups makes sure that a namespace with Subscriptions has one
// OperatorGroup, of a mode that each of their packages supports.
func checkGroups(namespace string, groups []view.OperatorGroup, subs []view.Subscription, facts *facts) fn.Results {
	slices.SortStableFunc(groups, func(a, b view.OperatorGroup) int { return strings.Compare(a.Name(), b.Name()) })
	names := make([]string, len(groups))
	for i, group := range groups {
		names[i] = group.Name()
	}
	foreign := slices.ContainsFunc(names, func(name string) bool { return name != globalGroup })
	switch {
	case len(groups) > 1:
		return fn.Results{fn.Errorf(groups[0].Ref(), "", "namespace %s has %d OperatorGroups (%s), and OLM installs nothing where there is more than one; keep one", namespace, len(groups), few(names))}
	case namespace == globalNamespace && foreign:
		return fn.Results{fn.Warnf(groups[0].Ref(), "", "OpenShift has the OperatorGroup %s in this namespace; with a second OLM installs nothing there; remove this one, unless that one is gone", globalGroup)}
	case len(groups) == 0 && namespace == globalNamespace:
		return checkMode(view.AllNamespaces, view.Ref{APIVersion: view.OLMGroup + "/v1", Kind: "OperatorGroup", Namespace: namespace, Name: globalGroup}, subs, facts)
	case len(groups) == 0:
		return fn.Results{fn.Warnf(view.Ref{APIVersion: "v1", Kind: "Namespace", Name: namespace}, "",
			"has Subscriptions (%s) and no OperatorGroup among the objects; OLM installs nothing until there is exactly one; add it, unless it comes from elsewhere", few(subscriptionNames(subs)))}
	}
	return checkMode(groups[0].Mode(), groups[0].Ref(), subs, facts)
}

func subscriptionNames(subs []view.Subscription) []string {
	names := make([]string, len(subs))
	for i, sub := range subs {
		names[i] = sub.Name()
	}
	slices.Sort(names)
	return names
}

// checkMode makes sure that the packages support a group's install mode: an
// error where the catalog is complete, else a warning.
func checkMode(mode string, group view.Ref, subs []view.Subscription, facts *facts) fn.Results {
	var results fn.Results
	for _, sub := range subs {
		operator, known, err := facts.lookup(sub.Get(view.SubscriptionPackage))
		if err != nil || !known || mode == "" || len(operator.InstallModes) == 0 || slices.Contains(operator.InstallModes, catalog.InstallMode(mode)) {
			continue
		}
		level := fn.LevelWarn
		if operator.Complete {
			level = fn.LevelError
		}
		modes := make([]string, len(operator.InstallModes))
		for i := range modes {
			modes[i] = string(operator.InstallModes[i])
		}
		level.Add(&results, fn.Errorf(sub.Ref(), "metadata.namespace",
			"the OperatorGroup %s/%s asks for mode %s, and %s supports %s; change the group's targetNamespaces, or the namespace",
			group.Namespace, group.Name, mode, operator.Package, strings.Join(modes, ", ")))
	}
	return results
}
