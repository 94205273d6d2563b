package view

import "sigs.k8s.io/kustomize/kyaml/yaml"

// AppProject is a lens over Argo CD's AppProject: the fence around the
// Applications that name it.
type AppProject struct{ Object }

// AppProjects returns the AppProjects that get deployed.
func AppProjects(items []*yaml.RNode) []AppProject {
	var out []AppProject
	for _, o := range Manifests(items) {
		if o.Is(ArgoGroup, "AppProject") {
			out = append(out, AppProject{o})
		}
	}
	return out
}

// NewAppProject makes an AppProject that has nothing but its name.
func NewAppProject(namespace, name string) AppProject {
	return AppProject{newArgoObject("AppProject", namespace, name)}
}

// SetDescription writes the text that people read in Argo CD.
func (p AppProject) SetDescription(text string) bool {
	return p.Set(text, "spec", "description")
}

// FillDescription is SetDescription where there is none.
func (p AppProject) FillDescription(text string) { p.fill(String(text), "spec", "description") }

// SetSourceRepos writes the repositories that Applications may sync from.
func (p AppProject) SetSourceRepos(repos []string) bool {
	return p.SetNode(stringSeq(repos), "spec", "sourceRepos")
}

// SetDestinations writes where Applications may sync to.
func (p AppProject) SetDestinations(destinations []ArgoDestination) bool {
	s := Seq()
	for _, d := range destinations {
		s.Content = append(s.Content, d.node())
	}
	return p.SetNode(s, "spec", "destinations")
}

// GroupKind is an API group, empty for the core group, and a kind in it.
type GroupKind struct {
	Group string
	Kind  string
}

func groupKinds(kinds []GroupKind) *yaml.Node {
	s := Seq()
	for _, k := range kinds {
		s.Content = append(s.Content, Map("group", String(k.Group), "kind", String(k.Kind)))
	}
	return s
}

// SetClusterResourceWhitelist writes the cluster-scoped kinds that may be
// synced; none when the list is empty.
func (p AppProject) SetClusterResourceWhitelist(kinds []GroupKind) bool {
	return p.SetNode(groupKinds(kinds), "spec", "clusterResourceWhitelist")
}

// SetNamespaceResourceWhitelist writes the namespaced kinds that may be synced.
// To Argo CD an empty list may mean all of them, so never write one.
func (p AppProject) SetNamespaceResourceWhitelist(kinds []GroupKind) bool {
	return p.SetNode(groupKinds(kinds), "spec", "namespaceResourceWhitelist")
}

// SetNamespaceResourceBlacklist writes the namespaced kinds that may not be
// synced.
func (p AppProject) SetNamespaceResourceBlacklist(kinds []GroupKind) bool {
	return p.SetNode(groupKinds(kinds), "spec", "namespaceResourceBlacklist")
}

// ProjectRole is what some people or a robot may do in a project.
type ProjectRole struct {
	Name        string
	Description string
	// Policies have six fields: "p, proj:<project>:<role>, applications, get,
	// <project>/*, allow".
	Policies []string
	// Groups of people who have the role.
	Groups []string
}

// SetRoles writes all roles.
func (p AppProject) SetRoles(roles []ProjectRole) bool {
	s := Seq()
	for _, role := range roles {
		m := Map("name", String(role.Name))
		if role.Description != "" {
			SetField(m, "description", String(role.Description))
		}
		if len(role.Policies) > 0 {
			SetField(m, "policies", stringSeq(role.Policies))
		}
		if len(role.Groups) > 0 {
			SetField(m, "groups", stringSeq(role.Groups))
		}
		s.Content = append(s.Content, m)
	}
	return p.SetNode(s, "spec", "roles")
}

// DeleteStatus removes what the controller wrote and nobody should commit.
func (p AppProject) DeleteStatus() bool { return p.Delete("status") }
