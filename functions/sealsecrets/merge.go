package sealsecrets

import (
	"maps"
	"slices"
	"strings"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

// merge puts a plain Secret into the SealedSecret of its name: what has not
// changed keeps its bytes, what has changed is sealed again, what is gone
// leaves. Only a fingerprint key can tell these apart, so without one a value
// that is on both sides is refused.
func (s *sealer) merge(secret view.Secret, sealed view.SealedSecret, values map[string][]byte, scope Scope) fn.Results {
	m := merging{
		sealer: s.sealer(secret.Ref(), scope), sealed: sealed, existing: sealed.EncryptedData(), tags: sealed.Fingerprints(),
		before: Scope(sealed.Scope()), certificates: []string{sealed.Certificate(), s.certificate.Fingerprint()},
	}
	if results := m.unclear(secret, values); results.Failed() {
		return results
	}
	sealing, results := m.seal(secret, values)
	if results.Failed() {
		return results
	}
	if results = append(results, sizes(secret.Ref(), sealing.EncryptedData)...); results.Failed() {
		return results
	}
	fresh, isSecret := view.AsSecret(view.OfNode(view.Copy(secret.Node())))
	if !isSecret {
		return results
	}
	update := fresh.Seal(sealing)
	if results = append(results, unchangeable(sealed, update)...); results.Failed() {
		return results
	}
	sealed.Update(update)
	s.merged[secret.Node()] = true
	return results
}

// merging is one merge under way.
type merging struct {
	sealer   Sealer
	sealed   view.SealedSecret
	existing map[string]string
	tags     map[string]view.Fingerprint
	// before is the scope that the SealedSecret has.
	before Scope
	// certificates are the fingerprints of those that may have sealed it.
	certificates []string
}

// unclear finds why what is there cannot be compared with the plain values.
func (m *merging) unclear(secret view.Secret, values map[string][]byte) fn.Results {
	const command = "eda-fn seal %s --env DIR --from-file KEY=FILE --into FILE"
	var meet, foreign []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if _, found := m.existing[key]; !found {
			continue
		}
		meet = append(meet, key)
		if m.sealer.Key != nil && m.match(key, values[key]) == Foreign {
			foreign = append(foreign, key)
		}
	}
	switch {
	case m.sealer.Key == nil && (len(meet) > 0 || len(values) == 0):
		return fn.Results{fn.Errorf(secret.Ref(), "", "there is a SealedSecret of this name already, and without a fingerprint key (spec.fingerprintKeyFrom) which of the two is right cannot be told%s; take out one: to change a value use "+command,
			about(meet), secret.Name())}
	case len(foreign) > 0:
		return fn.Results{fn.Errorf(secret.Ref(), "", "there is a SealedSecret of this name already that somebody sealed without this fingerprint key%s, so which of the two is right cannot be told; take out the plain value, or seal it over what is there: "+command+" --key-file FILE --reseal all",
			about(foreign), secret.Name())}
	}
	return nil
}

func about(keys []string) string {
	if len(keys) == 0 {
		return ""
	}
	return " (" + strings.Join(keys, ", ") + ")"
}

func (m *merging) match(key string, plaintext []byte) Match {
	b := m.sealer.Binding(key)
	b.Scope = m.before
	return m.sealer.Key.Match(b, m.certificates, m.tags[key], m.existing[key], plaintext)
}

// seal returns the ciphertexts: those that are there where nothing has changed.
func (m *merging) seal(secret view.Secret, values map[string][]byte) (view.Sealing, fn.Results) {
	sealing := view.Sealing{
		Scope: string(m.sealer.Scope), Certificate: m.sealer.Certificate.Fingerprint(),
		EncryptedData: map[string]string{}, Fingerprints: map[string]view.Fingerprint{},
	}
	kept := false
	for _, key := range slices.Sorted(maps.Keys(values)) {
		ciphertext, found := m.existing[key]
		if found && m.before == m.sealer.Scope && m.match(key, values[key]) == Same {
			sealing.EncryptedData[key], sealing.Fingerprints[key] = ciphertext, m.tags[key]
			kept = true
			continue
		}
		fresh, tags, err := m.sealer.Seal(key, values[key], ciphertext)
		if err != nil {
			return sealing, fn.Results{fn.Errorf(secret.Ref(), view.Path("data", key), "%v", err)}
		}
		sealing.EncryptedData[key], sealing.Fingerprints[key] = fresh, tags
	}
	if by := m.sealed.Certificate(); kept && by != "" {
		sealing.Certificate = by // it names the one that sealed all keys; the older one needs looking after
	}
	var gone []string
	for key := range m.existing {
		if _, found := values[key]; !found {
			gone = append(gone, key)
		}
	}
	if len(gone) == 0 {
		return sealing, nil
	}
	slices.Sort(gone)
	return sealing, fn.Results{fn.Warnf(m.sealed.Ref(), "spec.encryptedData", "loses %s, which the plain Secret beside it does not have", strings.Join(gone, ", "))}
}

// unchangeable finds what Kubernetes does not let change in a Secret.
func unchangeable(before, after view.SealedSecret) fn.Results {
	var results fn.Results
	if was, is := typeOf(before), typeOf(after); was != is {
		results = append(results, fn.Errorf(before.Ref(), "spec.template.type", "is %s, and a Secret's type cannot change to %s; give the new one another name", was, is))
	}
	if before.Immutable() && (!after.Immutable() || !maps.Equal(before.EncryptedData(), after.EncryptedData())) {
		results = append(results, fn.Errorf(before.Ref(), "spec.template.immutable", "is true, so no value of the Secret can change; give the new one another name"))
	}
	return results
}

func typeOf(sealed view.SealedSecret) string {
	if secretType := sealed.SecretType(); secretType != "" {
		return secretType
	}
	return "Opaque"
}
