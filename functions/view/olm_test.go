package view

import (
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

func parsed(t *testing.T, text string) Object {
	t.Helper()
	return Of(yaml.MustParse(text))
}

func TestOperatorGroupMode(t *testing.T) {
	for spec, want := range map[string]string{
		"{}":                                AllNamespaces,
		"{targetNamespaces: []}":            AllNamespaces,
		"{targetNamespaces: [\"\"]}":        AllNamespaces,
		"{targetNamespaces: [a]}":           OwnNamespace,
		"{targetNamespaces: [a, a]}":        OwnNamespace,
		"{targetNamespaces: [b]}":           SingleNamespace,
		"{targetNamespaces: [b, a]}":        MultiNamespace,
		"{targetNamespaces: a}":             AllNamespaces,
		"{selector: {matchLabels: {a: b}}}": "",
		"{selector: {}}":                    AllNamespaces,
	} {
		group := OperatorGroup{parsed(t, "apiVersion: operators.coreos.com/v1\nkind: OperatorGroup\nmetadata: {name: g, namespace: a}\nspec: "+spec+"\n")}
		if got := group.Mode(); got != want {
			t.Errorf("%s: %q; expected %q", spec, got, want)
		}
	}
}

func TestDropPoll(t *testing.T) {
	for spec, want := range map[string]string{
		"{image: a, updateStrategy: {registryPoll: {interval: 45m}}}":       "spec: {image: a}\n",
		"{image: a, updateStrategy: {registryPoll: {interval: 45m}, b: c}}": "spec: {image: a, updateStrategy: {b: c}}\n",
		"{image: a}": "spec: {image: a}\n",
	} {
		source := CatalogSource{parsed(t, "spec: "+spec+"\n")}
		source.DropPoll()
		if got := source.RNode().MustString(); got != want {
			t.Errorf("%s: %s; expected %s", spec, got, want)
		}
	}
}

func TestExtension(t *testing.T) {
	sub := Subscription{parsed(t, "apiVersion: operators.coreos.com/v1alpha1\nkind: Subscription\nmetadata:\n  name: a # ours\n  namespace: b\nspec: {name: c}\n")}
	extension := sub.Extension()
	extension.Take("c", "stable", "")
	extension.From("mirror")
	if account := extension.Install("b", "installer"); account != "installer" {
		t.Errorf("%q installs", account)
	}
	if account := extension.Install("b", "other"); account != "installer" {
		t.Errorf("%q installs; expected the one that is named already", account)
	}
	const want = `apiVersion: olm.operatorframework.io/v1
kind: ClusterExtension
metadata:
  name: a # ours
spec:
  source:
    sourceType: Catalog
    catalog:
      packageName: c
      channels:
      - stable
      upgradeConstraintPolicy: CatalogProvided
      selector:
        matchLabels:
          olm.operatorframework.io/metadata.name: mirror
  namespace: b
  serviceAccount:
    name: installer
`
	if got := extension.RNode().MustString(); got != want {
		t.Errorf("got\n%s\nexpected\n%s", got, want)
	}
	if extension.Channel() != "stable" || extension.Package() != "c" || extension.InstallNamespace() != "b" || extension.PackageVersion() != "" {
		t.Errorf("read as %q, %q, %q, %q", extension.Channel(), extension.Package(), extension.InstallNamespace(), extension.PackageVersion())
	}
}
