package argo_test

import (
	"fmt"
	"os"
	"path"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/generateargoapps"
	"github.com/eda-gitops/functions/functions/view"
)

// TestReproduce: a Solution and one config of some 20 lines say what 22 files
// said: the same Applications, folders, namespaces. What differs are mistakes.
func TestReproduce(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/check-handwritten.txtar")
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]string{}
	for _, file := range archive.Files {
		if path.Dir(file.Name) != "config/argocd" || path.Base(file.Name) == "kustomization.yaml" {
			continue
		}
		for _, a := range view.Applications(items(t, string(file.Data))) {
			written[a.Name()] = describe(a)
		}
	}
	generated := generate(t)
	got := map[string]string{}
	for _, a := range view.Applications(generated) {
		got[a.Name()] = describe(a)
	}
	if len(written) != 22 || len(got) != 21 {
		t.Errorf("%d Applications written, %d generated", len(written), len(got))
	}
	// The mistakes: what was written, and what is meant.
	for name, meant := range map[string]string{
		"argo-app":           "", // contains itself, in project default
		"navigator":          "environments/cp4i/services/navigator -> cp4i",
		"fresh-stage-voyage": "environments/fresh-stage/apps/voyage/overlays -> fresh-stage",
	} {
		if written[name] == meant {
			t.Errorf("%s is no mistake", name)
		}
		written[name] = meant
	}
	for name, want := range written {
		if got[name] != want {
			t.Errorf("%s: generated %q, meant %q", name, got[name], want)
		}
	}
	// Nothing that the check finds in the files is in what is generated.
	root := t.TempDir()
	for _, file := range archive.Files {
		if !strings.HasPrefix(file.Name, "config/argocd/") && !strings.HasPrefix(file.Name, "config/minimal/") && !strings.HasPrefix(file.Name, "bootstrap/") {
			write(t, root, file.Name, string(file.Data))
		}
	}
	write(t, root, "applications.yaml", text(t, generated))
	found := findings(t, root)
	for line := range strings.SplitSeq(strings.TrimSpace(found), "\n") {
		// The tree's own mistakes stay, and are found.
		known := false
		for _, mistake := range []string{
			"renders ConfigMap kafka, which", "route.yaml: no such file", "ibm-mq/overlays\" in this repository", "rights in", " checked: ",
			"allow the kinds Namespace", "allow the kinds RoleBinding", "RoleBinding.rbac.authorization.k8s.io, which", "into fresh-dev",
		} {
			known = known || strings.Contains(line, mistake)
		}
		if !known {
			t.Errorf("what is generated has: %s", line)
		}
	}
}

func describe(a view.Application) string {
	return strings.TrimSuffix(a.SourcePath(), "/") + " -> " + a.Destination().Namespace
}

func generate(t *testing.T) []*yaml.RNode {
	t.Helper()
	raw, err := os.ReadFile("testdata/reproduce.yaml")
	if err != nil {
		t.Fatal(err)
	}
	solution, config, _ := strings.Cut(string(raw), "\n---\n")
	out, results := fntest.Run(t, fn.Set{generateargoapps.Function}, config, solution)
	if results.Failed() {
		t.Fatal(results.Err())
	}
	return items(t, out)
}

func items(t *testing.T, text string) []*yaml.RNode {
	t.Helper()
	nodes, err := (&kio.ByteReader{Reader: strings.NewReader(text), OmitReaderAnnotations: true}).Read()
	if err != nil {
		t.Fatal(err)
	}
	return nodes
}

func text(t *testing.T, nodes []*yaml.RNode) string {
	t.Helper()
	var b strings.Builder
	for _, node := range nodes {
		s, err := node.String()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "---\n%s", s)
	}
	return b.String()
}
