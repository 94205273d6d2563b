package hosts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eda-gitops/functions/tests/host"
)

// The example on Strimzi stands beside that on Event Streams, whose base,
// solution and secrets it takes.
const strimzi = "rt-inventory-strimzi"

// strimziTree is a copy of both examples that a test may change: the folder of
// the one on Strimzi.
func strimziTree(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{strimzi, filepath.Base(example(t))} {
		if err := os.CopyFS(filepath.Join(root, name), os.DirFS(filepath.Join(host.Root(t), "examples", name))); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(root, strimzi)
}

func beside(tree string) string { return filepath.Join(tree, "../rt-inventory") }

// Strimzi's example comes out the same from every host, as that on Event Streams
// does: byte for byte within kustomize's family and within kpt's, object by object
// between the two.
func TestStrimziInEveryHost(t *testing.T) {
	for environment, cluster := range map[string]string{"dev": "nonprod", "stage": "nonprod", "prod": "prod"} {
		t.Run(environment, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join("environments", environment)
			config := filepath.Join(path, "functions", environment+".yaml")
			committed := filepath.Join(host.Root(t), "examples", strimzi, path)
			want := edaBuild(t, committed)
			if len(objects(t, want)) == 0 {
				t.Fatal("eda-fn build printed no object")
			}
			t.Run("kustomize exec", func(t *testing.T) { same(t, kustomizeExec(t, committed), want) })
			t.Run("kustomize container", func(t *testing.T) {
				tree := strimziTree(t)
				nameImage(t, beside(tree))
				same(t, kustomizeContainer(t, filepath.Join(tree, path)), want)
			})
			t.Run("chain", func(t *testing.T) {
				tree := strimziTree(t)
				write(t, filepath.Join(tree, config), chainOf(t, filepath.Join(tree, config)))
				// A patch of JSON operations has kustomize call each step, and what calls
				// give back may come in another order.
				same(t, canonical(t, edaBuild(t, filepath.Join(tree, path))), canonical(t, want))
				same(t, canonical(t, kustomizeExec(t, filepath.Join(tree, path))), canonical(t, want))
			})
			t.Run("kpt", func(t *testing.T) { strimziInKpt(t, path, config, cluster, want) })
		})
	}
}

// strimziInKpt renders a package of an environment with exec, again, and with
// containers.
func strimziInKpt(t *testing.T, path, config, cluster, want string) {
	t.Helper()
	host.Kpt(t)
	empty := strimziPackage(t, path, config, cluster)
	rendered := kptCopy(t, empty)
	kptRender(t, rendered, "--allow-exec")
	if contents(t, rendered) == contents(t, empty) {
		t.Fatal("kpt changed nothing")
	}
	same(t, canonical(t, stream(t, rendered)), canonical(t, want))
	again := kptCopy(t, rendered)
	kptRender(t, again, "--allow-exec")
	same(t, contents(t, again), contents(t, rendered))
	t.Run("container", func(t *testing.T) {
		image := host.Image(t)
		contained := kptCopy(t, empty)
		replaceIn(t, filepath.Join(contained, "Kptfile"), "- exec: eda-fn", "- image: "+image)
		kptRender(t, contained, "--image-pull-policy", "never")
		replaceIn(t, filepath.Join(contained, "Kptfile"), "- image: "+image, "- exec: eda-fn")
		same(t, contents(t, contained), contents(t, rendered))
	})
}

// strimziPackage fills the example's kpt package for an environment.
func strimziPackage(t *testing.T, path, config, cluster string) string {
	t.Helper()
	tree, pkg := strimziTree(t), t.TempDir()
	for name, from := range map[string]string{
		"Kptfile":                  filepath.Join(beside(tree), "kpt/Kptfile"),
		"pipeline.yaml":            filepath.Join(tree, config),
		"solution.yaml":            filepath.Join(beside(tree), "solution/solution.yaml"),
		"sealing-certificate.yaml": filepath.Join(beside(tree), "clusters", cluster, "shared/sealing-certificate.yaml"),
	} {
		write(t, filepath.Join(pkg, name), read(t, from))
	}
	kustomization := filepath.Join(tree, path, "kustomization.yaml")
	var kept []string
	for line := range strings.SplitSeq(read(t, kustomization), "\n") {
		if !strings.HasPrefix(line, "transformers:") {
			kept = append(kept, line)
		}
	}
	write(t, kustomization, strings.Join(kept, "\n"))
	write(t, filepath.Join(pkg, "resources.yaml"), kustomizeExec(t, filepath.Join(tree, path)))
	return pkg
}
