package view

import (
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

const handWritten = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: rt-dev
  namespace: openshift-gitops
  finalizers: [resources-finalizer.argocd.argoproj.io]
spec:
  project: default # to be fenced in
  source:
    path: rendered/dev # what people look at
    repoURL: https://git.example.com/old.git
    helm: {}
  sources: []
  destination: {name: in-cluster, namespace: rt-dev}
  syncPolicy:
    automated: {prune: true}
    syncOptions:
    - Validate=false # known
status: {}
`

func TestApplicationGetters(t *testing.T) {
	app := Applications([]*yaml.RNode{yaml.MustParse(handWritten)})[0]
	if app.Project() != "default" || app.SourcePath() != "rendered/dev" ||
		app.Destination() != (ArgoDestination{Name: "in-cluster", Namespace: "rt-dev"}) ||
		!app.Automated() || !app.Prunes() || app.SyncsDirectory() ||
		!slices.Equal(app.SyncOptions(), []string{"Validate=false"}) ||
		!app.HasFinalizer("resources-finalizer.argocd.argoproj.io") || app.HasFinalizer("x") {
		t.Error("a getter does not say what stands there")
	}
	if empty := NewApplication("a", "b"); empty.Automated() || empty.Prunes() || empty.SyncOptions() != nil {
		t.Error("an Application without spec has some")
	}
}

func TestApplicationSetters(t *testing.T) {
	for name, tc := range map[string]struct {
		reason string
		set    func(Application)
		// old is replaced by new in the text; nothing else changes.
		old, new string
	}{
		"project": {"comments stay", func(a Application) { a.SetProject("rt") }, "project: default #", "project: rt #"},
		"equal":   {"an equal value is not written", func(a Application) { a.SetProject("default"); a.SetPrune(true) }, "", ""},
		"source": {
			"fields that stay keep place and comment, others go, sources too",
			func(a Application) {
				a.SetSource(Map("repoURL", String("https://git.example.com/new.git"), "path", String("rendered/dev")))
			},
			"old.git\n    helm: {}\n  sources: []\n", "new.git\n",
		},
		"destination": {
			"server and name never stand together",
			func(a Application) { a.SetDestination(ArgoDestination{Server: "https://x", Namespace: "no"}) },
			"{name: in-cluster, namespace: rt-dev}", `{namespace: "no", server: 'https://x'}`,
		},
		"fill": {
			"what is there stays", func(a Application) { a.FillSyncOptions([]string{"ServerSideApply=true"}) }, "", "",
		},
		"merge": {
			"maps field by field, lists in place, empty maps not at all",
			func(a Application) {
				a.Merge(Map("spec", Map("syncPolicy", Map(
					"automated", Map("selfHeal", Bool(true)), "retry", Map(), "syncOptions", Seq(String("A=b"))))))
			},
			"{prune: true}\n    syncOptions:\n    - Validate=false # known\n", "{prune: true, selfHeal: true}\n    syncOptions:\n    - A=b\n",
		},
		"status": {"it goes", func(a Application) { a.DeleteStatus() }, "status: {}\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			item := yaml.MustParse(handWritten)
			app := Applications([]*yaml.RNode{item})[0]
			want := strings.Replace(handWritten, tc.old, tc.new, 1)
			for range 2 {
				tc.set(app)
				if got := item.MustString(); got != want {
					t.Errorf("%s; got\n%s", tc.reason, got)
				}
			}
		})
	}
}

func TestNewApplicationFills(t *testing.T) {
	app := NewApplication("argocd", "x")
	app.SetLabel("fn.eda-gitops.io/environment", "no")
	app.SetPrune(false)
	app.FillRetry(Map("limit", Int("3")))
	app.FillSyncOptions([]string{"ServerSideApply=true"})
	const want = `apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: x
  namespace: argocd
  labels:
    fn.eda-gitops.io/environment: "no"
spec:
  syncPolicy:
    automated:
      prune: false
    retry:
      limit: 3
    syncOptions:
    - ServerSideApply=true
`
	if got := app.RNode().MustString(); got != want {
		t.Errorf("got\n%s", got)
	}
}
