package injectnamespace

import (
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/kio"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
)

// TestAsSetNamespace holds what users of kpt's set-namespace know, through its
// ConfigMap: the cases of its suite in which both functions mean the same.
func TestAsSetNamespace(t *testing.T) {
	const (
		service    = "apiVersion: v1\nkind: Service\nmetadata:\n  name: the-service\n  namespace: NS\n"
		namespace  = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: NS\n"
		custom     = "apiVersion: dev.example.com/v1\nkind: MyResource\nmetadata:\n  name: mine\n  namespace: NS\nspec:\n  selector:\n    namespace: NS\n"
		definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: my.example.com\n" +
			"spec:\n  conversion:\n    strategy: Webhook\n    webhook:\n      clientConfig:\n        service:\n          name: crd-svc\n          namespace: NS\n"
		apiService = "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata:\n  name: v1.custom.metrics.k8s.io\n" +
			"spec:\n  service:\n    name: api-svc\n    namespace: NS\n"
		binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: binding\n" +
			"subjects:\n- kind: ServiceAccount\n  name: default\n  namespace: NS\n- kind: ServiceAccount\n  name: theirs\n  namespace: irrelevant\n"
		dependsOn = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app\n  namespace: NS\n  annotations:\n" +
			"    config.kubernetes.io/depends-on: apps/namespaces/NS/StatefulSet/db\n"
		plain    = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\nNS"
		cluster  = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: role\n---\napiVersion: v1\nkind: PersistentVolume\nmetadata:\n  name: volume\n"
		bareAPI  = "apiVersion: apiregistration.k8s.io/v1\nkind: APIService\nmetadata:\n  name: v1.apps\nspec:\n  group: apps\n"
		noHook   = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: a.example.com\nspec:\n  conversion:\n    strategy: None\n"
		local    = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: local\n  namespace: example\n  annotations:\n    config.kubernetes.io/local-config: \"true\"\n"
		identity = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  namespace: NS\n  annotations:\n    internal.kpt.dev/upstream-identifier: '|ConfigMap|example|a'\n"
		other    = "apiVersion: v1\nkind: Service\nmetadata:\n  name: other\n  namespace: irrelevant\n"
		platform = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: dns\n  namespace: kube-system\n"
	)
	const named = "\n  namespace: "
	join := func(documents ...string) string { return strings.Join(documents, "---\n") }
	all := join(namespace, service, custom, definition, apiService, binding, dependsOn, identity)
	for name, tc := range map[string]struct {
		reason, data, in string
		from             string // what NS is before
		warns            bool
	}{
		"matcher":       {"what is in the namespace moves, and nothing else", "namespace: new\n  namespaceMatcher: example", join(all, other, platform, local), "example", false},
		"one namespace": {"without a matcher, a package moves out of the one namespace that it is in", "namespace: new", join(all, platform, local), "example", false},
		"none":          {"objects without a namespace get it", "namespace: new", join(strings.ReplaceAll(plain, "\nNS", "NS\n"), cluster), "", false},
		"mixed":         {"where some have none, those of others stay", "namespace: new", join(strings.ReplaceAll(plain, "\nNS", "NS\n"), other), "", false},
		"there":         {"a package that is there already", "namespace: new", join(all, cluster), "new", false},
		"nothing in it": {"no namespace to change", "namespace: new", join(cluster, bareAPI, noHook, local), "", false},
		"several":       {"of two nobody knows which", "namespace: new", join(other, strings.ReplaceAll(service, "NS", "example")), "", true},
		"its own":       {"the package's Namespace object is the namespace that it is in", "namespace: new", join(namespace, definition, apiService, binding), "example", false},
		"another's":     {"a Namespace object and objects of another one are two", "namespace: new", join(other, strings.ReplaceAll(namespace, "NS", "example")), "", true},
		"comments":      {"comments stay where they are", "namespace: new", "# one\n" + strings.Replace(service, "namespace: NS", "namespace: NS # two", 1) + "spec: # three\n  ports: []\n", "example", false},
		"unknown kind":  {"an object of a kind that nobody knows is in the namespace that it says", "namespace: new", custom, "example", false},
		"default":       {"the namespace default is one like others", "namespace: new", join(service, dependsOn, binding), "default", false},
	} {
		t.Run(name, func(t *testing.T) {
			before, after := tc.from, "new"
			in, want := strings.ReplaceAll(tc.in, "NS", before), strings.ReplaceAll(tc.in, "NS", after)
			if before == "" {
				in, want = strings.ReplaceAll(tc.in, "NS", ""), strings.ReplaceAll(tc.in, "NS", named+after)
			}
			got, results := asConfigMap(t, tc.data, in)
			if got != want || results.Failed() || tc.warns != (len(results) > 0) {
				t.Errorf("%s: %v\n%s\nexpected\n%s", tc.reason, results, got, want)
			}
			if again, _ := asConfigMap(t, tc.data, got); again != got {
				t.Errorf("%s: the second run gives\n%s", tc.reason, again)
			}
		})
	}
}

// asConfigMap runs the function as kpt does with a ConfigMap.
func asConfigMap(t *testing.T, data, items string) (string, fn.Results) {
	t.Helper()
	config := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: any-name}\ndata:\n  " + data + "\n"
	out, results, err := fn.Process(fntest.List(t, config, items), set, Function.Name, fntest.Env())
	if err != nil {
		t.Fatal(err)
	}
	list, err := fn.ReadResourceList(out)
	if err != nil {
		t.Fatal(err)
	}
	var documents strings.Builder
	if err := (kio.ByteWriter{Writer: &documents, KeepReaderAnnotations: true}).Write(list.Items); err != nil {
		t.Fatal(err)
	}
	return documents.String(), results
}

func TestConfigMapWithoutNamespace(t *testing.T) {
	for data, want := range map[string]string{
		"namespace: ''":            "says nothing to do",
		"namespaceMatcher: a":      "says nothing to do",
		"namespace: Not_A_Label":   "is no DNS label",
		"namespace: new\n  nam: x": `unknown field`,
	} {
		if _, results := asConfigMap(t, data, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"); !results.Failed() || !strings.Contains(results.Err().Error(), want) {
			t.Errorf("%s: %v, expected %q", data, results, want)
		}
	}
}
