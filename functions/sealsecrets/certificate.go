package sealsecrets

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/bitnami-labs/sealed-secrets/pkg/crypto"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/view"
)

// MinKeyBits is the smallest RSA key that seals (NIST SP 800-131A refuses
// smaller ones; the controller makes 4096).
const MinKeyBits = 2048

// Certificate is the public half of a sealing key.
type Certificate struct {
	x509 *x509.Certificate
	key  *rsa.PublicKey
	// fingerprint names the key; see Fingerprint.
	fingerprint string
}

// Certificates are those of one text, the newest that is valid first.
type Certificates []Certificate

// Errors of ParseCertificates. None quotes the text.
var (
	errUnreadable = errors.New("is no certificate that can be read; expected -----BEGIN CERTIFICATE----- and so on, as kubeseal --fetch-cert prints it, or that text in base64 on one line")
	errPrivateKey = errors.New("holds a private key (value withheld); take it out of here and out of Git, and give the certificate alone: kubeseal --fetch-cert prints it")
)

// ParseCertificates reads PEM, or PEM (or one certificate's DER) in base64. The
// errors quote nothing of the text, which may be a private key by mistake.
func ParseCertificates(text string) (Certificates, error) {
	der := []byte(nil)
	if !strings.Contains(text, "-----BEGIN") {
		decoded, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		if err != nil || len(decoded) == 0 {
			return nil, errUnreadable
		}
		text, der = string(decoded), decoded
	}
	if strings.Contains(text, "PRIVATE KEY-----") {
		return nil, errPrivateKey
	}
	if strings.Contains(text, "-----BEGIN") {
		return parsePEM([]byte(text))
	}
	certificate, err := parseDER(der)
	if err != nil {
		return nil, err
	}
	return Certificates{certificate}, nil
}

func parsePEM(text []byte) (Certificates, error) {
	var certificates Certificates
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, errors.New("holds a PEM block that is no CERTIFICATE; give the certificate alone: kubeseal --fetch-cert prints it")
		}
		certificate, err := parseDER(block.Bytes)
		if err != nil {
			return nil, err
		}
		certificates, text = append(certificates, certificate), rest
	}
	if len(certificates) == 0 || strings.Contains(string(text), "-----BEGIN") {
		return nil, errUnreadable
	}
	return certificates, nil
}

func parseDER(der []byte) (Certificate, error) {
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		return Certificate{}, errUnreadable
	}
	key, ok := parsed.PublicKey.(*rsa.PublicKey)
	if !ok {
		return Certificate{}, fmt.Errorf("has a public key of kind %s; sealed-secrets needs RSA", parsed.PublicKeyAlgorithm)
	}
	if bits := key.N.BitLen(); bits < MinKeyBits {
		return Certificate{}, fmt.Errorf("has an RSA key of %d bits; expected at least %d", bits, MinKeyBits)
	}
	sum := sha256.Sum256(parsed.RawSubjectPublicKeyInfo)
	return Certificate{x509: parsed, key: key, fingerprint: "sha256:" + hex.EncodeToString(sum[:])}, nil
}

// Newest returns the certificate that seals at a time: of those that have not
// expired and have begun, the one that began last.
func (c Certificates) Newest(now time.Time) Certificate {
	return slices.MaxFunc(c, func(a, b Certificate) int {
		if valid := boolInt(a.valid(now)) - boolInt(b.valid(now)); valid != 0 {
			return valid
		}
		return a.x509.NotBefore.Compare(b.x509.NotBefore)
	})
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (c Certificate) valid(now time.Time) bool {
	return c.Expired(now) == nil && !now.Before(c.x509.NotBefore)
}

// Expired returns an error when the certificate has expired: kubeseal refuses
// to seal with such a one, and so do we.
func (c Certificate) Expired(now time.Time) error {
	if now.After(c.x509.NotAfter) {
		return fmt.Errorf("expired on %s; get the controller's current one: kubeseal --fetch-cert", c.x509.NotAfter.UTC().Format(time.DateOnly))
	}
	return nil
}

// Fingerprint names the certificate's key: "sha256:" and the SHA-256 of its
// SubjectPublicKeyInfo in hex.
func (c Certificate) Fingerprint() string { return c.fingerprint }

// Seal encrypts a value for a label (see Scope.Label): base64 of
// sealed-secrets' format. Each call takes a fresh session key from rand.
func (c Certificate) Seal(rand io.Reader, label, plaintext []byte) (string, error) {
	ciphertext, err := crypto.HybridEncrypt(rand, c.key, plaintext, label)
	if err != nil {
		return "", fmt.Errorf("cannot be sealed: %w", err)
	}
	return base64.StdEncoding.EncodeToString(ciphertext), nil
}

// Sizes in sealed-secrets' format, in bytes: the length of the RSA block, and
// what AES-GCM adds to a plaintext.
const (
	lengthBytes = 2
	tagBytes    = 16
)

// CheckCiphertext finds, without any key, what none of the certificates' keys
// can unseal. The error does not quote the ciphertext.
func (c Certificates) CheckCiphertext(text string) error {
	ciphertext, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return errors.New("is not base64, so nothing can unseal it; seal the value again: eda-fn seal")
	}
	if len(ciphertext) < lengthBytes {
		return errors.New("is too short to be a ciphertext; seal the value again: eda-fn seal")
	}
	block := int(binary.BigEndian.Uint16(ciphertext))
	sizes := make([]string, len(c))
	for i := range c {
		if c[i].key.Size() == block {
			if len(ciphertext) < lengthBytes+block+tagBytes {
				return errors.New("is too short to be a ciphertext; it was cut off: seal the value again: eda-fn seal")
			}
			return nil
		}
		sizes[i] = fmt.Sprint(c[i].key.Size())
	}
	return fmt.Errorf("has an RSA block of %d bytes, but the certificate's key gives %s: it was sealed for another cluster, or is no ciphertext; seal the value again: eda-fn seal",
		block, strings.Join(sizes, " or "))
}

// knows says whether a fingerprint is that of one of the certificates.
func (c Certificates) knows(fingerprint string) bool {
	return slices.ContainsFunc(c, func(one Certificate) bool { return one.Fingerprint() == fingerprint })
}

// CertificateText returns the certificate as the config or the ConfigMap that
// it names has it, not parsed.
func (c *SealSecrets) CertificateText(items []*yaml.RNode) (string, fn.Results) {
	if c.Spec.CertificateFrom == nil {
		return c.Spec.Certificate, nil
	}
	const field = "spec.certificateFrom.configMapKeyRef"
	ref := *c.Spec.CertificateFrom.ConfigMapKeyRef
	found, results := c.configMap(ref, items)
	if results.Failed() {
		return "", results
	}
	data := found.Lookup("data")
	text := view.Text(view.Field(data, ref.Key))
	if text == "" {
		return "", fn.Results{c.Errorf(field+".key", "%s has no text at %s%s", found.Ref(), view.Path("data", ref.Key), fnconfig.Suggest(ref.Key, keys(data)))}
	}
	return text, nil
}

// configMap finds a ConfigMap by name. One that gets deployed serves as well,
// unless there is one for functions beside it.
func (c *SealSecrets) configMap(ref ConfigMapKeyRef, items []*yaml.RNode) (view.Object, fn.Results) {
	const field = "spec.certificateFrom.configMapKeyRef"
	var found, local []view.Object
	var names []string
	for _, o := range view.Objects(items) {
		if o.APIVersion() != "v1" || o.Kind() != "ConfigMap" {
			continue
		}
		if o.LocalConfig() {
			names = append(names, o.Name())
		}
		if !called(o, ref.Name) || ref.Namespace != "" && o.Namespace() != ref.Namespace {
			continue
		}
		found = append(found, o)
		if o.LocalConfig() {
			local = append(local, o)
		}
	}
	if len(local) > 0 {
		found = local
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		hint := "; list its folder under resources"
		if closest := fnconfig.Closest(ref.Name, names); closest != "" {
			hint = fmt.Sprintf("; did you mean %q?", closest)
		}
		return view.Object{}, fn.Results{c.Errorf(field, "there is no ConfigMap %q among the objects%s", ref.Name, hint)}
	}
	return view.Object{}, fn.Results{c.Errorf(field, "there are %d ConfigMaps %q among the objects; say which with namespace", len(found), ref.Name)}
}

func keys(mapping *yaml.Node) []string {
	var out []string
	for i := 0; mapping != nil && i+1 < len(mapping.Content); i += 2 {
		out = append(out, mapping.Content[i].Value)
	}
	slices.Sort(out)
	return out
}

// parsed returns the config's certificates.
func (c *SealSecrets) parsed(items []*yaml.RNode) (Certificates, fn.Results) {
	text, results := c.CertificateText(items)
	if results.Failed() {
		return nil, results
	}
	certificates, err := ParseCertificates(text)
	if err != nil {
		return nil, fn.Results{c.Errorf(c.certificateField(), "%v", err)}
	}
	return certificates, nil
}

// certificateField is where the config says the certificate.
func (c *SealSecrets) certificateField() string {
	if c.Spec.CertificateFrom == nil {
		return "spec.certificate"
	}
	ref := c.Spec.CertificateFrom.ConfigMapKeyRef
	return "spec.certificateFrom: ConfigMap " + ref.Name + ": " + view.Path("data", ref.Key)
}

// String describes the certificate in a line.
func (c Certificate) String() string {
	return fmt.Sprintf("%s, RSA %d, valid from %s to %s", c.Fingerprint(), c.key.N.BitLen(),
		c.x509.NotBefore.UTC().Format(time.DateOnly), c.x509.NotAfter.UTC().Format(time.DateOnly))
}

// PEM returns the certificate as text.
func (c Certificate) PEM() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.x509.Raw}))
}
