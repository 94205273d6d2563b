package hosts_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/tests/host"
)

// publishedImage is the image that the example's configs name.
const publishedImage = "ghcr.io/eda-gitops/eda-fn:"

// standIn is a PATH on which docker is eda-fn: what an Argo CD sidecar has, and
// no engine.
func standIn(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	host.MustRun(t, host.Call{Program: host.EdaFn(t), Args: []string{"install", dir, "--as", "docker"}})
	return []string{"PATH=" + dir, "DOCKER_HOST=unix:///nowhere"}
}

// asContainers is a copy of the example whose configs say container.
func asContainers(t *testing.T) string {
	t.Helper()
	tree := copied(t)
	replaceIn(t, filepath.Join(tree, "functions/kustomization.yaml"), "components: [exec]", "components: [container]")
	return tree
}

// kustomize's container functions render without an engine, byte for byte.
func TestStandInForKustomize(t *testing.T) {
	tree, env := asContainers(t), standIn(t)
	for _, f := range folders {
		t.Run(f.path, func(t *testing.T) {
			t.Parallel()
			got := host.MustRun(t, host.Call{
				Program: host.Kustomize(t), Args: []string{"build", "--enable-alpha-plugins", filepath.Join(tree, f.path)}, Env: env,
			})
			same(t, got, edaBuild(t, filepath.Join(example(t), f.path)))
		})
	}
}

// So do kpt's, with every pull policy; and `kpt fn doc`.
func TestStandInForKpt(t *testing.T) {
	t.Parallel()
	kpt, env := host.Kpt(t), standIn(t)
	f := folderOf(t, "rendered/stage")
	pkg := kptPackage(t, f)
	want := kptCopy(t, pkg)
	kptRender(t, want, "--allow-exec")
	replaceIn(t, filepath.Join(pkg, "Kptfile"), "- exec: eda-fn", "- image: "+publishedImage+fn.Version)
	for _, policy := range []string{"never", "always", "ifNotPresent"} {
		contained := kptCopy(t, pkg)
		host.MustRun(t, host.Call{Program: kpt, Args: []string{"fn", "render", contained, "--image-pull-policy", policy}, Env: env})
		replaceIn(t, filepath.Join(contained, "Kptfile"), "- image: "+publishedImage+fn.Version, "- exec: eda-fn")
		same(t, contents(t, contained), contents(t, want))
	}
	doc := host.Run(t, host.Call{Program: kpt, Args: []string{"fn", "doc", "--image", publishedImage + fn.Version}, Env: env})
	if doc.Status != 0 || !strings.Contains(doc.Stdout+doc.Stderr, "KRM function") {
		t.Errorf("kpt fn doc: exit %d\n%s%s", doc.Status, doc.Stdout, doc.Stderr)
	}
}

// Another image, and another version of ours, is an error in every host, with
// a line that says why; nothing is printed or written.
func TestStandInRefuses(t *testing.T) {
	const line = "docker: this is the stand-in of eda-fn " // and the version
	env := standIn(t)
	for name, image := range map[string]string{
		"another image":   "ghcr.io/kptdev/krm-functions-catalog/set-labels:v0.2.4",
		"another version": publishedImage + "v9.9.9",
	} {
		t.Run(name, func(t *testing.T) {
			tree := asContainers(t)
			replaceIn(t, filepath.Join(tree, "functions/container/kustomization.yaml"), publishedImage+fn.Version, image)
			answer := host.Run(t, host.Call{
				Program: host.Kustomize(t), Args: []string{"build", "--enable-alpha-plugins", filepath.Join(tree, "environments/stage")}, Env: env,
			})
			if answer.Status == 0 || answer.Stdout != "" || !strings.Contains(answer.Stderr, line) || !strings.Contains(answer.Stderr, image) {
				t.Errorf("kustomize: exit %d\n%s%s", answer.Status, answer.Stdout, answer.Stderr)
			}
			t.Run("kpt", func(t *testing.T) {
				kpt := host.Kpt(t)
				pkg := kptPackage(t, folderOf(t, "rendered/stage"))
				replaceIn(t, filepath.Join(pkg, "Kptfile"), "- exec: eda-fn", "- image: "+image)
				before := contents(t, pkg)
				answer := host.Run(t, host.Call{Program: kpt, Args: []string{"fn", "render", pkg}, Env: env})
				if answer.Status == 0 || !strings.Contains(answer.Stderr, line) {
					t.Errorf("exit %d\n%s%s", answer.Status, answer.Stdout, answer.Stderr)
				}
				same(t, contents(t, pkg), before)
			})
		})
	}
}
