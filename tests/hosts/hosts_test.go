// Package hosts_test renders the example in every host and compares: byte for
// byte within kustomize's family (eda-fn build, kustomize with exec and with
// containers, a Pipeline and the chain of its steps) and within kpt's (exec and
// containers, rendered twice); object by object between the two, which format
// differently.
package hosts_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions"
	"github.com/eda-gitops/functions/functions/build"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/view"
	"github.com/eda-gitops/functions/tests/host"
)

func TestMain(m *testing.M) { os.Exit(host.Main(m)) }

// folder of the example that is rendered.
type folder struct {
	// path below the example, and of what it renders below rendered/.
	path, rendered string
	// cluster on which that is deployed.
	cluster string
	// config is the file of its function's config.
	config string
}

var folders = []folder{
	{path: "environments/dev", rendered: "dev", cluster: "nonprod", config: "environments/dev/functions/dev.yaml"},
	{path: "environments/qa", rendered: "qa", cluster: "nonprod", config: "environments/qa/functions/qa.yaml"},
	{path: "environments/stage", rendered: "stage", cluster: "nonprod", config: "environments/stage/functions/stage.yaml"},
	{path: "environments/prod", rendered: "prod", cluster: "prod", config: "environments/prod/functions/prod.yaml"},
	{path: "clusters/nonprod", rendered: "clusters/nonprod", cluster: "nonprod", config: "clusters/nonprod/shared/pins/pins.yaml"},
	{path: "clusters/prod", rendered: "clusters/prod", cluster: "prod", config: "clusters/prod/shared/pins/pins.yaml"},
	{path: "clusters/nonprod/argocd", rendered: "clusters/nonprod/argocd", cluster: "nonprod", config: "clusters/nonprod/argocd/functions/applications.yaml"},
	{path: "clusters/prod/argocd", rendered: "clusters/prod/argocd", cluster: "prod", config: "clusters/prod/argocd/functions/applications.yaml"},
}

func (f folder) environment() bool { return strings.HasPrefix(f.path, "environments/") }

// example is the example's folder.
func example(t *testing.T) string {
	t.Helper()
	return filepath.Join(host.Root(t), "examples", "rt-inventory")
}

// copied is a copy of the example that a test may change.
func copied(t *testing.T) string {
	t.Helper()
	tree := t.TempDir()
	if err := os.CopyFS(tree, os.DirFS(example(t))); err != nil {
		t.Fatal(err)
	}
	return tree
}

// replaceIn replaces a text in a file, which must hold it.
func replaceIn(t *testing.T, path, old, text string) {
	t.Helper()
	content := read(t, path)
	if !strings.Contains(content, old) {
		t.Fatalf("%s has no %q", path, old)
	}
	write(t, path, strings.ReplaceAll(content, old, text))
}

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// edaBuild renders a folder with eda-fn, without any other program.
func edaBuild(t *testing.T, dir string) string {
	t.Helper()
	return host.MustRun(t, host.Call{Program: host.EdaFn(t), Args: []string{"build", dir}})
}

// onPath puts eda-fn's folder in front of PATH.
func onPath(t *testing.T) []string {
	t.Helper()
	return []string{"PATH=" + filepath.Dir(host.EdaFn(t)) + string(filepath.ListSeparator) + os.Getenv("PATH")}
}

func kustomizeExec(t *testing.T, dir string) string {
	t.Helper()
	return host.MustRun(t, host.Call{
		Program: host.Kustomize(t), Args: []string{"build", "--enable-alpha-plugins", "--enable-exec", dir}, Env: onPath(t),
	})
}

func kustomizeContainer(t *testing.T, dir string) string {
	t.Helper()
	return host.MustRun(t, host.Call{Program: host.Kustomize(t), Args: []string{"build", "--enable-alpha-plugins", dir}})
}

// withContainers is a copy of the example whose function configs name our image:
// by one word, and by the registry that the test's image has.
func withContainers(t *testing.T) string {
	t.Helper()
	tree := copied(t)
	nameImage(t, tree)
	return tree
}

// nameImage has a copy of the example run our image: by one word, and by the
// registry that the test's image has.
func nameImage(t *testing.T, tree string) {
	t.Helper()
	image := host.Image(t)
	replaceIn(t, filepath.Join(tree, "functions/kustomization.yaml"), "components: [exec]", "components: [container]")
	replaceIn(t, filepath.Join(tree, "functions/container/kustomization.yaml"), "ghcr.io/eda-gitops/eda-fn:"+fn.Version, image)
}

// Within kustomize's family the bytes are the same.
func TestKustomizeFamily(t *testing.T) {
	for _, f := range folders {
		t.Run(f.path, func(t *testing.T) {
			t.Parallel()
			want := edaBuild(t, filepath.Join(example(t), f.path))
			if len(objects(t, want)) == 0 {
				t.Fatal("eda-fn build printed no object")
			}
			t.Run("exec", func(t *testing.T) {
				same(t, kustomizeExec(t, filepath.Join(example(t), f.path)), want)
			})
			t.Run("container", func(t *testing.T) {
				same(t, kustomizeContainer(t, filepath.Join(withContainers(t), f.path)), want)
			})
			if !f.environment() {
				return
			}
			t.Run("chain", func(t *testing.T) {
				tree := copied(t)
				write(t, filepath.Join(tree, f.config), chainOf(t, filepath.Join(tree, f.config)))
				same(t, edaBuild(t, filepath.Join(tree, f.path)), want)
				same(t, kustomizeExec(t, filepath.Join(tree, f.path)), want)
			})
		})
	}
}

// Where kustomize calls the functions, eda-fn build has it call this program;
// where it keeps the order of objects, a chain may order them otherwise than the
// Pipeline.
func TestCalledFunctions(t *testing.T) {
	for name, tc := range map[string]struct {
		options string
		ordered bool
	}{
		"origins": {"buildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]\n", true},
		"patch":   {"patches: [{target: {kind: Route}, patch: '- {op: add, path: /metadata/annotations, value: {a: b}}'}]\n", true},
		"fifo":    {"sortOptions: {order: fifo}\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := folders[0]
			tree := copied(t)
			kustomization, config := filepath.Join(tree, f.path, "kustomization.yaml"), filepath.Join(tree, f.config)
			write(t, kustomization, read(t, kustomization)+tc.options)
			pipeline := edaBuild(t, filepath.Join(tree, f.path))
			same(t, pipeline, kustomizeExec(t, filepath.Join(tree, f.path)))
			write(t, config, chainOf(t, config))
			chain := edaBuild(t, filepath.Join(tree, f.path))
			same(t, chain, kustomizeExec(t, filepath.Join(tree, f.path)))
			switch {
			case name == "origins": // which name each function of the chain
			case tc.ordered:
				same(t, chain, pipeline)
			default:
				same(t, canonical(t, chain), canonical(t, pipeline))
			}
		})
	}
}

// The example is built without calling anything: that is what makes it quick.
func TestInProcess(t *testing.T) {
	for _, f := range folders {
		result, err := build.Build(build.Options{Functions: functions.All, Env: fntest.Env(), Self: host.EdaFn(t)}, filepath.Join(example(t), f.path))
		if err != nil {
			t.Fatal(err)
		}
		if !result.Facts.InProcess() {
			t.Errorf("%s: %q", f.path, result.Facts.Obstacles)
		}
		for _, r := range result.Results {
			// What OLM will do is said on every cluster: all pins there are Manual.
			if r.Severity == fn.Error || f.environment() && r.Severity != fn.Info {
				t.Errorf("%s: %s", f.path, r)
			}
		}
	}
}

// kustomize leaves exec functions out, silently, when a flag is missing: then
// nothing comes out that a cluster would take.
func TestSkippedFunctions(t *testing.T) {
	for _, f := range folders {
		if !f.environment() {
			continue
		}
		stream := host.MustRun(t, host.Call{
			Program: host.Kustomize(t), Args: []string{"build", "--enable-alpha-plugins", filepath.Join(example(t), f.path)}, Env: onPath(t),
		})
		for _, o := range objects(t, stream) {
			if o.Namespace() != "ENVIRONMENT" && o.Kind() != "SealedSecret" {
				t.Errorf("%s: %s would be deployed", f.path, o.Ref())
			}
		}
	}
}

// chainOf turns a Pipeline into the configs of its steps.
func chainOf(t *testing.T, path string) string {
	t.Helper()
	node, err := yaml.Parse(read(t, path))
	if err != nil {
		t.Fatal(err)
	}
	pipeline := view.Of(node)
	environment := pipeline.Text("spec", "environment")
	var configs []string
	for _, step := range pipeline.Lookup("spec", "steps").Content {
		config := view.OfNode(view.Map("apiVersion", view.String(pipeline.APIVersion()), "kind", view.String(view.OfNode(step).Kind()),
			"metadata", view.Copy(pipeline.Lookup("metadata")), "spec", view.Map()))
		if spec := view.OfNode(step).Lookup("spec"); spec != nil {
			config.SetNode(view.Copy(spec), "spec")
		}
		if takesEnvironment(config.Kind()) && config.Text("spec", "environment") == "" {
			config.Set(environment, "spec", "environment")
		}
		text, err := config.RNode().String()
		if err != nil {
			t.Fatal(err)
		}
		configs = append(configs, text)
	}
	if len(configs) < 2 {
		t.Fatalf("%s has %d steps", path, len(configs))
	}
	return strings.Join(configs, "---\n")
}

func takesEnvironment(kind string) bool {
	function, _ := functions.All.ByKind(kind)
	_, takes := function.New().(fn.EnvironmentTaker)
	return takes
}

func same(t *testing.T, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	i := 0
	for i < len(g) && i < len(w) && g[i] == w[i] {
		i++
	}
	const shown = 8
	from := max(0, i-shown)
	t.Errorf("differs from line %d on:\n  %s\nwant:\n  %s", i+1,
		strings.Join(g[from:min(len(g), i+shown)], "\n  "), strings.Join(w[from:min(len(w), i+shown)], "\n  "))
}

// objects parses a stream; what is not deployed is left out.
func objects(t *testing.T, stream string) []view.Object {
	t.Helper()
	nodes, err := parse(stream)
	if err != nil {
		t.Fatal(err)
	}
	return view.Manifests(nodes)
}

// canonical is each deployed object as JSON, sorted: what formats and orders
// differently is the same here.
func canonical(t *testing.T, stream string) string {
	t.Helper()
	var lines []string
	for _, o := range objects(t, stream) {
		json, err := o.RNode().MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, o.Ref().String()+" "+string(json))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
