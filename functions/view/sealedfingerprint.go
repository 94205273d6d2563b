package view

import (
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// FingerprintsAnnotation holds the tags of a SealedSecret's ciphertexts that
// were made with a fingerprint key: "password=TAG.TAG,user=TAG.TAG", sorted by
// data key. The tags are HMAC-SHA256 in base64url; see Fingerprint.
const FingerprintsAnnotation = OwnGroup + "/sealing-fingerprints"

// Fingerprint are the tags of one ciphertext.
type Fingerprint struct {
	// Ciphertext says by which fingerprint key the ciphertext was sealed.
	Ciphertext string
	// Value says the same, and of which plaintext it is.
	Value string
}

// FingerprintsText writes tags by data key as the annotation's value; keys
// without tags are left out.
func FingerprintsText(tags map[string]Fingerprint) string {
	var entries []string
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if tag := tags[key]; tag != (Fingerprint{}) {
			entries = append(entries, key+"="+tag.Ciphertext+"."+tag.Value)
		}
	}
	return strings.Join(entries, ",")
}

// Fingerprints returns the tags by data key. What is not of the annotation's
// form is left out, and so is no tag.
func (s SealedSecret) Fingerprints() map[string]Fingerprint {
	text, _ := s.Annotation(FingerprintsAnnotation)
	tags := map[string]Fingerprint{}
	for entry := range strings.SplitSeq(text, ",") {
		key, both, found := strings.Cut(entry, "=")
		ciphertext, value, two := strings.Cut(both, ".")
		if found && two {
			tags[key] = Fingerprint{Ciphertext: ciphertext, Value: value}
		}
	}
	return tags
}

// SetFingerprints writes the tags, or removes the annotation when there are
// none.
func (s SealedSecret) SetFingerprints(tags map[string]Fingerprint) {
	if text := FingerprintsText(tags); text != "" {
		s.SetAnnotation(FingerprintsAnnotation, text)
		return
	}
	annotations := s.Lookup("metadata", "annotations")
	if DeleteField(annotations, FingerprintsAnnotation) && len(annotations.Content) == 0 {
		DeleteField(s.Lookup("metadata"), "annotations")
	}
}

// Immutable says whether the Secret of a SealedSecret is immutable.
func (s SealedSecret) Immutable() bool { return s.Text("spec", "template", "immutable") == "true" }

// Update makes a SealedSecret say what a freshly sealed one of the same name
// says, and changes only what differs: the ciphertexts, the template, the
// scope, and the labels and annotations that a SealedSecret shares with its
// Secret.
func (s SealedSecret) Update(fresh SealedSecret) {
	spec := Ensure(s.node, "spec")
	s.updateCiphertexts(spec, fresh.EncryptedNode())
	for _, field := range []string{"type", "immutable", "metadata"} {
		value := fresh.Lookup("spec", "template", field)
		template := Ensure(spec, "template")
		if value == nil {
			DeleteField(template, field)
			continue
		}
		SetField(template, field, Copy(value))
	}
	s.updateShared(fresh, "labels", func(key string) bool { return strings.HasPrefix(key, ownerLabelPrefix) })
	s.updateShared(fresh, "annotations", func(key string) bool {
		return strings.HasPrefix(key, argoPrefix) || scopeAnnotation(key) || key == SealingCertificateAnnotation || key == FingerprintsAnnotation
	})
}

func (s SealedSecret) updateCiphertexts(spec, fresh *yaml.Node) {
	data := Ensure(spec, "encryptedData")
	for _, key := range mappingKeys(data) {
		if Field(fresh, key) == nil {
			DeleteField(data, key)
		}
	}
	for _, key := range mappingKeys(fresh) {
		SetField(data, key, Copy(Field(fresh, key)))
	}
}

// updateShared takes the labels or annotations that are shared from a fresh
// SealedSecret.
func (s SealedSecret) updateShared(fresh SealedSecret, field string, shared func(key string) bool) {
	wanted := fresh.Lookup("metadata", field)
	present := s.Lookup("metadata", field)
	for _, key := range mappingKeys(present) {
		if shared(key) && Field(wanted, key) == nil {
			DeleteField(present, key)
		}
	}
	for _, key := range mappingKeys(wanted) {
		if shared(key) {
			s.SetNode(Copy(Field(wanted, key)), "metadata", field, key)
		}
	}
	if present := s.Lookup("metadata", field); present != nil && len(present.Content) == 0 {
		DeleteField(s.Lookup("metadata"), field)
	}
}
