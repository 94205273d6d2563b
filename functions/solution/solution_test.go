package solution_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

const whole = `apiVersion: fn.eda-gitops.io/v1alpha1
kind: Solution
metadata:
  name: rt-inventory
  annotations:
    config.kubernetes.io/local-config: "true"
    internal.config.kubernetes.io/path: solution.yaml
  unknown: {to: functions}
spec:
  repoURL: https://git.example.com/acme/rt-inventory-gitops.git
  targetRevision: main
  clusters:
    nonprod: {destination: {server: https://kubernetes.default.svc}}
    prod: {destination: {name: prod-east}}
  environments:
    dev: {cluster: nonprod, namespace: rt-dev}
    stage: {class: stage, cluster: nonprod, namespace: rt-stage}
    qa: {class: dev, cluster: nonprod, namespace: rt-qa}
    prod: {cluster: prod, namespace: rt-prod}
  components:
    event-streams: {wave: 10}
    jobs: {wave: -1}
    apps: {}
`

func item(t testing.TB, text string) *yaml.RNode {
	t.Helper()
	node, err := yaml.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return node
}

func decode(t testing.TB, text string) (*solution.Solution, fn.Results) {
	t.Helper()
	return solution.Decode(view.Of(item(t, text)))
}

// TestDecode: what is declared arrives, with defaults.
func TestDecode(t *testing.T) {
	s, results := decode(t, whole)
	if results != nil {
		t.Fatal(results)
	}
	if s.Spec.BaseNamespace != "ENVIRONMENT" || s.Spec.TargetRevision != "main" || s.Spec.Components["jobs"].Wave != -1 || s.Metadata.Name != "rt-inventory" {
		t.Errorf("%+v", s)
	}
	classes := map[string]string{}
	for name, env := range s.Spec.Environments {
		classes[name] = env.Class
	}
	if got := fmt.Sprint(classes); got != "map[dev:dev prod:prod qa:dev stage:stage]" {
		t.Errorf("an environment's class defaults to its name: %s", got)
	}
	if got := fmt.Sprint(s.Others("stage"), s.Others("none")); got != "[dev prod qa] [dev prod qa stage]" {
		t.Error(got)
	}
	if s, _ := decode(t, strings.Replace(whole, "  clusters:", "  baseNamespace: rt-dev\n  clusters:", 1)); s == nil || s.Spec.BaseNamespace != "rt-dev" {
		t.Error("baseNamespace")
	}
}

// TestBadSolutions: everything that is wrong with a Solution, in words that say
// what is allowed.
func TestBadSolutions(t *testing.T) {
	_, spec, _ := strings.Cut(whole, "spec:")
	spec = "spec:" + spec
	for name, tc := range map[string]struct {
		reason   string
		old, now string
		want     []string
	}{
		"misspelt":             {"strict as a config", "repoURL:", "repoUrl:", []string{`spec.repoUrl: unknown field; did you mean "repoURL"?`}},
		"misspelt environment": {"strict all the way down", "{class: stage, cluster: nonprod", "{clss: stage, cluster: nonprod", []string{`spec.environments.stage.clss: unknown field; did you mean "class"?`}},
		"environment twice":    {"one of the two would be lost", "    dev: {cl", "    stage: {cluster: prod, namespace: x}\n    dev: {cl", []string{"spec.environments.stage: appears twice"}},
		"list":                 {"maps by name", "  components:\n    event-streams: {wave: 10}\n    jobs: {wave: -1}\n    apps: {}\n", "  components: [{name: apps}]\n", []string{"spec.components: is a list; expected a map by name"}},
		"wave":                 {"a wave is a number", "wave: 10", "wave: first", []string{`spec.components.event-streams.wave: is "first"; expected a whole number`}},
		"another version":      {"one version is known", "v1alpha1", "v2", []string{`apiVersion: is "fn.eda-gitops.io/v2"; expected fn.eda-gitops.io/v1alpha1`}},
		"no name":              {"messages and Applications need it", "name: rt-inventory\n", "generateName: x\n", []string{"Solution: metadata.name: is missing"}},
		"no spec":              {"a Solution that was cut off", spec, "", []string{"spec.repoURL: is missing", "spec.environments: is empty; name at least one"}},
		"no environments":      {"", "    dev: {cluster: nonprod, namespace: rt-dev}\n    stage: {class: stage, cluster: nonprod, namespace: rt-stage}\n    qa: {class: dev, cluster: nonprod, namespace: rt-qa}\n    prod: {cluster: prod, namespace: rt-prod}\n", "", []string{"spec.environments: is empty"}},
		"empty environment":    {"all that is missing, at once", "qa: {class: dev, cluster: nonprod, namespace: rt-qa}", "qa:", []string{"spec.environments.qa.namespace: is missing", `spec.environments.qa.class: is ""; expected one of dev, stage, prod`, "spec.environments.qa.cluster: is missing"}},
		"class":                {"", "class: stage", "class: staging", []string{`spec.environments.stage.class: is "staging"; expected one of dev, stage, prod`}},
		"no class":             {"a name that is no class needs one", "qa: {class: dev, ", "qa: {", []string{`spec.environments.qa.class: is ""`}},
		"unknown cluster":      {"", "dev: {cluster: nonprod", "dev: {cluster: nonprd", []string{`spec.environments.dev.cluster: there is no cluster "nonprd" among spec.clusters; did you mean "nonprod"?`}},
		"far cluster":          {"", "dev: {cluster: nonprod", "dev: {cluster: east", []string{`there is no cluster "east" among spec.clusters; known are nonprod, prod`}},
		"no clusters":          {"nothing is known", "  clusters:\n    nonprod: {destination: {server: https://kubernetes.default.svc}}\n    prod: {destination: {name: prod-east}}\n", "", []string{`spec.environments.dev.cluster: there is no cluster "nonprod" among spec.clusters`, "environments.prod.cluster", "environments.qa.cluster", "environments.stage.cluster"}},
		"namespace":            {"an API server takes DNS labels", "rt-stage}", "RT_Stage}", []string{`spec.environments.stage.namespace: "RT_Stage" is no DNS label`}},
		"dotted namespace":     {"a DNS label has no dots", "rt-stage}", "rt.stage}", []string{`"rt.stage" is no DNS label`}},
		"namespace twice":      {"two environments in one place", "rt-stage}", "rt-dev}", []string{`spec.environments.stage.namespace: "rt-dev" is the namespace of environment dev already, in the same cluster`}},
		"no destination":       {"", "{destination: {name: prod-east}}", "{}", []string{"spec.clusters.prod.destination: needs server or name, and not both"}},
		"two destinations":     {"", "{name: prod-east}", "{name: prod-east, server: https://x}", []string{"spec.clusters.prod.destination: needs server or name, and not both"}},
		"dotted names":         {"a path says where a name ends", "prod: {destination: {name: prod-east}}", "prod: {destination: {name: prod-east}}\n    a.b: {}", []string{"spec.clusters[a.b].destination: needs server or name"}},
		"dotted environment":   {"a path says where a name ends", "    qa: {class: dev, cluster: nonprod", "    q.a: {class: dev, cluster: none", []string{`spec.environments[q.a].cluster: there is no cluster "none"`}},
		"repoURL":              {"", "https://git.example.com/acme/rt-inventory-gitops.git", "acme/rt-inventory", []string{`spec.repoURL: "acme/rt-inventory" is no Git URL`}},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(whole, tc.old) {
				t.Fatal("the case changes nothing")
			}
			s, results := decode(t, strings.Replace(whole, tc.old, tc.now, 1))
			if s != nil || len(results) != len(tc.want) {
				t.Fatalf("%s: %d results, want %d:\n%v", tc.reason, len(results), len(tc.want), results)
			}
			for i, want := range tc.want {
				if line := results[i].String(); !strings.HasPrefix(line, "error: Solution") || !strings.Contains(line, want) {
					t.Errorf("%s:\n got %s\nwant %s", tc.reason, line, want)
				}
			}
		})
	}
}

// TestSameNamespaceElsewhere: a namespace is unique in its cluster alone.
func TestSameNamespaceElsewhere(t *testing.T) {
	if _, results := decode(t, strings.Replace(whole, "namespace: rt-prod", "namespace: rt-dev", 1)); results != nil {
		t.Error(results)
	}
}

// TestFind: one Solution among the items, and a clear word when there are more.
func TestFind(t *testing.T) {
	other := strings.Replace(whole, "name: rt-inventory", "name: other", 1)
	broken := strings.Replace(whole, "repoURL:", "repoUrl:", 1)
	foreign := "apiVersion: example.com/v1\nkind: Solution\nmetadata: {name: x}\nspec: {anything: 1}\n"
	for name, tc := range map[string]struct {
		reason string
		items  []string
		want   string // its name
		lines  []string
	}{
		"none":           {"", []string{"kind: ConfigMap"}, "", nil},
		"one":            {"among what hosts send along", []string{"resources: [a]", whole, "{}"}, "rt-inventory", nil},
		"another group":  {"another project's kind of the name", []string{foreign}, "", nil},
		"two":            {"which one counts is not ours to guess", []string{whole, other}, "", []string{`Solution/other: there is another Solution, "rt-inventory", among the objects; keep one`}},
		"broken":         {"", []string{broken}, "", []string{`spec.repoUrl: unknown field`}},
		"one broken":     {"nor is this", []string{whole, strings.Replace(broken, "name: rt-inventory", "name: other", 1)}, "", []string{`Solution/other: spec.repoUrl: unknown field`}},
		"nameless":       {"an item without name is not passed over here", []string{strings.Replace(whole, "name: rt-inventory\n", "labels: {}\n", 1)}, "", []string{"Solution: metadata.name: is missing"}},
		"future version": {"", []string{strings.Replace(whole, "v1alpha1", "v1", 1)}, "", []string{`Solution/rt-inventory: apiVersion: is "fn.eda-gitops.io/v1"`}},
	} {
		t.Run(name, func(t *testing.T) {
			var items []*yaml.RNode
			for _, text := range tc.items {
				items = append(items, item(t, text))
			}
			s, results := solution.Find(items)
			got := ""
			if s != nil {
				got = s.Metadata.Name
			}
			if got != tc.want {
				t.Errorf("%s: %q, want %q", tc.reason, got, tc.want)
			}
			if len(results) != len(tc.lines) {
				t.Fatalf("%s: %v", tc.reason, results)
			}
			for i, want := range tc.lines {
				if !strings.Contains(results[i].String(), want) {
					t.Errorf("%s: %s, want %s", tc.reason, results[i], want)
				}
			}
		})
	}
}

// TestLookup finds the environment that a config names.
func TestLookup(t *testing.T) {
	config := &fn.Header{APIVersion: fn.APIVersion, Kind: "InjectNamespace", Metadata: fn.Metadata{Name: "stage"}}
	for name, tc := range map[string]struct {
		reason string
		env    string
		items  []string
		want   string // the environment's namespace
		line   string
	}{
		"named":          {"", "stage", []string{whole}, "rt-stage", ""},
		"unnamed":        {"everything can be said in the config", "", []string{whole}, "", ""},
		"unnamed, none":  {"without a Solution", "", nil, "", ""},
		"unknown":        {"a typo", "stag", []string{whole}, "", `InjectNamespace/stage: spec.environment: the Solution rt-inventory has no environment "stag"; did you mean "stage"?`},
		"far":            {"what there is", "x", []string{whole}, "", `has no environment "x"; known are dev, prod, qa, stage`},
		"case":           {"names count by case", "Stage", []string{whole}, "", `did you mean "stage"?`},
		"no Solution":    {"what to do", "stage", nil, "", `spec.environment: names environment "stage", but there is no Solution among the objects; list its folder under resources`},
		"broken":         {"the Solution's own findings", "stage", []string{strings.Replace(whole, "repoURL", "url", 1)}, "", "Solution/rt-inventory: spec.url: unknown field"},
		"broken, no env": {"also when nobody asks", "", []string{strings.Replace(whole, "repoURL", "url", 1)}, "", "Solution/rt-inventory: spec.url: unknown field"},
	} {
		t.Run(name, func(t *testing.T) {
			var items []*yaml.RNode
			for _, text := range tc.items {
				items = append(items, item(t, text))
			}
			s, env, results := solution.Lookup(config, "spec.environment", tc.env, items)
			if env.Namespace != tc.want || (s == nil) != (len(items) == 0 || results.Failed() && strings.HasPrefix(name, "broken")) {
				t.Errorf("%s: %+v %+v", tc.reason, s, env)
			}
			if tc.line == "" && results != nil || tc.line != "" && (len(results) != 1 || !strings.Contains(results[0].String(), tc.line)) {
				t.Errorf("%s: %v, want %s", tc.reason, results, tc.line)
			}
		})
	}
}

// TestRepoURL holds the forms of a Git URL, and that a password in one is
// refused and never quoted.
func TestRepoURL(t *testing.T) {
	const password = "hunter2"
	for _, url := range []string{
		"https://git.example.com/acme/shop.git", "http://git.example.com/acme/shop", "HTTPS://git.example.com/acme", "https://git.example.com:8443/a/b.git",
		"https://acme@dev.azure.com/acme/shop/_git/shop", "ssh://git@git.example.com/acme/shop.git", "ssh://git@git.example.com:2222/acme/shop.git",
		"ssh://git.example.com/acme", "git://git.example.com/acme/shop.git", "git@github.com:acme/shop.git", "git@github.com:shop", "git@git.example.com:/srv/shop.git",
		"git@host:acme/shop", "git-1.x@host:a", "github.com:acme/shop.git", "file:///srv/git/shop.git", "https://git.example.com/a/b%20c",
		"https://10.0.0.1/a", "https://[::1]/a", "https://host/a@v1", "https://host:8443/a@v1", "git@host:a@v1",
	} {
		if err := solution.ValidRepoURL(url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
	for url, want := range map[string]string{
		"":                               "is missing; expected a Git URL such as",
		"shop":                           `"shop" is no Git URL; expected https://host/path`,
		"acme/shop":                      "no Git URL",
		"./shop":                         "no Git URL",
		"/srv/git/shop":                  "no Git URL",
		"~/shop":                         "no Git URL",
		"not a url":                      "no Git URL",
		"git.example.com/acme/shop":      "no Git URL",
		"https://":                       "no Git URL",
		"https://git.example.com":        "no Git URL",
		"https://git.example.com/":       "no Git URL",
		"https:///acme/shop":             "no Git URL",
		"https:/git.example.com/shop":    "no Git URL",
		"https:git.example.com/shop":     "no Git URL",
		"http:acme":                      "no Git URL",
		"//git.example.com/shop":         "no Git URL",
		"ftp://git.example.com/shop":     "no Git URL",
		"oci://registry.example.com/a":   "no Git URL",
		"javascript:alert(1)":            "no Git URL",
		"https://git.example.com/a b":    "no Git URL",
		" https://git.example.com/a":     "no Git URL",
		"https://git.example.com/a\n":    "no Git URL",
		"https://git example.com/a":      "no Git URL",
		"https://git.example.com:port/a": "no Git URL",
		"git@:shop":                      "no Git URL",
		"git@host:":                      "no Git URL",
		"git@host:/":                     "no Git URL",
		"git@host":                       "no Git URL",
		"host:shop":                      "no Git URL",
		"localhost:8080":                 "no Git URL",
		`C:\git\shop`:                    "no Git URL",
		"https://user:" + password + "@git.example.com/shop": "holds a password (value withheld)",
		"https://:" + password + "@git.example.com/shop":     "holds a password",
		"ssh://git:" + password + "@git.example.com/shop":    "holds a password",
		"https://user:" + password + "@git.example.com":      "holds a password",
		"ftp://user:" + password + "@git.example.com/shop":   "holds a password",
		"user:" + password + "@git.example.com:shop":         "holds a password",
		"user:" + password + "@git.example.com/shop":         "holds a password",
		"https://user:p@" + password + "@git.example.com/a":  "holds a password",
		"https://user:p%zz" + password + "@git.example.com/": "holds a password",
		"https://user:a/" + password + "@git.example.com/a":  `"...@git.example.com/a" is no Git URL`,
		"user " + password + "@host:a":                       "no Git URL",
	} {
		err := solution.ValidRepoURL(url)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", url, err, want)
			continue
		}
		if strings.Contains(err.Error(), password) {
			t.Errorf("the password is quoted: %v", err)
		}
	}
	// The same through a Solution.
	_, results := decode(t, strings.Replace(whole, "https://git", "https://user:"+password+"@git", 1))
	if got := fmt.Sprint(results); strings.Contains(got, password) || !strings.Contains(got, "spec.repoURL: holds a password (value withheld)") {
		t.Error(got)
	}
}

// TestNamespace holds the form of a DNS label (RFC 1123).
func TestNamespace(t *testing.T) {
	long := strings.Repeat("a", solution.MaxLabel)
	for _, name := range []string{"a", "rt-dev", "1", "a1-b2", "0a", long} {
		if err := solution.ValidNamespace(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, want := range map[string]string{
		"": "is missing", "-a": "no DNS label", "a-": "no DNS label", "A": "no DNS label", "a_b": "no DNS label", "a.b": "no DNS label", "a b": "no DNS label",
		"a\n": "no DNS label", "é": "no DNS label", "ENVIRONMENT": "no DNS label", long + "a": "has 64 characters; a namespace has at most 63",
	} {
		if err := solution.ValidNamespace(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", name, err, want)
		}
	}
	if solution.ValidNamespace(solution.DefaultBaseNamespace) == nil {
		t.Error("an API server would take the base's namespace")
	}
}

// TestNames are sorted, so that messages don't change from run to run.
func TestNames(t *testing.T) {
	if got := solution.Names(map[string]int{"b": 1, "a": 2, "c": 3}); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Error(got)
	}
}
