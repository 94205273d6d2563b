package generateargoapps_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/view"
)

// TestOrder: the order of the items changes nothing but the order of the items.
func TestOrder(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, path := range paths {
		c := fntest.Load(t, path)
		want, results := fntest.Run(t, functions, c.Config, c.In)
		if results.Failed() {
			continue
		}
		documents := strings.Split(strings.TrimSpace(c.In), "\n---\n")
		for range 3 {
			random.Shuffle(len(documents), func(i, j int) { documents[i], documents[j] = documents[j], documents[i] })
			got, _ := fntest.Run(t, functions, c.Config, strings.Join(documents, "\n---\n"))
			if !slices.Equal(sorted(got), sorted(want)) {
				t.Errorf("%s: another order gives\n%s", path, got)
			}
		}
	}
}

func sorted(documents string) []string {
	split := strings.Split(strings.TrimSpace(documents), "\n---\n")
	slices.Sort(split)
	return split
}

// TestAnySolution: whatever the Solution, what is generated hangs together and
// is safe.
func TestAnySolution(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 50 {
		config, in := randomCase(random)
		out, results := fntest.Run(t, functions, config, in)
		if results.Failed() {
			t.Fatalf("case %d: %v\n%s\n%s", i, results.Err(), config, in)
		}
		for _, problem := range unsafe(fntest.Items(t, out)) {
			t.Errorf("case %d: %s\n%s\n%s", i, problem, config, in)
		}
	}
}

func randomCase(random *rand.Rand) (config, in string) {
	classes := []string{"dev", "stage", "prod"}
	clusters := []string{"{server: https://kubernetes.default.svc}", "{name: east}"}
	var s strings.Builder
	fmt.Fprintf(&s, `apiVersion: fn.eda-gitops.io/v1alpha1
kind: Solution
metadata: {name: %s}
spec:
  repoURL: git@git.example.com:acme/x.git
  targetRevision: main
  clusters: {c0: {destination: %s}, c1: {destination: %s}}
  environments:
`, strings.Repeat("s", 1+random.IntN(40)), clusters[random.IntN(2)], clusters[random.IntN(2)])
	for e := range 1 + random.IntN(6) {
		fmt.Fprintf(&s, "    %s%d: {class: %s, cluster: c%d, namespace: ns-%d}\n",
			strings.Repeat("e", random.IntN(30)), e, classes[random.IntN(3)], random.IntN(2), e)
	}
	var c strings.Builder
	fmt.Fprintf(&c, `apiVersion: fn.eda-gitops.io/v1alpha1
kind: GenerateArgoApps
metadata: {name: x}
spec:
  cluster: c%d
  source: %s
  components:
`, random.IntN(2), []string{"rendered", "kustomize", "plugin"}[random.IntN(3)])
	for k := range random.IntN(4) {
		fmt.Fprintf(&c, "    part-%d: {wave: %d}\n", k, random.IntN(40))
	}
	return c.String(), s.String()
}

// TestOneMoreComponent: a component that comes adds its own objects and changes
// no other; when it goes again, only they go.
func TestOneMoreComponent(t *testing.T) {
	const added = "    zz-added: {wave: 15}\n"
	random := rand.New(rand.NewPCG(5, 6))
	came := 0
	for i := range 30 {
		config, in := randomCase(random)
		config = strings.Replace(config, "spec:\n", "spec:\n  granularity: component\n", 1)
		in += "  components:\n    event-streams: {wave: 10}\n"
		before, results := fntest.Run(t, functions, config, in)
		if results.Failed() {
			t.Fatalf("case %d: %v", i, results.Err())
		}
		// On top of what is there, as where the output is kept.
		more := strings.Replace(before, "    event-streams: {wave: 10}\n", "    event-streams: {wave: 10}\n"+added, 1)
		after, results := fntest.Run(t, functions, config, more)
		if results.Failed() {
			t.Fatalf("case %d: %v", i, results.Err())
		}
		was := sorted(before)
		came += len(sorted(after)) - len(was)
		for _, document := range sorted(after) {
			if !slices.Contains(was, document) && !strings.Contains(document, "kind: Solution") && !strings.Contains(document, "-zz-added") &&
				!strings.Contains(document, "fn.eda-gitops.io/component: zz-added") {
				t.Errorf("case %d: changes\n%s", i, document)
			}
		}
		again, _ := fntest.Run(t, functions, config, strings.Replace(after, added, "", 1))
		if !slices.Equal(sorted(again), was) {
			t.Errorf("case %d: without it again\n%s\nbefore\n%s", i, again, before)
		}
	}
	if came == 0 {
		t.Error("no case has an environment to which the component came")
	}
}

var validName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

// unsafe returns what is wrong with a set of AppProjects and Applications.
func unsafe(items []*yaml.RNode) []string {
	var problems []string
	projects, names, paths := map[string]view.AppProject{}, map[string]bool{}, map[string]bool{}
	for _, p := range view.AppProjects(items) {
		projects[p.Name()] = p
	}
	environments := environments(items)
	for _, a := range view.Applications(items) {
		project, found := projects[a.Project()]
		if !found || !strings.Contains(text(project.Lookup("spec", "destinations")), text(a.Lookup("spec", "destination"))) {
			problems = append(problems, a.Name()+": its project does not let it in")
		}
		if !validName.MatchString(a.Name()) || names[a.Name()] || paths[a.SourcePath()] {
			problems = append(problems, a.Name()+": name or path is not its own, or no name")
		}
		names[a.Name()], paths[a.SourcePath()] = true, true
		class := environments[a.Destination().Namespace]
		if class != "dev" && class != "stage" && (a.Prunes() || !strings.HasSuffix(a.Project(), "-admin") && len(a.Project()) < 63-9) {
			problems = append(problems, a.Name()+": prunes, or is the developers'")
		}
		if len(a.Destination().Server) > 0 == (len(a.Destination().Name) > 0) {
			problems = append(problems, a.Name()+": needs server or name")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(projects)) {
		if strings.Contains(text(projects[name].Lookup("spec", "destinations")), "openshift-gitops") {
			problems = append(problems, name+": opens Argo CD's namespace")
		}
	}
	for _, o := range view.Objects(items) {
		if o.Group() == view.ArgoGroup && (o.Lookup("status") != nil || hasNothing(o.Node())) {
			problems = append(problems, o.Name()+": has a status, a null or an empty struct")
		}
	}
	return problems
}

// hasNothing finds a null or an empty mapping.
func hasNothing(node *yaml.Node) bool {
	if view.IsNull(node) || node.Kind == yaml.MappingNode && len(node.Content) == 0 {
		return true
	}
	return slices.ContainsFunc(node.Content, hasNothing)
}

// environments returns the class of each namespace of the Solution.
func environments(items []*yaml.RNode) map[string]string {
	classes := map[string]string{}
	for _, o := range view.Objects(items) {
		list := o.Lookup("spec", "environments")
		for i := 0; list != nil && i+1 < len(list.Content); i += 2 {
			classes[view.Text(view.Field(list.Content[i+1], "namespace"))] = view.Text(view.Field(list.Content[i+1], "class"))
		}
	}
	return classes
}

func text(node *yaml.Node) string {
	s, err := yaml.NewRNode(node).String()
	if err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(s), " ")
}
