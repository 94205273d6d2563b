package argo

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/generateargoapps"
	"github.com/eda-gitops/functions/functions/view"
)

// project checks one AppProject.
func (c *checker) project(d Document) {
	p := view.AppProject{Object: d.Object}
	if d.Lookup("status") != nil {
		c.fail(d, "status", "is the controller's, copied out of a cluster; take it out")
	}
	for i, repo := range p.SourceRepos() {
		if repo == "*" {
			c.fail(d, fmt.Sprintf("spec.sourceRepos[%d]", i), "\"*\" lets Applications sync from any repository; name the solution's")
		}
	}
	c.projectDestinations(p, d)
	for _, field := range []string{"clusterResourceWhitelist", "namespaceResourceWhitelist"} {
		for i, kind := range p.KindList(field) {
			if kind.Group == "*" && kind.Kind == "*" {
				c.fail(d, fmt.Sprintf("spec.%s[%d]", field, i), "*/* lets every kind through%s; name the kinds that are rendered", whatThatMeans(field))
			}
		}
	}
	if d.Lookup("spec", "namespaceResourceWhitelist") == nil && d.Lookup("spec", "namespaceResourceBlacklist") == nil {
		c.warn(d, "spec.namespaceResourceWhitelist", "is missing, so every namespaced kind may be synced, RoleBinding and Application included; list the kinds that are rendered")
	}
	for i, role := range elements(d.Lookup("spec", "roles")) {
		for j, policy := range elements(view.Field(role, "policies")) {
			if err := generateargoapps.ValidPolicy(d.Name(), text(role, "name"), view.Text(policy)); err != nil {
				c.fail(d, fmt.Sprintf("spec.roles[%d].policies[%d]", i, j), "%v", err)
			}
		}
	}
}

func whatThatMeans(field string) string {
	if field == "clusterResourceWhitelist" {
		return ", and with ClusterRoleBinding all rights on the cluster"
	}
	return ""
}

func (c *checker) projectDestinations(p view.AppProject, d Document) {
	argocd := orElse(d.Namespace(), generateargoapps.DefaultArgocdNamespace)
	for i, destination := range p.Destinations() {
		at := fmt.Sprintf("spec.destinations[%d]", i)
		switch {
		case destination.Namespace == "*":
			c.fail(d, at+".namespace", "\"*\" takes in every namespace, and %s, where Argo CD lives: whoever writes there administers it; name the namespaces", argocd)
		case view.Lets(destination.Namespace, argocd):
			c.fail(d, at+".namespace", "%q takes in %s, where Argo CD lives: whoever writes there administers it; name other namespaces", destination.Namespace, argocd)
		}
		if destination.Server == "*" || destination.Name == "*" {
			c.fail(d, at, "takes in every cluster; name the cluster")
		}
	}
}

// managedByLabel on a namespace makes the OpenShift GitOps operator give Argo CD
// rights in it.
const managedByLabel = "argocd.argoproj.io/managed-by"

// rights looks for namespaces of this cluster in which OpenShift GitOps has
// none. Other installations of Argo CD usually have them everywhere.
func (c *checker) rights(all []Document) {
	for _, d := range all {
		c.rightsIn(d.Object, d.Namespace())
	}
	for _, d := range c.tree.documents() {
		c.rightsIn(d.Object, d.Namespace())
	}
	needed := map[string]*application{}
	for i := range c.applications {
		a := &c.applications[i]
		for _, o := range a.rendered {
			c.rightsIn(o, orElse(o.Namespace(), a.Destination().Namespace))
		}
		if a.ref().Namespace != generateargoapps.DefaultArgocdNamespace || normal(a.Destination()).Server != inClusterServer {
			continue
		}
		for _, namespace := range c.writesTo(a) {
			if needed[namespace] == nil {
				needed[namespace] = a
			}
		}
	}
	for _, namespace := range sorted(needed) {
		c.rightsFor(namespace, needed[namespace])
	}
}

// writesTo are the namespaces into which an Application writes, Argo CD's own
// aside.
func (c *checker) writesTo(a *application) []string {
	namespaces := map[string]bool{a.Destination().Namespace: true}
	for _, o := range a.rendered {
		if c.scopes.Of(o.GroupKind()) != view.Cluster && o.Namespace() != "" {
			namespaces[o.Namespace()] = true
		}
	}
	return slices.DeleteFunc(sorted(namespaces), func(namespace string) bool {
		return namespace == "" || namespace == generateargoapps.DefaultArgocdNamespace
	})
}

func (c *checker) rightsIn(o view.Object, namespace string) {
	switch {
	case o.NamesNamespace():
		c.namespaces[o.Name()] = append(c.namespaces[o.Name()], o)
	case o.Kind() == "RoleBinding" && bindsArgo(o):
		c.bindings[namespace] = true
	case o.Kind() == "ClusterRoleBinding" && bindsArgo(o):
		c.bindings["*"] = true
	}
}

// bindsArgo says whether a binding is for Argo CD's controller.
func bindsArgo(o view.Object) bool {
	return slices.ContainsFunc(o.Subjects(), func(s view.Subject) bool {
		return strings.Contains(s.Name(), "argocd-application-controller") ||
			s.Where() == generateargoapps.DefaultArgocdNamespace && !s.IsServiceAccount()
	})
}

func (c *checker) rightsFor(namespace string, a *application) {
	const how = "label it argocd.argoproj.io/managed-by: openshift-gitops, or bind the role admin to the ServiceAccount openshift-gitops-argocd-application-controller there"
	if c.bindings[namespace] || c.bindings["*"] || c.labelled(a, namespace) {
		return
	}
	for _, o := range c.namespaces[namespace] {
		if value, _ := o.Label(managedByLabel); value == generateargoapps.DefaultArgocdNamespace {
			return
		}
	}
	switch {
	case len(c.namespaces[namespace]) > 0:
		c.fail(a.Document, "spec.destination.namespace", "nothing gives Argo CD rights in namespace %s; %s", namespace, how)
	case !strings.HasPrefix(namespace, "openshift-") && !strings.HasPrefix(namespace, "kube-"):
		c.warn(a.Document, "spec.destination.namespace", "namespace %s is not in this repository, nor is anything that gives Argo CD rights in it; %s", namespace, how)
	}
}

// labelled says whether the Application labels the namespace that it creates.
func (c *checker) labelled(a *application, namespace string) bool {
	labels := a.Document.Lookup("spec", "syncPolicy", "managedNamespaceMetadata", "labels")
	return a.Destination().Namespace == namespace && slices.Contains(a.SyncOptions(), "CreateNamespace=true") &&
		text(labels, managedByLabel) == generateargoapps.DefaultArgocdNamespace
}

func scopesOf(objects []view.Object) view.Scopes {
	items := make([]*yaml.RNode, len(objects))
	for i, o := range objects {
		items[i] = o.RNode()
	}
	return view.ScopesOf(items)
}
