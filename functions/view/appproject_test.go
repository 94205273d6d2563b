package view

import (
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

func TestAppProject(t *testing.T) {
	item := yaml.MustParse(`apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata:
  name: rt
spec:
  description: ours # by hand
  sourceRepos: ['*']
  orphanedResources: {warn: true}
status: {}
`)
	project := AppProjects([]*yaml.RNode{item, yaml.MustParse(handWritten)})[0]
	const want = `apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata:
  name: rt
spec:
  description: ours # by hand
  sourceRepos:
  - https://git.example.com/rt.git
  orphanedResources: {warn: true}
  destinations:
  - server: https://x
    namespace: rt-dev
  - name: east
    namespace: rt-prod
  clusterResourceWhitelist: []
  namespaceResourceWhitelist:
  - group: ""
    kind: ConfigMap
  - group: apps
    kind: Deployment
  roles:
  - name: dev
    description: Developers
    policies:
    - p, proj:rt:dev, applications, get, rt/*, allow
    groups:
    - devs
  - name: ci
`
	for range 2 { // the second time changes nothing
		project.FillDescription("generated")
		project.SetSourceRepos([]string{"https://git.example.com/rt.git"})
		project.SetDestinations([]ArgoDestination{{Server: "https://x", Namespace: "rt-dev"}, {Name: "east", Namespace: "rt-prod"}})
		project.SetClusterResourceWhitelist(nil)
		project.SetNamespaceResourceWhitelist([]GroupKind{{Kind: "ConfigMap"}, {Group: "apps", Kind: "Deployment"}})
		project.SetRoles([]ProjectRole{
			{Name: "dev", Description: "Developers", Policies: []string{"p, proj:rt:dev, applications, get, rt/*, allow"}, Groups: []string{"devs"}},
			{Name: "ci"},
		})
		project.DeleteStatus()
		if got := item.MustString(); got != want {
			t.Errorf("got\n%s", got)
		}
	}
	if !project.SetDescription("theirs") || project.Text("spec", "description") != "theirs" {
		t.Error("SetDescription did not write")
	}
}
