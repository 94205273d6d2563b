package view

import (
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

func TestSetNamespace(t *testing.T) {
	for name, tc := range map[string]struct {
		reason, in, namespace, want string
	}{
		"new": {
			"it stands behind the name, where people look for it",
			"metadata:\n  name: a # the name\n  labels: {}\n", "rt-dev",
			"metadata:\n  name: a # the name\n  namespace: rt-dev\n  labels: {}\n",
		},
		"no name": {
			"it stands last", "metadata:\n  labels: {}\n", "rt-dev",
			"metadata:\n  labels: {}\n  namespace: rt-dev\n",
		},
		"changed": {
			"place, quotes and comment stay",
			"metadata:\n  namespace: \"ENVIRONMENT\" # the base's\n  name: a\n", "rt-dev",
			"metadata:\n  namespace: \"rt-dev\" # the base's\n  name: a\n",
		},
		"null": {
			"a field left empty is filled", "metadata:\n  name: a\n  namespace:\n", "rt-dev",
			"metadata:\n  name: a\n  namespace: rt-dev\n",
		},
		"flow": {
			"a flow mapping stays one", "metadata: {name: a}\n", "rt-dev",
			"metadata: {name: a, namespace: rt-dev}\n",
		},
		"a boolean to YAML 1.1": {
			"kubectl would read true", "metadata:\n  name: a\n", "on",
			"metadata:\n  name: a\n  namespace: \"on\"\n",
		},
		"a number": {
			"kubectl would read a number", "metadata:\n  name: a\n  namespace: dev\n", "123",
			"metadata:\n  name: a\n  namespace: \"123\"\n",
		},
	} {
		item := yaml.MustParse(tc.in)
		if !Of(item).SetNamespace(tc.namespace) {
			t.Errorf("%s: says that nothing changed", name)
		}
		if got := item.MustString(); got != tc.want {
			t.Errorf("%s: %s; got\n%s", name, tc.reason, got)
		}
		if Of(item).SetNamespace(tc.namespace) {
			t.Errorf("%s: the second time changes it again", name)
		}
	}
}

func TestNamesNamespace(t *testing.T) {
	for apiVersion, kinds := range map[string]map[string]bool{
		"v1":                      {"Namespace": true, "Project": false, "ConfigMap": false},
		"project.openshift.io/v1": {"Namespace": false, "Project": true, "ProjectRequest": true},
		"example.com/v1":          {"Namespace": false, "Project": false},
	} {
		for kind, want := range kinds {
			o := OfNode(Map("apiVersion", String(apiVersion), "kind", String(kind)))
			if got := o.NamesNamespace(); got != want {
				t.Errorf("%s %s: %v, expected %v", apiVersion, kind, got, want)
			}
		}
	}
}

func TestSubjects(t *testing.T) {
	binding := yaml.MustParse(`apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: a}
subjects:
- {kind: ServiceAccount, name: app}
- {kind: Group, name: system:authenticated}
- stray
`)
	subjects := Of(binding).Subjects()
	if len(subjects) != 2 || !subjects[0].IsServiceAccount() || subjects[1].IsServiceAccount() || subjects[0].Name() != "app" {
		t.Fatalf("subjects: %v", subjects)
	}
	if !subjects[0].SetNamespace("rt-dev") || subjects[0].SetNamespace("rt-dev") || subjects[0].Namespace() != "rt-dev" {
		t.Error("the subject's namespace is not written once")
	}
	if len(OfNode(Map("kind", String("Role"), "subjects", Seq(Map()))).Subjects()) != 0 {
		t.Error("a Role has no subjects")
	}
}
