// Package sealtest is for tests: a sealing key that is made when a test needs
// one and never leaves its process, and unsealing as the controller does it.
package sealtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/bitnami-labs/sealed-secrets/pkg/apis/sealedsecrets/v1alpha1"
	"github.com/bitnami-labs/sealed-secrets/pkg/crypto"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/yaml"
)

// Validity is that of certificates that have not expired; it includes the time
// at which golden cases run (fntest.Now).
var (
	NotBefore = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	NotAfter  = NotBefore.AddDate(10, 0, 0)
)

// keyBits keeps making a key short; the controller makes 4096.
const keyBits = 2048

// Key is a sealing key.
type Key struct{ private *rsa.PrivateKey }

// Default is one key for all tests of a process.
var Default = sync.OnceValue(New)

// New makes another key.
func New() Key {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		panic(err)
	}
	return Key{private: private}
}

// Private returns the private key.
func (k Key) Private() *rsa.PrivateKey { return k.private }

// Certificate returns a certificate of the key in PEM, valid in the time of
// golden cases.
func (k Key) Certificate(t testing.TB) string {
	t.Helper()
	return k.CertificateFor(t, NotBefore, NotAfter)
}

// CertificateFor returns a certificate of the key in PEM.
func (k Key) CertificateFor(t testing.TB, notBefore, notAfter time.Time) string {
	t.Helper()
	certificate, err := crypto.SignKeyWithNotBefore(rand.Reader, k.private, notBefore, notAfter.Sub(notBefore), "sealed-secrets test")
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}))
}

// Unseal reads a SealedSecret's YAML and unseals it with the sealed-secrets
// library, as the controller does.
func (k Key) Unseal(document string) (*corev1.Secret, error) {
	var sealed v1alpha1.SealedSecret
	if err := yaml.UnmarshalStrict([]byte(document), &sealed); err != nil {
		return nil, err
	}
	codecs := serializer.NewCodecFactory(runtime.NewScheme())
	return sealed.Unseal(codecs, map[string]*rsa.PrivateKey{"test": k.private})
}

// MustUnseal is Unseal for a document that must unseal.
func (k Key) MustUnseal(t testing.TB, document string) *corev1.Secret {
	t.Helper()
	secret, err := k.Unseal(document)
	if err != nil {
		t.Fatalf("the sealed-secrets library cannot unseal: %v\n%s", err, document)
	}
	return secret
}

// Pair is a certificate with its private key, in PEM.
type Pair struct{ Certificate, Key []byte }

// TLSPair makes a pair for a Secret of type kubernetes.io/tls, with an ECDSA
// key, which is made faster than an RSA key.
func TLSPair(t testing.TB) Pair {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: NotBefore, NotAfter: NotAfter}
	certificate, err := x509.CreateCertificate(rand.Reader, &template, &template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return Pair{
		Certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
		Key:         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}),
	}
}
