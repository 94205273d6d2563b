package hosts_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/tests/host"
)

// Within kpt's family the package's bytes are the same, also after a second
// render; its objects are those of kustomize's family.
func TestKptFamily(t *testing.T) {
	for _, f := range folders {
		t.Run(f.path, func(t *testing.T) {
			t.Parallel()
			host.Kpt(t)
			empty := kptPackage(t, f)
			rendered := kptCopy(t, empty)
			kptRender(t, rendered, "--allow-exec")
			want := contents(t, rendered)
			if want == contents(t, empty) {
				t.Fatal("kpt changed nothing")
			}
			t.Run("objects", func(t *testing.T) {
				same(t, canonical(t, stream(t, rendered)), canonical(t, edaBuild(t, filepath.Join(example(t), f.path))))
			})
			t.Run("again", func(t *testing.T) {
				again := kptCopy(t, rendered)
				kptRender(t, again, "--allow-exec")
				same(t, contents(t, again), want)
			})
			t.Run("container", func(t *testing.T) {
				image := host.Image(t)
				contained := kptCopy(t, empty)
				replaceIn(t, filepath.Join(contained, "Kptfile"), "- exec: eda-fn", "- image: "+image)
				kptRender(t, contained, "--image-pull-policy", "never")
				replaceIn(t, filepath.Join(contained, "Kptfile"), "- image: "+image, "- exec: eda-fn")
				same(t, contents(t, contained), want)
			})
		})
	}
}

// kptPackage fills the example's package for a folder, as kpt/README.md says.
func kptPackage(t *testing.T, f folder) string {
	t.Helper()
	tree, pkg := copied(t), t.TempDir()
	for name, from := range map[string]string{
		"Kptfile":                  "kpt/Kptfile",
		"pipeline.yaml":            f.config,
		"solution.yaml":            "solution/solution.yaml",
		"sealing-certificate.yaml": "clusters/" + f.cluster + "/shared/sealing-certificate.yaml",
	} {
		write(t, filepath.Join(pkg, name), read(t, filepath.Join(tree, from)))
	}
	if f.environment() {
		write(t, filepath.Join(pkg, "pins.yaml"), read(t, filepath.Join(tree, "clusters", f.cluster, "shared/pins/pins.yaml")))
	}
	kustomization := filepath.Join(tree, f.path, "kustomization.yaml")
	var kept []string
	for line := range strings.SplitSeq(read(t, kustomization), "\n") {
		if !strings.HasPrefix(line, "transformers:") {
			kept = append(kept, line)
		}
	}
	write(t, kustomization, strings.Join(kept, "\n"))
	if resources := kustomizeExec(t, filepath.Join(tree, f.path)); resources != "" {
		write(t, filepath.Join(pkg, "resources.yaml"), resources)
	}
	return pkg
}

func kptCopy(t *testing.T, pkg string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "package")
	if err := os.CopyFS(dir, os.DirFS(pkg)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func kptRender(t *testing.T, pkg string, flags ...string) {
	t.Helper()
	host.MustRun(t, host.Call{Program: host.Kpt(t), Args: append([]string{"fn", "render", pkg}, flags...), Env: onPath(t)})
}

// contents is every file of a package with its name.
func contents(t *testing.T, pkg string) string {
	t.Helper()
	var all strings.Builder
	eachFile(t, pkg, func(name, text string) { all.WriteString("== " + name + "\n" + text) })
	return all.String()
}

// stream is every file of a package as one stream.
func stream(t *testing.T, pkg string) string {
	t.Helper()
	var all strings.Builder
	eachFile(t, pkg, func(_, text string) { all.WriteString("---\n" + text) })
	return all.String()
}

func eachFile(t *testing.T, dir string, visit func(name, text string)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		visit(filepath.ToSlash(name), read(t, path))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func parse(stream string) ([]*yaml.RNode, error) {
	return (&kio.ByteReader{Reader: bytes.NewBufferString(stream), OmitReaderAnnotations: true}).Read()
}
