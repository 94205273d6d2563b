package kustomize_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eda-gitops/functions/tests/host"
)

// Parts of trees that are not in txtar files: links, Git, working folders.

const (
	configMap = `apiVersion: v1
kind: ConfigMap
metadata: {name: one}
data: {a: b}
`
	local = `apiVersion: v1
kind: ConfigMap
metadata: {name: local, annotations: {config.kubernetes.io/local-config: "true"}}
`
	probeConfig = `apiVersion: fn.eda-gitops.io/v1alpha1
kind: Probe
metadata:
  name: probe
  annotations:
    config.kubernetes.io/function: "exec: {path: eda-fn}"
spec:
  labels: {probed: "true"}
  record: seen
`
	foreignConfig = `apiVersion: example.com/v1
kind: Foreign
metadata:
  name: foreign
  annotations:
    config.kubernetes.io/function: "exec: {path: foreign}"
`
)

// lay writes files below a folder.
func lay(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// same builds a folder in both ways and returns eda-fn's obstacles.
func same(t *testing.T, dir string, flags ...string) string {
	t.Helper()
	got, want := edaBuildOf(t, dir, flags...), kustomizeBuild(t, dir)
	if got.Status != 0 || want.Status != 0 {
		t.Fatalf("eda-fn build: exit %d\n%s\nkustomize: exit %d\n%s", got.Status, got.Stderr, want.Status, want.Stderr)
	}
	if got.Stdout != want.Stdout {
		t.Errorf("eda-fn build differs from kustomize:\n%s", difference(got.Stdout, want.Stdout))
	}
	return got.obstacles
}

// refused expects one line with a text, and returns it.
func refused(t *testing.T, dir, text string, flags ...string) {
	t.Helper()
	got := edaBuildOf(t, dir, flags...)
	if got.Status == 0 || got.Stdout != "" || strings.Count(got.Stderr, "\n") != 1 || !strings.Contains(got.Stderr, text) {
		t.Errorf("exit %d, stdout %q, stderr\n%s\nwant one line with %q", got.Status, got.Stdout, got.Stderr, text)
	}
}

// Files and folders behind links are what they lead to, local-config included.
func TestLinks(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	lay(t, root, map[string]string{
		"real/base/kustomization.yaml": "resources: [cm.yaml, local.yaml]\n",
		"real/base/cm.yaml":            configMap,
		"real/base/real-local.yaml":    local,
		"real/top/kustomization.yaml":  "resources: [../linked]\ntransformers: [probe.yaml]\n",
		"real/top/real-probe.yaml":     probeConfig,
	})
	for link, target := range map[string]string{
		"real/base/local.yaml": "real-local.yaml",
		"real/linked":          "base",
		"real/top/probe.yaml":  "real-probe.yaml",
		"top":                  "real/top",
	} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	if obstacles := same(t, filepath.Join(root, "top")); obstacles != "" {
		t.Errorf("was not built in process: %s", obstacles)
	}
}

// A kustomization that is a link, to a file of another name, is one all the same:
// its functions run once, by this program, and foreign ones are refused.
func TestLinkedKustomizations(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	lay(t, root, map[string]string{
		"base/variants/one.yaml":    "resources: [cm.yaml]\ntransformers: [probe.yaml]\n",
		"base/cm.yaml":              configMap,
		"base/probe.yaml":           probeConfig,
		"top/one.yaml":              "resources: [../base]\ntransformers: [second.yaml]\n",
		"top/second.yaml":           strings.ReplaceAll(probeConfig, "seen", "seen-too"),
		"plain/variants/one.yaml":   "resources: [cm.yaml]\ntransformers: [probe.yaml]\n",
		"plain/cm.yaml":             configMap,
		"plain/probe.yaml":          probeConfig,
		"foreign/variants/one.yaml": "resources: [cm.yaml]\ntransformers: [foreign.yaml]\n",
		"foreign/cm.yaml":           configMap,
		"foreign/foreign.yaml":      foreignConfig,
		"over/kustomization.yaml":   "resources: [../foreign]\n",
	})
	for link, target := range map[string]string{
		"base/kustomization.yaml": "variants/one.yaml", "top/kustomization.yml": "one.yaml",
		"plain/Kustomization": "variants/one.yaml", "foreign/kustomization.yaml": "variants/one.yaml",
	} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	if obstacles := same(t, filepath.Join(root, "plain")); obstacles != "" {
		t.Errorf("was not built in process: %s", obstacles)
	}
	got := edaBuildOf(t, filepath.Join(root, "plain"))
	if len(got.calls) > 0 {
		t.Errorf("was built in process, but called %q", got.calls)
	}
	same(t, filepath.Join(root, "top"))
	refused(t, filepath.Join(root, "foreign"), "--enable-exec")
	refused(t, filepath.Join(root, "over"), "--enable-exec")
}

// A remote base is fetched where that is allowed, and its functions are not run
// for that alone.
func TestRemoteBase(t *testing.T) {
	t.Parallel()
	repo := filepath.Join(t.TempDir(), "repo")
	lay(t, repo, map[string]string{
		"ours/kustomization.yaml":    "resources: [cm.yaml, local.yaml]\ntransformers: [probe.yaml]\n",
		"ours/cm.yaml":               configMap,
		"ours/local.yaml":            local,
		"ours/probe.yaml":            probeConfig,
		"foreign/kustomization.yaml": "resources: [cm.yaml]\ntransformers: [foreign.yaml]\n",
		"foreign/cm.yaml":            configMap,
		"foreign/foreign.yaml":       foreignConfig,
	})
	for _, args := range [][]string{{"init", "-q", "-b", "main"}, {"add", "."}, {"-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "-q", "-m", "base"}} {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = repo
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %s: %v\n%s", args[0], err, out)
		}
	}
	top := t.TempDir()
	url := "file://" + repo + "//"
	lay(t, top, map[string]string{
		"ours/kustomization.yaml":     "resources: ['" + url + "ours?ref=main']\ntransformers: [second.yaml]\n",
		"ours/second.yaml":            strings.ReplaceAll(probeConfig, "seen", "seen-too"),
		"foreign/kustomization.yaml":  "resources: ['" + url + "foreign?ref=main']\n",
		"metadata/kustomization.yaml": "resources: ['" + url + "ours?ref=main']\nbuildMetadata: [originAnnotations]\n",
		"plain/kustomization.yaml":    "resources: [cm.yaml, '" + url + "ours?ref=main']\nbuildMetadata: [originAnnotations]\n",
	})
	ours, foreign := filepath.Join(top, "ours"), filepath.Join(top, "foreign")
	refused(t, ours, "--allow-remote")
	if obstacles := same(t, ours, "-allow-remote"); !strings.Contains(obstacles, "is not on this disk") {
		t.Errorf("obstacles: %q", obstacles)
	}
	refused(t, foreign, "--enable-exec", "-allow-remote")
	same(t, foreign, "-allow-remote", "-enable-exec")
	same(t, filepath.Join(top, "metadata"), "-allow-remote")
}

// kustomize is told this program's own path, wherever that is: none is looked
// up.
func TestOwnPath(t *testing.T) {
	root := t.TempDir()
	lay(t, root, map[string]string{
		"tree/kustomization.yaml": "namePrefix: x-\nresources: [cm.yaml]\ntransformers: [probe.yaml]\n",
		"tree/cm.yaml":            configMap,
		"tree/probe.yaml":         strings.Replace(probeConfig, "eda-fn}", "no-such-program}", 1),
	})
	self := filepath.Join(root, "of its own", "eda-fn")
	if err := os.MkdirAll(filepath.Dir(self), 0o750); err != nil {
		t.Fatal(err)
	}
	program, err := filepath.EvalSymlinks(filepath.Join(doubles, "eda-fn"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program, self); err != nil {
		t.Fatal(err)
	}
	got := host.Run(t, host.Call{
		Program: filepath.Join(doubles, "eda-build"),
		Args:    []string{"-self", self, "-obstacles", filepath.Join(root, "obstacles"), filepath.Join(root, "tree")},
		Env:     []string{"PATH="},
	})
	if got.Status != 0 || !strings.Contains(got.Stdout, "name: x-one") || !strings.Contains(got.Stdout, `probed: "true"`) {
		t.Errorf("exit %d\n%s%s", got.Status, got.Stdout, got.Stderr)
	}
}

// A folder may be named in any way.
func TestFolderNames(t *testing.T) {
	root := t.TempDir()
	lay(t, root, map[string]string{
		"a b/kustomization.yaml": "resources: [cm.yaml]\ntransformers: [probe.yaml]\n",
		"a b/cm.yaml":            configMap,
		"a b/probe.yaml":         probeConfig,
	})
	t.Chdir(filepath.Join(root, "a b"))
	for _, dir := range []string{".", "../a b/", root + "/a b", "./../a b/."} {
		same(t, dir)
	}
	refused(t, "cm.yaml", "is a file; name the folder")
	refused(t, "nowhere", "nowhere: no such folder")
	refused(t, root, "no kustomization.yaml")
}

// Images of ours run in this process; one of another version may render
// differently, so that is said.
func TestImageVersions(t *testing.T) {
	t.Parallel()
	for image, warned := range map[string]bool{
		"ghcr.io/eda-gitops/eda-fn:v9.9.9":               true,
		"localhost:5000/mirror/eda-fn:v9.9.9@sha256:123": true,
		"localhost:5000/mirror/eda-fn":                   false,
		"ghcr.io/eda-gitops/eda-fn@sha256:123":           false,
		"ghcr.io/eda-gitops/eda-fn:v0.1.0":               false,
	} {
		for _, top := range []string{"resources: [cm.yaml]\ntransformers: [probe.yaml]\n", "resources: [cm.yaml]\nnamePrefix: x-\ntransformers: [probe.yaml]\n"} {
			dir := t.TempDir()
			lay(t, dir, map[string]string{
				"kustomization.yaml": top, "cm.yaml": configMap,
				"probe.yaml": strings.Replace(probeConfig, `"exec: {path: eda-fn}"`, `"container: {image: '`+image+`'}"`, 1),
			})
			got := edaBuildOf(t, dir)
			if got.Status != 0 || !strings.Contains(got.Stdout, "probed: \"true\"") {
				t.Errorf("%s: exit %d\n%s", image, got.Status, got.Stderr)
			}
			if has := strings.HasPrefix(got.Stderr, "warning: Probe/probe: ") && strings.Contains(got.Stderr, image); has != warned || strings.Count(got.Stderr, "\n") > 1 {
				t.Errorf("%s: stderr is %q", image, got.Stderr)
			}
		}
	}
}

// A Pipeline gives what the chain of single functions gives, byte for byte; with
// sortOptions fifo the chain moves what it renames to the end twice, so that
// there the objects are the same.
func TestPipelineIsTheChain(t *testing.T) {
	t.Parallel()
	step := func(kind, spec string) string {
		return "apiVersion: fn.eda-gitops.io/v1alpha1\nkind: " + kind + "\nmetadata:\n  name: all\n  annotations:\n    config.kubernetes.io/function: \"exec: {path: eda-fn}\"\nspec: " + spec + "\n"
	}
	steps := [][2]string{
		{"PinOperators", `{names: {a: renamed, one: uno}, labels: {first: "1"}}`},
		{"InjectNamespace", `{namespaces: {"": stage}, names: {b: beta}, types: {Secret: bitnami.com/v1alpha1 SealedSecret}}`},
		{"Probe", `{annotations: {octal: "0755"}, data: {mode: "0755"}, create: [{apiVersion: v1, kind: Namespace, metadata: {name: stage}}]}`},
	}
	var chain, list strings.Builder
	for _, s := range steps {
		chain.WriteString(step(s[0], s[1]) + "---\n")
		list.WriteString("  - {kind: " + s[0] + ", spec: " + s[1] + "}\n")
	}
	objects := configMap
	for _, name := range []string{"c", "a", "b"} {
		objects += "---\n" + strings.Replace(configMap, "one", name, 1)
	}
	objects += "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: example}\n"
	outputs := map[string]map[string]string{}
	for _, options := range []string{"", "sortOptions: {order: fifo}\n", "namePrefix: x-\n"} {
		outputs[options] = map[string]string{}
		for name, config := range map[string]string{"chain": chain.String(), "pipeline": step("Pipeline", "\n  steps:\n"+list.String())} {
			dir := t.TempDir()
			lay(t, dir, map[string]string{"kustomization.yaml": options + "resources: [all.yaml]\ntransformers: [config.yaml]\n", "all.yaml": objects, "config.yaml": config})
			same(t, dir)
			outputs[options][name] = edaBuildOf(t, dir).Stdout
		}
	}
	for options, output := range outputs {
		if strings.Contains(options, "fifo") {
			if output["chain"] == output["pipeline"] {
				t.Error("fifo: the two are the same; the exception is none any more")
			}
			output = map[string]string{"chain": inOrder(output["chain"]), "pipeline": inOrder(output["pipeline"])}
		}
		if output["chain"] != output["pipeline"] {
			t.Errorf("%q: the Pipeline differs from the chain:\n%s", options, difference(output["pipeline"], output["chain"]))
		}
	}
}

// inOrder sorts the objects of a stream by their text.
func inOrder(stream string) string {
	objects := map[string]string{}
	for object := range strings.SplitSeq(strings.TrimSuffix(stream, "\n"), "\n---\n") {
		objects[object] = ""
	}
	return strings.Join(sorted(objects), "\n---\n")
}

// Bookkeeping of the hosts that somebody wrote by hand: kustomize treats it in
// its own ways, so it calls the functions.
func TestBookkeepingByHand(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"config.kubernetes.io/local-confih", "config.kubernetes.io/index", "config.kubernetes.io/id", "config.k8s.io/id",
		"alpha.config.kubernetes.io/transformations", "kustomize.config.k8s.io/id", "kustomize.config.k8s.io/needs-hash",
		"kustomize.config.k8s.io/behavior",
	} {
		dir := t.TempDir()
		lay(t, dir, map[string]string{
			"kustomization.yaml": "resources: [cm.yaml]\ntransformers: [probe.yaml]\n",
			"cm.yaml":            strings.Replace(configMap, "{name: one}", `{name: one, annotations: {`+key+`: "1"}}`, 1),
			"probe.yaml":         probeConfig,
		})
		got, want := edaBuildOf(t, dir), kustomizeBuild(t, dir)
		if got.Stdout != want.Stdout || (got.Status == 0) != (want.Status == 0) {
			t.Errorf("%s: eda-fn build: exit %d, kustomize: exit %d\n%s", key, got.Status, want.Status, difference(got.Stdout, want.Stdout))
		}
		if got.Status == 0 && !strings.Contains(got.obstacles, key) {
			t.Errorf("%s: obstacles are %q", key, got.obstacles)
		}
	}
}
