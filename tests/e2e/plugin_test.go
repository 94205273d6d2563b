package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/eda-gitops/functions/tests/e2e/harness"
)

// Names of the example's two plugins.
const (
	plugin        = "eda-fn"
	standInPlugin = "eda-fn-kustomize"
)

// argoCD is what the example adds to the ArgoCD of the OpenShift GitOps
// operator; that one copies the fields into the repo-server's pod.
type argoCD struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`

	Spec struct {
		Repo struct {
			InitContainers    []corev1.Container `json:"initContainers"`
			SidecarContainers []corev1.Container `json:"sidecarContainers"`
			Volumes           []corev1.Volume    `json:"volumes"`
		} `json:"repo"`
	} `json:"spec"`
}

// pluginPod is the example for OpenShift GitOps with both of its plugins, as it
// renders.
func pluginPod(t *testing.T) harness.Pod {
	t.Helper()
	objects := pluginExample(t, "openshift-gitops", func(dir string) {
		file := filepath.Join(dir, "openshift-gitops/kustomization.yaml")
		harness.MustWrite(t, file, harness.MustRead(t, file)+"components: [../stand-in]\n")
	})
	files := map[string]map[string]string{}
	var found argoCD
	for _, o := range objects {
		switch o.GetKind() {
		case "ConfigMap":
			var made corev1.ConfigMap
			decode(t, o.Text, &made)
			files[made.Name] = made.Data
		case "ArgoCD":
			decode(t, o.Text, &found)
		}
	}
	pod := harness.Pod{Init: found.Spec.Repo.InitContainers, Sidecars: found.Spec.Repo.SidecarContainers, Files: map[string]map[string]string{}}
	for _, volume := range found.Spec.Repo.Volumes {
		if volume.ConfigMap == nil {
			continue
		}
		data, there := files[volume.ConfigMap.Name]
		if !there {
			t.Fatalf("volume %s: no ConfigMap %s is rendered", volume.Name, volume.ConfigMap.Name)
		}
		pod.Files[volume.Name] = data
	}
	if len(pod.Sidecars) != 2 || len(pod.Init) != 2 || len(pod.Files) != 2 {
		t.Fatalf("%d sidecars, %d init containers, %d files", len(pod.Sidecars), len(pod.Init), len(pod.Files))
	}
	return pod
}

// pluginExample renders a folder of the example, changed.
func pluginExample(t *testing.T, folder string, change func(dir string)) []harness.Object {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(cluster.Root, "examples/argocd-plugin"))); err != nil {
		t.Fatal(err)
	}
	change(dir)
	return harness.MustObjects(t, harness.MustRun(t, harness.Call{Program: cluster.EdaFn, Args: []string{"build", filepath.Join(dir, folder)}}))
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
}

// What the example adds to Argo CD is what an API server accepts, with every
// field known: for plain Argo CD as a component over its Deployment.
func TestPluginExampleIsAccepted(t *testing.T) {
	const repoServer = `apiVersion: apps/v1
kind: Deployment
metadata: {name: argocd-repo-server}
spec:
  selector: {matchLabels: {app.kubernetes.io/name: argocd-repo-server}}
  template:
    metadata: {labels: {app.kubernetes.io/name: argocd-repo-server}}
    spec:
      volumes: [{name: var-files, emptyDir: {}}, {name: plugins, emptyDir: {}}]
      containers: [{name: argocd-repo-server, image: quay.io/argoproj/argocd}]
`
	cluster.Namespace(t, "argocd")
	cluster.Namespace(t, harness.ArgoNamespace)
	plain := pluginExample(t, "mine", func(dir string) {
		harness.MustWrite(t, filepath.Join(dir, "mine/repo-server.yaml"), repoServer)
		harness.MustWrite(t, filepath.Join(dir, "mine/kustomization.yaml"), "namespace: argocd\nresources: [repo-server.yaml]\ncomponents: [../argocd]\n")
	})
	kinds := map[string]int{}
	for _, o := range append(plain, pluginExample(t, ".", func(string) {})...) {
		kinds[o.GetKind()]++
		if o.GetKind() == "ArgoCD" {
			continue // pluginPod decodes it strictly
		}
		if err := cluster.DryRun(t.Context(), o); err != nil {
			t.Errorf("%s %s: %v", o.GetKind(), o.GetName(), err)
		}
	}
	if kinds["Deployment"] != 1 || kinds["ConfigMap"] != 2 || kinds["NetworkPolicy"] != 2 || kinds["ArgoCD"] != 1 {
		t.Errorf("the example renders %v", kinds)
	}
	for _, o := range plain {
		if o.GetKind() == "Deployment" && (strings.Count(o.Text, "name: eda-fn-plugin-") != 1 || !strings.Contains(o.Text, "runAsUser: 999")) {
			t.Errorf("the Deployment does not get the sidecar:\n%s", o.Text)
		}
	}
}
