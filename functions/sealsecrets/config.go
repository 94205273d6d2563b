package sealsecrets

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/guard"
	"github.com/eda-gitops/functions/functions/sizing"
	"github.com/eda-gitops/functions/functions/view"
)

// Function is the entry in functions.All.
var Function = fn.Function{
	Name:  "seal-secrets",
	Kind:  "SealSecrets",
	Short: "make plain Secrets SealedSecrets, and let no plain one out",
	New:   func() fn.Config { return &SealSecrets{} },
}

// SealSecrets is the functionConfig.
type SealSecrets struct {
	fn.Header `yaml:",inline"`
	Spec      Spec `yaml:"spec"`
}

// Spec of SealSecrets.
type Spec struct {
	// Environment is the environment of the Solution whose namespace messages
	// name. Defaults to the Pipeline's. What a Secret is sealed for is always
	// its own namespace.
	Environment string `yaml:"environment,omitempty"`
	// Certificate is the sealing certificate, the public half of the
	// controller's key: PEM, or that text in base64 on one line. Of several,
	// the newest that has not expired seals. Required, unless certificateFrom
	// says where it is.
	Certificate string `yaml:"certificate,omitempty"`
	// CertificateFrom names an object of the package that holds the
	// certificate.
	CertificateFrom *CertificateSource `yaml:"certificateFrom,omitempty"`
	// Scope is what a ciphertext is bound to: strict to namespace and name,
	// namespace-wide to the namespace, cluster-wide to nothing. Scopes wins over
	// it, and a scope annotation of sealed-secrets on the Secret itself over
	// both. Defaults to
	// strict, as in kubeseal.
	Scope Scope `yaml:"scope,omitempty"`
	// Scopes are the scopes of single Secrets by <namespace/name>, with the
	// namespace that they have in the environment.
	Scopes map[string]Scope `yaml:"scopes,omitempty"`
	// ExpiryWarning is how long before the certificate expires a warning says
	// so, as 720h or 30d. Defaults to 720h, the time after which the controller
	// makes its next key.
	ExpiryWarning sizing.Duration `yaml:"expiryWarning,omitempty"`
	// RolloutOnChange writes a hash of the ciphertexts into the pod template of
	// the workloads that use a sealed Secret, so that their pods start anew
	// when it changes. Defaults to false.
	RolloutOnChange bool `yaml:"rolloutOnChange,omitempty"`
	// FingerprintKeyFrom names an object of the package that holds the
	// environment's fingerprint key: 32 random bytes that stay outside Git
	// (eda-fn seal key makes them). With it a plain Secret is sealed to the
	// same bytes at each render, and one beside its SealedSecret changes only
	// the keys whose values have changed.
	FingerprintKeyFrom *FingerprintKeySource `yaml:"fingerprintKeyFrom,omitempty"`
	// Guard is the last look at everything that leaves the function.
	Guard guard.Spec `yaml:"guard,omitempty"`
}

// CertificateSource says where a certificate is.
type CertificateSource struct {
	// ConfigMapKeyRef is a key of a ConfigMap among the objects, which has the
	// annotation config.kubernetes.io/local-config: "true" so that nobody
	// deploys it. Required.
	ConfigMapKeyRef *ConfigMapKeyRef `yaml:"configMapKeyRef"`
}

// ConfigMapKeyRef names a key of a ConfigMap.
type ConfigMapKeyRef struct {
	// Name is the ConfigMap's name. Required.
	Name string `yaml:"name"`
	// Key is the key in its data. Required.
	Key string `yaml:"key"`
	// Namespace is the ConfigMap's namespace, where its name alone is not
	// enough to find it.
	Namespace string `yaml:"namespace,omitempty"`
}

// FingerprintKeySource says where the fingerprint key is.
type FingerprintKeySource struct {
	// SecretKeyRef is a key of a Secret among the objects, which has the
	// annotation config.kubernetes.io/local-config: "true" so that nobody
	// deploys it. Required.
	SecretKeyRef *SecretKeyRef `yaml:"secretKeyRef"`
}

// SecretKeyRef names a key of a Secret.
type SecretKeyRef struct {
	// Name is the Secret's name. Required.
	Name string `yaml:"name"`
	// Key is the key in its data. Required.
	Key string `yaml:"key"`
}

// Scope is one of strict, namespace-wide and cluster-wide.
type Scope string

// The scopes; see view.ScopeStrict and so on for what each binds to.
const (
	ScopeStrict        Scope = view.ScopeStrict
	ScopeNamespaceWide Scope = view.ScopeNamespaceWide
	ScopeClusterWide   Scope = view.ScopeClusterWide
)

// ScopeOf returns the scope of a Secret that has no scope annotation.
func (s *Spec) ScopeOf(namespace, name string) Scope {
	if scope := s.Scopes[namespace+"/"+name]; scope != "" {
		return scope
	}
	return s.Scope
}

// Enum lists the values.
func (Scope) Enum() []string {
	return []string{view.ScopeStrict, view.ScopeNamespaceWide, view.ScopeClusterWide}
}

// Label returns the label by which a value is encrypted and unsealed
// (sealed-secrets, EncryptionLabel).
func (s Scope) Label(namespace, name string) []byte {
	switch s {
	case ScopeClusterWide:
		return nil
	case ScopeNamespaceWide:
		return []byte(namespace)
	}
	return []byte(namespace + "/" + name)
}

// TakeEnvironment takes the Pipeline's environment where the config names none.
func (c *SealSecrets) TakeEnvironment(name string) {
	if c.Spec.Environment == "" {
		c.Spec.Environment = name
	}
}

// expiryWarning is the default of Spec.ExpiryWarning: the controller's own
// --key-renew-period (sealed-secrets, defaultKeyRenewPeriod).
const expiryWarning = 30 * 24 * time.Hour

// Default sets what is left out.
func (c *SealSecrets) Default() {
	if c.Spec.Scope == "" {
		c.Spec.Scope = ScopeStrict
	}
	if c.Spec.ExpiryWarning == 0 {
		c.Spec.ExpiryWarning = sizing.Duration(expiryWarning)
	}
	c.Spec.Guard.Default()
}

// Validate checks the config alone.
func (c *SealSecrets) Validate() fn.Results {
	results := append(c.validateCertificate(), c.validateKey()...)
	for _, place := range slices.Sorted(maps.Keys(c.Spec.Scopes)) {
		if namespace, name, found := strings.Cut(place, "/"); !found || namespace == "" || name == "" || strings.Contains(name, "/") {
			results = append(results, c.Errorf("spec.scopes."+place, "is no <namespace/name>; expected, for one, rt-inventory-stage/db: namespace-wide"))
		}
	}
	return append(results, c.Spec.Guard.Validate(&c.Header, "spec.guard")...)
}

func (c *SealSecrets) validateKey() fn.Results {
	from := c.Spec.FingerprintKeyFrom
	switch {
	case from == nil:
		return nil
	case from.SecretKeyRef == nil:
		return fn.Results{c.Errorf("spec.fingerprintKeyFrom.secretKeyRef", "is missing; expected {name: fingerprint-key, key: key}")}
	case from.SecretKeyRef.Name == "":
		return fn.Results{c.Errorf("spec.fingerprintKeyFrom.secretKeyRef.name", "is missing; expected a Secret's name")}
	case from.SecretKeyRef.Key == "":
		return fn.Results{c.Errorf("spec.fingerprintKeyFrom.secretKeyRef.key", "is missing; expected a key of its data")}
	}
	return nil
}

// validateCertificate checks that there is one certificate and that it can be
// read.
func (c *SealSecrets) validateCertificate() fn.Results {
	from := c.Spec.CertificateFrom
	switch {
	case c.Spec.Certificate == "" && from == nil:
		return fn.Results{c.Errorf("spec.certificate",
			"is missing; give the PEM that kubeseal --fetch-cert prints, or certificateFrom: {configMapKeyRef: {name: sealing-certificate, key: cert.pem}}")}
	case c.Spec.Certificate != "" && from != nil:
		return fn.Results{c.Errorf("spec.certificateFrom", "stands beside spec.certificate; keep one of the two")}
	case from == nil:
		if _, err := ParseCertificates(c.Spec.Certificate); err != nil {
			return fn.Results{c.Errorf("spec.certificate", "%v", err)}
		}
		return nil
	case from.ConfigMapKeyRef == nil:
		return fn.Results{c.Errorf("spec.certificateFrom.configMapKeyRef", "is missing; expected {name: sealing-certificate, key: cert.pem}")}
	}
	var results fn.Results
	if from.ConfigMapKeyRef.Name == "" {
		results = append(results, c.Errorf("spec.certificateFrom.configMapKeyRef.name", "is missing; expected a ConfigMap's name"))
	}
	if from.ConfigMapKeyRef.Key == "" {
		results = append(results, c.Errorf("spec.certificateFrom.configMapKeyRef.key", "is missing; expected a key of its data, such as cert.pem"))
	}
	return results
}
