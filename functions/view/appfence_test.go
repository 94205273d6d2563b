package view_test

import (
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// TestRepoURLForms: one repository, however it is written, and what Argo CD
// takes for two.
func TestRepoURLForms(t *testing.T) {
	for name, tc := range map[string]struct {
		a, b       string
		same, argo bool
	}{
		"with and without .git": {"https://git.example.com/acme/x.git", "https://git.example.com/acme/x", true, true},
		"case":                  {"https://Git.example.com/Acme/x", "https://git.example.com/acme/X.git", true, true},
		"scp-like and ssh":      {"git@git.example.com:acme/x.git", "ssh://git@git.example.com/acme/x", true, true},
		"https and scp-like":    {"https://git.example.com/acme/x", "git@git.example.com:acme/x.git", true, false},
		"https and ssh":         {"https://git.example.com/acme/x", "ssh://git@git.example.com:2222/acme/x.git", true, false},
		"user":                  {"https://me@git.example.com/acme/x", "https://git.example.com/acme/x", true, false},
		"scp-like without user": {"git.example.com:acme/x", "https://git.example.com/acme/x", true, false},
		"trailing slash":        {"https://git.example.com/acme/x/", "https://git.example.com/acme/x", true, false},
		"other owner":           {"https://git.example.com/acme/x", "https://git.example.com/other/x", false, false},
		"other host":            {"git@a.example.com:acme/x", "git@b.example.com:acme/x", false, false},
		"port":                  {"https://git.example.com:8443/acme/x", "https://git.example.com/acme/x", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			if same := view.SameRepo(tc.a) == view.SameRepo(tc.b); same != tc.same {
				t.Errorf("%s and %s: same is %v", tc.a, tc.b, same)
			}
			if argo := view.ArgoRepoURL(tc.a) == view.ArgoRepoURL(tc.b); argo != tc.argo {
				t.Errorf("%s and %s: Argo CD takes them for one: %v", tc.a, tc.b, argo)
			}
			if view.PermitsRepo([]string{tc.a}, tc.b) != tc.argo {
				t.Errorf("a project with %s: %s", tc.a, tc.b)
			}
		})
	}
}

func TestPermitsRepo(t *testing.T) {
	const url = "https://git.example.com/acme/x.git"
	for name, tc := range map[string]struct {
		patterns []string
		want     bool
	}{
		"none":            {nil, false},
		"all":             {[]string{"*"}, true},
		"owner":           {[]string{"https://git.example.com/acme/*"}, true},
		"no slash":        {[]string{"https://git.example.com/*"}, false},
		"any depth":       {[]string{"https://git.example.com/**"}, true},
		"denied":          {[]string{"*", "!https://git.example.com/acme/x"}, false},
		"another denied":  {[]string{"*", "!https://git.example.com/acme/y"}, true},
		"only denied":     {[]string{"!https://git.example.com/acme/y"}, true},
		"one of several":  {[]string{"https://git.example.com/{acme,other}/x"}, true},
		"one of others":   {[]string{"https://git.example.com/{a,b}/x"}, false},
		"one character":   {[]string{"https://git.example.com/acm?/x"}, true},
		"broken pattern":  {[]string{"https://git.example.com/{acme/*"}, false},
		"regexp's letter": {[]string{"https://git.example.com/acme/+*"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := view.PermitsRepo(tc.patterns, url); got != tc.want {
				t.Errorf("%q: %v", tc.patterns, got)
			}
		})
	}
}

func TestMatchesPattern(t *testing.T) {
	for name, tc := range map[string]struct {
		pattern, value string
		want           bool
	}{
		"plain":            {"a", "a", true},
		"plain other":      {"a", "ab", false},
		"all":              {"*", "anything/at:all", true},
		"begins":           {"openshift-*", "openshift-gitops", true},
		"begins otherwise": {"openshift-*", "rt-openshift-gitops", false},
		"ends":             {"*-gitops", "openshift-gitops", true},
		"middle":           {"open*git*s", "openshift-gitops", true},
		"no overlap":       {"ab*ba", "aba", false},
		"in order":         {"*b*a*", "ab", false},
		"empty value":      {"*", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			if got := view.MatchesPattern(tc.pattern, tc.value); got != tc.want {
				t.Errorf("MatchesPattern(%q, %q) = %v", tc.pattern, tc.value, got)
			}
		})
	}
}

func TestPermitsDestination(t *testing.T) {
	const server = "https://kubernetes.default.svc"
	dev := view.ArgoDestination{Server: server, Namespace: "rt-dev"}
	for name, tc := range map[string]struct {
		reason  string
		allowed []view.ArgoDestination
		want    bool
	}{
		"exact":          {"the namespace in the cluster", []view.ArgoDestination{dev}, true},
		"pattern":        {"patterns count", []view.ArgoDestination{{Server: "*", Namespace: "rt-*"}}, true},
		"elsewhere":      {"another cluster's namespace does not count", []view.ArgoDestination{{Server: "https://prod", Namespace: "rt-dev"}}, false},
		"by name":        {"Argo CD knows the name of a server; we do not", []view.ArgoDestination{{Name: "in-cluster", Namespace: "rt-dev"}}, false},
		"denied":         {"a denial wins, wherever it stands", []view.ArgoDestination{dev, {Server: server, Namespace: "!rt-d*"}}, false},
		"other deny":     {"a denial of others does not", []view.ArgoDestination{{Server: server, Namespace: "!x"}, dev}, true},
		"only denied":    {"a denial alone permits all else", []view.ArgoDestination{{Server: server, Namespace: "!x"}}, true},
		"cluster denied": {"", []view.ArgoDestination{dev, {Server: "!" + server, Namespace: "*"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := view.PermitsDestination(tc.allowed, dev); got != tc.want {
				t.Errorf("%s: got %v", tc.reason, got)
			}
		})
	}
}

func TestPermitsKind(t *testing.T) {
	role := view.GroupKind{Group: "rbac.authorization.k8s.io", Kind: "Role"}
	for name, tc := range map[string]struct {
		reason, spec string
		scope        view.Scope
		want         bool
	}{
		"nothing said":        {"without a whitelist every namespaced kind may come", "{}", view.Namespaced, true},
		"nothing for cluster": {"and no cluster-scoped one", "{}", view.Cluster, false},
		"empty list":          {"an empty whitelist lets none in", "{namespaceResourceWhitelist: []}", view.Namespaced, false},
		"listed":              {"", "{namespaceResourceWhitelist: [{group: rbac.authorization.k8s.io, kind: Role}]}", view.Namespaced, true},
		"group alone":         {"", "{namespaceResourceWhitelist: [{group: '*', kind: Role}]}", view.Namespaced, true},
		"other group":         {"", "{namespaceResourceWhitelist: [{group: '', kind: Role}]}", view.Namespaced, false},
		"black":               {"a blacklist wins", "{namespaceResourceBlacklist: [{group: '*', kind: '*'}]}", view.Namespaced, false},
		"cluster":             {"", "{clusterResourceWhitelist: [{group: '*', kind: '*'}]}", view.Cluster, true},
		"cluster black":       {"", "{clusterResourceWhitelist: [{group: '*', kind: '*'}], clusterResourceBlacklist: [{group: rbac.authorization.k8s.io, kind: Role}]}", view.Cluster, false},
	} {
		t.Run(name, func(t *testing.T) {
			p := view.AppProject{Object: view.Of(yaml.MustParse("{apiVersion: argoproj.io/v1alpha1, kind: AppProject, metadata: {name: x}, spec: " + tc.spec + "}"))}
			if got := p.PermitsKind(role, tc.scope); got != tc.want {
				t.Errorf("%s: got %v", tc.reason, got)
			}
		})
	}
}
