package argo_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eda-gitops/functions/functions/argo"
)

// solutionFiles is a small solution: a base, two environments, a cluster.
func solutionFiles(spec string) map[string]string {
	return map[string]string{
		"solution/kustomization.yaml": "resources: [solution.yaml]\n",
		"solution/solution.yaml": `apiVersion: fn.eda-gitops.io/v1alpha1
kind: Solution
metadata: {name: shop, annotations: {config.kubernetes.io/local-config: "true"}}
spec:
  repoURL: https://git.example.com/acme/shop.git
  targetRevision: main
  clusters: {c: {destination: {server: https://kubernetes.default.svc}}}
  environments:
    dev: {class: dev, cluster: c, namespace: shop-dev}
    stage: {class: stage, cluster: c, namespace: shop-stage}
  components: {web: {wave: 30}, mq: {wave: 10}}
`,
		"base/kustomization.yaml":                 "resources: [web]\n",
		"base/README.md":                          "read me\n",
		"base/web/kustomization.yaml":             "resources: [web.yaml]\nconfigMapGenerator:\n- {name: web, files: [app.properties], options: {disableNameSuffixHash: true}}\n",
		"base/web/web.yaml":                       "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app.kubernetes.io/component: web}}\n",
		"base/web/app.properties":                 "a=b\n",
		"base/mq/kustomization.yaml":              "resources: [mq.yaml]\n",
		"base/mq/mq.yaml":                         "apiVersion: mq.ibm.com/v1beta1\nkind: QueueManager\nmetadata: {name: mq, labels: {app.kubernetes.io/component: mq}}\n",
		"environments/dev/kustomization.yaml":     "resources: [../../base]\npatches: [{path: web.yaml}]\n",
		"environments/dev/sub/kustomization.yaml": "resources: []\n",
		"environments/dev/web.yaml":               "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1}\n",
		"environments/stage/kustomization.yaml":   "resources: [../../base, ../../base/mq]\n",
		"rendered/dev/configmap-web.yaml":         "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n",
		"rendered/dev/web/deployment-web.yaml":    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n",
		"rendered/stage/web/deployment-web.yaml":  "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n",
		"rendered/stage/mq/mq.yaml":               "apiVersion: mq.ibm.com/v1beta1\nkind: QueueManager\nmetadata: {name: mq}\n",
		"rendered/stage/extra/x.yaml":             "apiVersion: batch/v1\nkind: Job\nmetadata: {name: x}\n",
		"clusters/c/argocd/kustomization.yaml":    "resources: [../../../solution]\ntransformers: [apps.yaml]\n",
		"clusters/c/argocd/apps.yaml": `# Ours.
apiVersion: fn.eda-gitops.io/v1alpha1
kind: GenerateArgoApps
metadata:
  name: c # the cluster
spec:
  cluster: c
  operatorNamespaces: []
` + spec,
	}
}

func TestUpdate(t *testing.T) {
	for name, tc := range map[string]struct {
		reason, spec string
		want         string // behind the spec
	}{
		"rendered": {"the kinds that are in the folder", "", `  # Facts, written by ` + "`eda-fn argo update`" + `; not by hand.
  kinds:
    dev:
    - ConfigMap
    - Deployment.apps
    stage:
    - Deployment.apps
    - Job.batch
    - QueueManager.mq.ibm.com
`},
		"own Applications": {"a component's kinds are its own, and it is where its folder is", "  components: {mq: {}}\n", `  # Facts, written by ` + "`eda-fn argo update`" + `; not by hand.
  kinds:
    dev:
    - ConfigMap
    - Deployment.apps
    stage:
    - Deployment.apps
    - Job.batch
    stage/mq:
    - QueueManager.mq.ibm.com
`},
		"components": {"what is found, also if no Solution knows it", "  granularity: component\n", `  # Facts, written by ` + "`eda-fn argo update`" + `; not by hand.
  kinds:
    dev/web:
    - Deployment.apps
    stage/extra:
    - Job.batch
    stage/mq:
    - QueueManager.mq.ibm.com
    stage/web:
    - Deployment.apps
`},
		"kustomize": {"all that a kustomization reaches: folders that are reached whole, files of others", "  source: kustomize\n", `  # Facts, written by ` + "`eda-fn argo update`" + `; not by hand.
  kinds:
    dev:
    - ConfigMap
    - Deployment.apps
    stage:
    - ConfigMap
    - Deployment.apps
    - QueueManager.mq.ibm.com
  # Facts, written by ` + "`eda-fn argo update`" + `; not by hand.
  generatePaths:
    dev:
    - base/kustomization.yaml
    - base/web
    - environments/dev/kustomization.yaml
    - environments/dev/web.yaml
    stage:
    - base
    - environments/stage
`},
		"stale": {"facts that are there are replaced, and those of what is gone go", "  kinds: {dev: [Secret], gone: [ConfigMap]} # facts\n  generatePaths: {dev: [x]}\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for file, text := range solutionFiles(tc.spec) {
				write(t, root, file, text)
			}
			got := update(t, root)
			if want := solutionFiles(tc.spec)["clusters/c/argocd/apps.yaml"] + tc.want; tc.want != "" && got != want {
				t.Errorf("%s: got\n%s\nwant\n%s", tc.reason, got, want)
			}
			if name == "stale" && (strings.Contains(got, "gone") || strings.Contains(got, "generatePaths") || !strings.Contains(got, "stage:")) {
				t.Errorf("%s: got\n%s", tc.reason, got)
			}
			if again := update(t, root); again != got {
				t.Errorf("a second time gives\n%s", again)
			}
		})
	}
}

// update writes the changes and returns the config's file.
func update(t *testing.T, root string) string {
	t.Helper()
	tree, err := argo.Load(options(), root)
	if err != nil {
		t.Fatal(err)
	}
	changes, results := tree.Update()
	if results.Failed() {
		t.Fatal(results.Err())
	}
	file := filepath.Join(root, "clusters/c/argocd/apps.yaml")
	for _, change := range changes {
		if change.Path != file {
			t.Errorf("changes %s", change.Path)
		}
		if err := os.WriteFile(file, change.New, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestUpdateRefuses(t *testing.T) {
	for name, tc := range map[string]struct {
		reason, spec string
		change       map[string]string // files; an empty one is left out
		want         string
	}{
		"not rendered":   {"what to do", "", map[string]string{"rendered/dev/configmap-web.yaml": "", "rendered/dev/web/deployment-web.yaml": ""}, "Application shop-dev: there is no folder rendered/dev below ROOT; render it first: eda-fn build environments/dev -o rendered/dev/"},
		"does not build": {"", "  source: kustomize\n", map[string]string{"base/web/web.yaml": ""}, "Application shop-dev: environments/dev: base/web/kustomization.yaml: resources: web.yaml: no such file or folder"},
		"no YAML":        {"", "", map[string]string{"rendered/dev/x.yaml": "a: [b\n"}, "rendered/dev: rendered/dev/x.yaml is no YAML that can be read"},
		"no Solution":    {"", "", map[string]string{"solution/solution.yaml": "", "solution/kustomization.yaml": "", "clusters/c/argocd/kustomization.yaml": ""}, "there is no Solution below ROOT; name the repository's root"},
		"no config":      {"", "", map[string]string{"clusters/c/argocd/apps.yaml": ""}, "ROOT holds no GenerateArgoApps config; name the repository's root"},
		"bad config":     {"", "  granularty: component\n", nil, `spec.granularty: unknown field; did you mean "granularity"?`},
		"bad cluster":    {"", "  components: {mq: {environments: [dv]}}\n", nil, `has no environment "dv"; did you mean "dev"?`},
		"outside": {"a path that Argo CD can't watch", "  source: kustomize\n", map[string]string{
			"environments/dev/kustomization.yaml": "resources: [../../../outside]\n",
			"../outside/kustomization.yaml":       "resources: [web.yaml]\n",
			"../outside/web.yaml":                 "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n",
		}, "name the repository's root"},
	} {
		t.Run(name, func(t *testing.T) {
			root := filepath.Join(t.TempDir(), "root")
			files := solutionFiles(tc.spec)
			maps.Copy(files, tc.change)
			for file, text := range files {
				if text != "" {
					write(t, root, file, text)
				}
			}
			tree, err := argo.Load(options(), root)
			if err != nil {
				t.Fatal(err)
			}
			_, results := tree.Update()
			if results.Err() == nil || !strings.Contains(strings.ReplaceAll(results.Err().Error(), root, "ROOT"), tc.want) {
				t.Errorf("%s: got %v, want %s", tc.reason, results, tc.want)
			}
		})
	}
}

// TestUpdateWarns: with an Application for each component, what is of none is
// synced by none.
func TestUpdateWarns(t *testing.T) {
	root := t.TempDir()
	for file, text := range solutionFiles("  granularity: component\n") {
		write(t, root, file, text)
	}
	tree, err := argo.Load(options(), root)
	if err != nil {
		t.Fatal(err)
	}
	_, results := tree.Update()
	if len(results) != 1 || !strings.Contains(results[0].String(), "rendered/dev/configmap-web.yaml is of none, so no Application syncs it") {
		t.Error(results)
	}
}

// TestLoad: what is no folder.
func TestLoad(t *testing.T) {
	root := t.TempDir()
	write(t, root, "file", "x")
	for path, want := range map[string]string{filepath.Join(root, "nowhere"): "no such folder", filepath.Join(root, "file"): "is a file"} {
		if _, err := argo.Load(options(), path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if got := findings(t, root); !strings.Contains(got, "holds no Application and no AppProject") {
		t.Error(got)
	}
}

// FuzzCheck: whatever a repository holds, a check says something and ends.
func FuzzCheck(f *testing.F) {
	for _, text := range solutionFiles("") {
		f.Add(text, text)
	}
	f.Add("apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: []\nspec: {sources: [1, null, {path: .}], destination: x}\n", "resources: [../app.yaml, .]\n")
	f.Add("apiVersion: argoproj.io/v1alpha1\nkind: AppProject\nmetadata: {name: x}\nspec: {destinations: 1, roles: [x], sourceRepos: {a: b}}\n", "{}")
	f.Add("apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: x}\nspec: {generators: [{list: {elements: [1]}}], template: [x]}\n", "a: [")
	f.Fuzz(func(t *testing.T, app, kustomization string) {
		root := t.TempDir()
		write(t, root, "app.yaml", app)
		write(t, root, "x/kustomization.yaml", kustomization)
		findings(t, root)
		tree, err := argo.Load(options(), root)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = tree.Update()
	})
}
