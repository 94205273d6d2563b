package generateargoapps

import (
	"strings"
	"testing"

	"github.com/eda-gitops/functions/functions/view"
)

func TestShorten(t *testing.T) {
	long := "rt-inventory-" + strings.Repeat("a", 40) + "-nonprod-operators"
	for name, tc := range map[string]struct {
		reason, name, want string
	}{
		"fits":  {"a name within a DNS label's length stays", "rt-inventory-dev", "rt-inventory-dev"},
		"exact": {"63 characters still fit", strings.Repeat("a", 63), strings.Repeat("a", 63)},
		// printf %s NAME | sha256sum | cut -c 1-8
		"long": {"the hash is part of the name for ever: another one would orphan the Application", long,
			"rt-inventory-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-7a2b63d4"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := shorten(tc.name); got != tc.want || len(got) > 63 {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
	if shorten(long) == shorten(long+"x") {
		t.Error("two long names with the same beginning became one")
	}
}

func TestMatches(t *testing.T) {
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
			if got := matches(tc.pattern, tc.value); got != tc.want {
				t.Errorf("matches(%q, %q) = %v", tc.pattern, tc.value, got)
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
		"exact":       {"the namespace in the cluster", []view.ArgoDestination{dev}, true},
		"pattern":     {"patterns count", []view.ArgoDestination{{Server: "*", Namespace: "rt-*"}}, true},
		"elsewhere":   {"another cluster's namespace does not count", []view.ArgoDestination{{Server: "https://prod", Namespace: "rt-dev"}}, false},
		"by name":     {"Argo CD knows the name of a server; we do not", []view.ArgoDestination{{Name: "in-cluster", Namespace: "rt-dev"}}, false},
		"denied":      {"a denial wins, wherever it stands", []view.ArgoDestination{dev, {Server: server, Namespace: "!rt-d*"}}, false},
		"other deny":  {"a denial of others does not", []view.ArgoDestination{{Server: server, Namespace: "!x"}, dev}, true},
		"only denied": {"a denial alone permits nothing", []view.ArgoDestination{{Server: server, Namespace: "!x"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := permitsDestination(tc.allowed, dev); got != tc.want {
				t.Errorf("%s: got %v", tc.reason, got)
			}
		})
	}
}

func TestTeamsGetNoRights(t *testing.T) {
	for _, kind := range []string{
		"Secret", "Role", "RoleBinding", "Subscription", "OperatorGroup", "Application", "AppProject", "Namespace",
	} {
		for _, k := range allKinds(teamKinds) {
			if k.Kind == kind {
				t.Errorf("%s/%s: whoever syncs it gives out rights", k.Group, kind)
			}
		}
	}
}
