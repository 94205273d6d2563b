package view

import (
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

func TestSeal(t *testing.T) {
	item := yaml.MustParse(`# Greets.
apiVersion: v1
data: # of the stores
  greeting: aGVsbG8= # hello
kind: Secret
metadata:
  annotations: &shared
    config.kubernetes.io/path: a.yaml
    example.com/owner: stores
    sealedsecrets.bitnami.com/cluster-wide: "true"
  creationTimestamp: null
  labels: {}
  name: greeting # ours
  namespace: rt-dev
type: null
# the end
`)
	secret, _ := AsSecret(Of(item))
	sealed := secret.Seal(Sealing{Scope: ScopeNamespaceWide, EncryptedData: map[string]string{"b": "BB", "a": "AA", "no": "CC"}, Certificate: "sha256:00"})
	if sealed.Node() != item.YNode() {
		t.Error("stands on another node")
	}
	const want = `# Greets.
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  annotations: &shared
    config.kubernetes.io/path: a.yaml
    sealedsecrets.bitnami.com/namespace-wide: "true"
    fn.eda-gitops.io/sealing-certificate: sha256:00
  name: greeting # ours
  namespace: rt-dev
spec:
  encryptedData:
    a: AA
    b: BB
    "no": CC
  template:
    metadata:
      name: greeting
      namespace: rt-dev
      annotations:
        example.com/owner: stores
        sealedsecrets.bitnami.com/namespace-wide: "true"
`
	if got := item.MustString(); got != want {
		t.Errorf("%s\nexpected\n%s", got, want)
	}
}

func TestSealKeepsMetadataComment(t *testing.T) {
	item := yaml.MustParse("apiVersion: v1\nkind: Secret\nmetadata: {name: greeting} # ours\ndata: {a: aGVsbG8=} # hello\n")
	secret, _ := AsSecret(Of(item))
	secret.Seal(Sealing{Scope: ScopeClusterWide, Certificate: "sha256:00"})
	if got := item.MustString(); !strings.Contains(got, " # ours\n") || strings.Contains(got, "hello") {
		t.Errorf("expected metadata's comment and no other:\n%s", got)
	}
}

func TestSealedSecretReads(t *testing.T) {
	items := []*yaml.RNode{yaml.MustParse(`
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata:
  name: greeting
  namespace: rt-dev
  annotations: {sealedsecrets.bitnami.com/cluster-wide: "true", sealedsecrets.bitnami.com/namespace-wide: "true"}
spec:
  encryptedData: {a: AA, b: [BB]}
  template: {type: Opaque, metadata: {name: first, namespace: second}}
`), yaml.MustParse("apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: empty}")}
	all := SealedSecrets(items)
	if len(all) != 2 {
		t.Fatalf("%d SealedSecrets, expected 2", len(all))
	}
	s := all[0]
	if s.Scope() != ScopeClusterWide || s.TemplateName() != "first" || s.TemplateNamespace() != "second" ||
		s.SecretType() != "Opaque" || s.Certificate() != "" || s.Ref() != SealedSecretRef("rt-dev", "greeting") {
		t.Errorf("reads %s %s %s %s %s", s.Scope(), s.TemplateName(), s.TemplateNamespace(), s.SecretType(), s.Ref())
	}
	if data := s.EncryptedData(); data["a"] != "AA" || data["b"] != "" || len(data) != 2 {
		t.Errorf("data is %v", data)
	}
	if e := all[1]; e.Scope() != ScopeStrict || len(e.EncryptedData()) != 0 {
		t.Error("an empty one has a scope or data of its own")
	}
}
