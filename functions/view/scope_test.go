package view

import (
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/openapi"
	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// TestKubernetesKindsAreKyamls: kyaml's schema and the shipped table may not
// differ on any kind that the schema knows.
func TestKubernetesKindsAreKyamls(t *testing.T) {
	const leastKinds = 50 // far fewer would mean that the schema is read wrongly
	compared := 0
	for _, definition := range openapi.Schema().Definitions {
		gvks, _ := definition.Extensions["x-kubernetes-group-version-kind"].([]any)
		for _, gvk := range gvks {
			m := gvk.(map[string]any)
			gk := GroupKind{Group: m["group"].(string), Kind: m["kind"].(string)}
			apiVersion := strings.TrimPrefix(gk.Group+"/"+m["version"].(string), "/")
			namespaced, known := openapi.IsNamespaceScoped(yaml.TypeMeta{APIVersion: apiVersion, Kind: gk.Kind})
			// Arguments of a pod's subresources are no objects.
			if !known || strings.HasSuffix(gk.Kind, "Options") {
				continue
			}
			compared++
			want := Cluster
			if namespaced {
				want = Namespaced
			}
			if got := (Scopes{}).Of(gk); got != want {
				t.Errorf("%s is %q; kyaml's schema says %s", gk, got, want)
			}
		}
	}
	if compared < leastKinds {
		t.Errorf("compared %d kinds; kyaml's schema has at least %d", compared, leastKinds)
	}
}

func TestScopeTablesAreSane(t *testing.T) {
	for name, table := range map[string]map[string]kindScopes{
		"kubernetesKinds": kubernetesKinds, "productKinds": productKinds, "productFamilies": productFamilies,
	} {
		for group, kinds := range table {
			for _, list := range []string{kinds.namespaced, kinds.cluster} {
				words := strings.Fields(list)
				if strings.Join(words, " ") != list {
					t.Errorf("%s[%q]: %q has other blanks than single ones", name, group, list)
				}
				if slices.Contains(words, "*") && len(words) > 1 {
					t.Errorf("%s[%q]: \"*\" stands alone or not at all", name, group)
				}
			}
			for kind := range strings.FieldsSeq(kinds.namespaced) {
				if holds(kinds.cluster, kind) {
					t.Errorf("%s[%q]: %s is in both lists", name, group, kind)
				}
			}
			if kinds.namespaced == "" && kinds.cluster == "" {
				t.Errorf("%s[%q] is empty", name, group)
			}
			if _, twice := kubernetesKinds[group]; twice && name != "kubernetesKinds" {
				t.Errorf("%s[%q] is one of Kubernetes' own groups", name, group)
			}
		}
	}
}

func TestScopes(t *testing.T) {
	scopes := ScopesOf(parseAll(t, `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: widgets.example.com
  annotations: {config.kubernetes.io/local-config: "true"}
spec: {group: example.com, scope: Cluster, names: {kind: Widget}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: half.example.com}
spec: {group: example.com, names: {kind: Half}}
`))
	for kind, tc := range map[string]struct {
		reason string
		want   Scope
	}{
		"example.com/Widget":            {"its definition is among the items, local-config or not", Cluster},
		"example.com/Half":              {"its definition says no scope", ""},
		"example.com/Gadget":            {"nobody knows it", ""},
		"ConfigMap":                     {"the core group", Namespaced},
		"Namespace":                     {"the core group", Cluster},
		"Widget":                        {"no such kind in the core group", ""},
		"cert-manager.io/ClusterIssuer": {"other tools get it wrong", Cluster},
		"olm.operatorframework.io/ClusterExtension":       {"other tools get it wrong", Cluster},
		"console.openshift.io/ConsoleLink":                {"other tools get it wrong", Cluster},
		"tekton.dev/ClusterTask":                          {"other tools get it wrong", Cluster},
		"argoproj.io/AppProject":                          {"other tools get it wrong", Namespaced},
		"operators.coreos.com/OperatorGroup":              {"other tools get it wrong", Namespaced},
		"eventstreams.ibm.com/KafkaTopic":                 {"all of its group are", Namespaced},
		"management.apiconnect.ibm.com/ManagementCluster": {"a family of groups", Namespaced},
		"kibana.k8s.elastic.co/Kibana":                    {"a family of groups", Namespaced},
		"postgresql.cnpg.io/ClusterImageCatalog":          {"the exception of its group", Cluster},
		"postgresql.cnpg.io/Cluster":                      {"all others of its group", Namespaced},
		"constraints.gatekeeper.sh/K8sRequiredLabels":     {"all of its group are", Cluster},
		"operator.ibm.com/Elsewhere":                      {"a group whose kinds are listed one by one", ""},
	} {
		gk, err := ParseGroupKind(kind)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if got := scopes.Of(gk); got != tc.want {
			t.Errorf("%s is %q, expected %q: %s", kind, got, tc.want, tc.reason)
		}
		if gk.String() != kind {
			t.Errorf("%q is written back as %q", kind, gk)
		}
	}
}

func TestParseGroupKindRefuses(t *testing.T) {
	for text, reason := range map[string]string{
		"":                      "empty",
		"example.com/v1/Widget": "a version in it",
		"v1/ConfigMap":          "a version in place of a group",
		"v1beta1/Widget":        "a version in place of a group",
		"example.com/":          "no kind",
		"/Widget":               "no group",
		"example.com/widgets":   "a resource, not a kind",
	} {
		if gk, err := ParseGroupKind(text); err == nil {
			t.Errorf("%q is read as %v, expected an error: %s", text, gk, reason)
		}
	}
}
