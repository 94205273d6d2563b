package sealsecrets

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/view"
)

// KeyBytes is the length of a fingerprint key: that of SHA-256, as RFC 2104
// advises for HMAC.
const KeyBytes = 32

// Key is a fingerprint key: 32 random bytes per environment that stay outside
// Git. With it, whoever has the plaintext can tell whether a ciphertext is of
// that plaintext, and without it nobody can.
type Key struct{ bytes []byte }

// ParseKey reads a fingerprint key: 32 bytes as they are, or as text in base64
// or hex. The error quotes nothing of it.
func ParseKey(text []byte) (*Key, error) {
	if len(text) == KeyBytes {
		return newKey(bytes.Clone(text))
	}
	text = bytes.TrimSpace(text)
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if decoded, err := decode(string(text)); err == nil && len(decoded) == KeyBytes {
			return newKey(decoded)
		}
	}
	return nil, errors.New("is no fingerprint key (value withheld); expected 32 random bytes, in base64 or hex, as eda-fn seal key makes them")
}

// minDistinct is the least number of different bytes in a fingerprint key. Of
// 32 random bytes some 30 are different; fewer than 16 are once in 10^13 times.
const minDistinct = 16

// newKey refuses bytes that are not random, such as zeros or 16 random bytes in
// hex: the tags are public, so that a key which can be guessed is found by them.
func newKey(random []byte) (*Key, error) {
	different := map[byte]bool{}
	for _, b := range random {
		different[b] = true
	}
	if len(different) < minDistinct {
		return nil, errors.New("is no fingerprint key (value withheld): these 32 bytes are not random, and who guesses the key can try values; make one with eda-fn seal key")
	}
	return &Key{bytes: random}, nil
}

// Binding is what a ciphertext is bound to.
type Binding struct {
	// Certificate is its fingerprint (see Certificate.Fingerprint).
	Certificate string
	Scope       Scope
	Namespace   string
	Name        string
	// Key is the data key.
	Key string
}

// Domains keep apart what is computed with one key.
const (
	valueDomain      = "eda-gitops sealed value v1"
	ciphertextDomain = "eda-gitops sealed ciphertext v1"
	randomDomain     = "eda-gitops sealing randomness v1"
)

// mac is HMAC-SHA256 over fields, each with its length in front, so that two
// lists of fields never give the same bytes.
func (k *Key) mac(domain string, b Binding, more ...[]byte) []byte {
	h := hmac.New(sha256.New, k.bytes)
	fields := [][]byte{[]byte(domain), []byte(b.Certificate), []byte(b.Scope), []byte(b.Namespace), []byte(b.Name), []byte(b.Key)}
	for _, field := range append(fields, more...) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(field)))
		h.Write(length[:])
		h.Write(field)
	}
	return h.Sum(nil)
}

// Fingerprint returns the tags of a ciphertext (base64, as it stands in the
// SealedSecret) and its plaintext. Both are bound to the random ciphertext, so
// that equal values never look equal.
func (k *Key) Fingerprint(b Binding, ciphertext string, plaintext []byte) view.Fingerprint {
	sum := sha256.Sum256([]byte(ciphertext))
	tag := func(mac []byte) string { return base64.RawURLEncoding.EncodeToString(mac) }
	return view.Fingerprint{
		Ciphertext: tag(k.mac(ciphertextDomain, b, sum[:])),
		Value:      tag(k.mac(valueDomain, b, sum[:], plaintext)),
	}
}

// Match is what the tags say about a ciphertext and a plaintext.
type Match int

const (
	// Foreign says that somebody without this key sealed the ciphertext.
	Foreign Match = iota
	// Changed says that the ciphertext is of another plaintext.
	Changed
	// Same says that the ciphertext is of this plaintext.
	Same
)

// Match compares tags with what they should be; certificates are the
// fingerprints of those that may have sealed it.
func (k *Key) Match(b Binding, certificates []string, tags view.Fingerprint, ciphertext string, plaintext []byte) Match {
	for _, certificate := range certificates {
		b.Certificate = certificate
		want := k.Fingerprint(b, ciphertext, plaintext)
		if !hmac.Equal([]byte(tags.Ciphertext), []byte(want.Ciphertext)) {
			continue
		}
		if hmac.Equal([]byte(tags.Value), []byte(want.Value)) {
			return Same
		}
		return Changed
	}
	return Foreign
}

// randomness is the stream that seals a value with this key: without the key
// it is random, with it two machines seal the same value to the same bytes. The
// ciphertext that it takes the place of is part of it, so that a value which
// comes back later looks new.
func (k *Key) randomness(b Binding, previous string, plaintext []byte) io.Reader {
	sum := sha256.Sum256([]byte(previous))
	return &stream{seed: k.mac(randomDomain, b, sum[:], plaintext)}
}

// stream is HMAC-SHA256 of a counter (NIST SP 800-108, counter mode).
type stream struct {
	seed    []byte
	counter uint64
	left    []byte
}

func (s *stream) Read(p []byte) (int, error) {
	for n := 0; n < len(p); {
		if len(s.left) == 0 {
			h := hmac.New(sha256.New, s.seed)
			var counter [8]byte
			binary.BigEndian.PutUint64(counter[:], s.counter)
			h.Write(counter[:])
			s.left = h.Sum(nil)
			s.counter++
		}
		copied := copy(p[n:], s.left)
		n, s.left = n+copied, s.left[copied:]
	}
	return len(p), nil
}

// Sealer seals the values of one Secret.
type Sealer struct {
	Certificate Certificate
	Scope       Scope
	Namespace   string
	Name        string
	// Rand is the source of session keys where there is no Key.
	Rand io.Reader
	// Key is the fingerprint key, nil when there is none: then there are no
	// tags.
	Key *Key
}

// Seal encrypts one value with a session key of its own. Previous is the
// ciphertext that it takes the place of, empty when there is none.
func (s Sealer) Seal(key string, plaintext []byte, previous string) (string, view.Fingerprint, error) {
	label := s.Scope.Label(s.Namespace, s.Name)
	if s.Key == nil {
		ciphertext, err := s.Certificate.Seal(s.Rand, label, plaintext)
		return ciphertext, view.Fingerprint{}, err
	}
	b := s.Binding(key)
	ciphertext, err := s.Certificate.Seal(s.Key.randomness(b, previous, plaintext), label, plaintext)
	if err != nil {
		return "", view.Fingerprint{}, err
	}
	return ciphertext, s.Key.Fingerprint(b, ciphertext, plaintext), nil
}

// Binding returns what a data key's ciphertext is bound to.
func (s Sealer) Binding(key string) Binding {
	return Binding{Certificate: s.Certificate.Fingerprint(), Scope: s.Scope, Namespace: s.Namespace, Name: s.Name, Key: key}
}

// fingerprintKey returns the config's key, nil when it names none.
func (c *SealSecrets) fingerprintKey(items []*yaml.RNode) (*Key, fn.Results) {
	if c.Spec.FingerprintKeyFrom == nil {
		return nil, nil
	}
	const field = "spec.fingerprintKeyFrom.secretKeyRef"
	ref := *c.Spec.FingerprintKeyFrom.SecretKeyRef
	var names []string
	for _, o := range view.Objects(items) {
		secret, plain := view.AsSecret(o)
		if !plain {
			continue
		}
		if o.LocalConfig() {
			names = append(names, o.Name())
		}
		if !called(o, ref.Name) {
			continue
		}
		if !o.LocalConfig() {
			return nil, fn.Results{c.Errorf(field, "%s gets deployed; give it the annotation %s: \"true\", so that functions alone see it, and keep it out of Git", o.Ref(), view.LocalConfigAnnotation)}
		}
		return c.keyOf(secret, ref)
	}
	hint := "; it is outside Git: fetch it (README, a new colleague), and have it among the resources, or take spec.fingerprintKeyFrom out where nothing plain is sealed"
	if closest := fnconfig.Closest(ref.Name, names); closest != "" {
		hint = fmt.Sprintf("; did you mean %q?", closest)
	}
	return nil, fn.Results{c.Errorf(field, "there is no Secret %q among the objects%s", ref.Name, hint)}
}

func (c *SealSecrets) keyOf(secret view.Secret, ref SecretKeyRef) (*Key, fn.Results) {
	const field = "spec.fingerprintKeyFrom.secretKeyRef"
	values, problems := secret.Values()
	if len(problems) > 0 {
		return nil, fn.Results{fn.Errorf(secret.Ref(), problems[0].Path, "%s", problems[0].Message)}
	}
	value, found := values[ref.Key]
	if !found {
		names := make([]string, 0, len(values))
		for name := range values {
			names = append(names, name)
		}
		slices.Sort(names)
		return nil, fn.Results{c.Errorf(field+".key", "%s has no %s%s", secret.Ref(), view.Path("data", ref.Key), fnconfig.Suggest(ref.Key, names))}
	}
	key, err := ParseKey(value)
	if err != nil {
		return nil, fn.Results{c.Errorf(field, "Secret %s: %s: %v", ref.Name, view.Path("data", ref.Key), err)}
	}
	return key, nil
}
