package view

import (
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Scopes of a SealedSecret: what its ciphertexts are bound to.
const (
	// ScopeStrict binds to namespace and name.
	ScopeStrict = "strict"
	// ScopeNamespaceWide binds to the namespace.
	ScopeNamespaceWide = "namespace-wide"
	// ScopeClusterWide binds to neither.
	ScopeClusterWide = "cluster-wide"
)

// Annotations of a SealedSecret.
const (
	// NamespaceWideAnnotation and ClusterWideAnnotation say the scope with
	// "true"; the controller goes by them (sealed-secrets, SecretScope).
	NamespaceWideAnnotation = "sealedsecrets.bitnami.com/namespace-wide"
	ClusterWideAnnotation   = "sealedsecrets.bitnami.com/cluster-wide"
	// SealingCertificateAnnotation names the certificate that sealed all keys:
	// "sha256:" and the SHA-256 of its public key (SPKI, DER) in hex.
	SealingCertificateAnnotation = OwnGroup + "/sealing-certificate"
)

const (
	sealedSecretGroup      = "bitnami.com"
	sealedSecretAPIVersion = sealedSecretGroup + "/v1alpha1"
	sealedSecretKind       = "SealedSecret"
)

// hostPrefixes are those of annotations that are a host's bookkeeping or
// instructions to it: they stay with the object and are no part of the Secret.
var hostPrefixes = []string{
	"config.kubernetes.io/", "internal.config.kubernetes.io/", "alpha.config.kubernetes.io/",
	"config.k8s.io/", "kustomize.config.k8s.io/", "internal.kpt.dev/",
}

// argoPrefix is that of Argo CD's annotations (sync waves, hooks, options):
// Argo CD applies the SealedSecret, so they belong there as well.
const argoPrefix = "argocd.argoproj.io/"

// ownerLabelPrefix is that of Kubernetes' recommended labels: they say to which
// component an object belongs, so the SealedSecret keeps them as well.
const ownerLabelPrefix = "app.kubernetes.io/"

// lastAppliedAnnotations hold a copy of the plain object (sealed-secrets,
// StripLastAppliedAnnotations).
var lastAppliedAnnotations = []string{
	"kubectl.kubernetes.io/last-applied-configuration",
	"kubecfg.ksonnet.io/last-applied-configuration",
}

// SealedSecret is a lens over a SealedSecret.
type SealedSecret struct{ Object }

// SealedSecrets returns the SealedSecrets that get deployed.
func SealedSecrets(items []*yaml.RNode) []SealedSecret {
	var out []SealedSecret
	for _, o := range Manifests(items) {
		if s, ok := AsSealedSecret(o); ok {
			out = append(out, s)
		}
	}
	return out
}

// AsSealedSecret returns the lens of a SealedSecret of any version, and whether
// the object is one.
func AsSealedSecret(o Object) (SealedSecret, bool) {
	return SealedSecret{o}, o.Is(sealedSecretGroup, sealedSecretKind)
}

// SealedSecretRef names a SealedSecret in results.
func SealedSecretRef(namespace, name string) Ref {
	return Ref{APIVersion: sealedSecretAPIVersion, Kind: sealedSecretKind, Namespace: namespace, Name: name}
}

// SealingScope returns the scope that an object's annotations say, empty when
// they say none. Of two, cluster-wide wins, as it does in sealed-secrets.
func (o Object) SealingScope() string {
	if value, _ := o.Annotation(ClusterWideAnnotation); value == "true" {
		return ScopeClusterWide
	}
	if value, _ := o.Annotation(NamespaceWideAnnotation); value == "true" {
		return ScopeNamespaceWide
	}
	return ""
}

// Scope returns the scope by which the controller unseals.
func (s SealedSecret) Scope() string {
	if scope := s.SealingScope(); scope != "" {
		return scope
	}
	return ScopeStrict
}

// TemplateName returns the name of the Secret that was sealed, empty when the
// template has none.
func (s SealedSecret) TemplateName() string {
	return s.Text("spec", "template", "metadata", "name")
}

// TemplateNamespace returns the namespace of the Secret that was sealed, empty
// when the template has none.
func (s SealedSecret) TemplateNamespace() string {
	return s.Text("spec", "template", "metadata", "namespace")
}

// TemplateScope returns the scope that the template's annotations say, as
// kubeseal and we write them; empty when they say none.
func (s SealedSecret) TemplateScope() string {
	return OfNode(s.Lookup("spec", "template")).SealingScope()
}

// SecretType returns the type of the Secret, empty when the template has none
// (Opaque to Kubernetes).
func (s SealedSecret) SecretType() string {
	return s.Text("spec", "template", "type")
}

// Certificate returns the SealingCertificateAnnotation, empty when there is
// none (other tools write none).
func (s SealedSecret) Certificate() string {
	value, _ := s.Annotation(SealingCertificateAnnotation)
	return value
}

// EncryptedData returns the ciphertexts by key, in base64. What is no scalar
// is an empty ciphertext.
func (s SealedSecret) EncryptedData() map[string]string {
	data := map[string]string{}
	node := s.EncryptedNode()
	for i := 0; node != nil && node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
		data[node.Content[i].Value] = Text(node.Content[i+1])
	}
	return data
}

// EncryptedNode returns the node of spec.encryptedData, nil when it is missing
// or null.
func (s SealedSecret) EncryptedNode() *yaml.Node {
	return s.Lookup("spec", "encryptedData")
}

// EncryptedPath returns the path of a key's ciphertext for messages.
func EncryptedPath(key string) string { return Path("spec", "encryptedData", key) }

// NewSecret makes a plain Secret without values, to be sealed. An empty
// namespace is left out.
func NewSecret(namespace, name, secretType string) Secret {
	metadata := Map("name", String(name))
	if namespace != "" {
		SetField(metadata, "namespace", String(namespace))
	}
	return Secret{OfNode(Map("apiVersion", String("v1"), "kind", String("Secret"),
		"metadata", metadata, "type", String(secretType)))}
}

// Sealing is what a Secret becomes a SealedSecret with.
type Sealing struct {
	// Scope by which the values are encrypted.
	Scope string
	// EncryptedData holds the ciphertexts by key, in base64.
	EncryptedData map[string]string
	// Certificate is the value of the SealingCertificateAnnotation.
	Certificate string
	// Fingerprints are the tags by data key; nil when there is no key for them.
	Fingerprints map[string]Fingerprint
}

// Seal makes the Secret a SealedSecret on the same node, with the same name,
// namespace and host annotations. Its type, immutable, labels and annotations
// move to the template; Argo CD's annotations and the app.kubernetes.io labels
// are on both; what an API server wrote (uid, resourceVersion, the applied
// configuration and so on), ownerReferences and the comments beside the values
// are gone.
func (s Secret) Seal(sealing Sealing) SealedSecret {
	metadata := s.Lookup("metadata")
	template := Map("metadata", s.templateMetadata(metadata, sealing.Scope))
	for _, field := range []string{"type", "immutable"} {
		if value := s.Lookup(field); value != nil {
			SetField(template, field, bare(value))
		}
	}
	for _, field := range slices.DeleteFunc(mappingKeys(metadata), func(field string) bool {
		return slices.Contains([]string{"name", "namespace", "labels", "annotations"}, field)
	}) {
		DeleteField(metadata, field)
	}
	trim(metadata, "labels", func(key string) bool { return strings.HasPrefix(key, ownerLabelPrefix) })
	trim(metadata, "annotations", func(key string) bool { return hostAnnotation(key) || strings.HasPrefix(key, argoPrefix) })

	content := Map(
		"apiVersion", String(sealedSecretAPIVersion),
		"kind", String(sealedSecretKind),
		"metadata", metadata,
		"spec", Map("encryptedData", encryptedNode(sealing.EncryptedData), "template", template))
	content.Content[0].HeadComment = s.node.Content[0].HeadComment
	for i := 0; i+1 < len(s.node.Content); i += 2 {
		if s.node.Content[i+1] == metadata { // a flow mapping's comment is the key's
			content.Content[4].LineComment = s.node.Content[i].LineComment
		}
	}
	s.node.Content, s.node.FootComment = content.Content, ""
	sealed := SealedSecret(s)
	for _, annotation := range scopeAnnotations(sealing.Scope) {
		sealed.SetAnnotation(annotation, "true")
	}
	sealed.SetAnnotation(SealingCertificateAnnotation, sealing.Certificate)
	if text := FingerprintsText(sealing.Fingerprints); text != "" {
		sealed.SetAnnotation(FingerprintsAnnotation, text)
	}
	return sealed
}

// templateMetadata returns the metadata of the Secret to be, scope included, as
// sealed-secrets' own tools write it.
func (s Secret) templateMetadata(metadata *yaml.Node, scope string) *yaml.Node {
	out := Map()
	for _, field := range []string{"name", "namespace", "labels", "annotations", "finalizers"} {
		if value := Lookup(metadata, field); value != nil && (value.Kind == yaml.ScalarNode || len(value.Content) > 0) {
			SetField(out, field, bare(value))
		}
	}
	trim(out, "annotations", func(key string) bool {
		return !hostAnnotation(key) && !slices.Contains(lastAppliedAnnotations, key) && !scopeAnnotation(key)
	})
	for _, annotation := range scopeAnnotations(scope) {
		SetField(Ensure(out, "annotations"), annotation, String("true"))
	}
	return out
}

// scopeAnnotations returns the annotation that says a scope; strict has none.
func scopeAnnotations(scope string) []string {
	switch scope {
	case ScopeClusterWide:
		return []string{ClusterWideAnnotation}
	case ScopeNamespaceWide:
		return []string{NamespaceWideAnnotation}
	}
	return nil
}

func scopeAnnotation(key string) bool {
	return key == NamespaceWideAnnotation || key == ClusterWideAnnotation
}

func hostAnnotation(key string) bool {
	return InternalAnnotation(key) || slices.ContainsFunc(hostPrefixes, func(prefix string) bool {
		return strings.HasPrefix(key, prefix)
	})
}

// trim removes the keys that are not to stay from a map in a mapping, and the
// map when it is left empty.
func trim(mapping *yaml.Node, field string, stays func(key string) bool) {
	inner := Lookup(mapping, field)
	for _, key := range mappingKeys(inner) {
		if !stays(key) {
			DeleteField(inner, key)
		}
	}
	if inner == nil || len(inner.Content) == 0 {
		DeleteField(mapping, field)
	}
}

// encryptedNode sorts by key. A key that YAML 1.1 reads as something else than
// a string ("on", "123") is quoted, for the tools that still do.
func encryptedNode(data map[string]string) *yaml.Node {
	node := Map()
	for _, key := range slices.Sorted(maps.Keys(data)) {
		name := String(key)
		if mayBeOther(key) && yaml.IsValueNonString(key) {
			name.Style = yaml.DoubleQuotedStyle
		}
		node.Content = append(node.Content, name, String(data[key]))
	}
	return node
}

// mayBeOther says whether a key needs a look at what YAML makes of it, which
// costs half as much as sealing: without a digit the longest such word is false.
func mayBeOther(key string) bool {
	return len(key) <= len("false") || strings.ContainsAny(key, "0123456789")
}

// bare is Copy without comments and anchors: they stay where they were.
func bare(node *yaml.Node) *yaml.Node {
	c := Copy(node)
	strip(c)
	return c
}

func strip(node *yaml.Node) {
	node.HeadComment, node.LineComment, node.FootComment, node.Anchor = "", "", "", ""
	for _, child := range node.Content {
		strip(child)
	}
}
