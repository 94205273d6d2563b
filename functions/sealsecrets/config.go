package sealsecrets

import (
	"github.com/eda-gitops/functions/functions/fn"
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
	// namespace-wide to the namespace, cluster-wide to nothing. A scope
	// annotation of sealed-secrets on the Secret itself wins. Defaults to
	// strict, as in kubeseal.
	Scope Scope `yaml:"scope,omitempty"`
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

// Scope is one of strict, namespace-wide and cluster-wide.
type Scope string

// The scopes; see view.ScopeStrict and so on for what each binds to.
const (
	ScopeStrict        Scope = view.ScopeStrict
	ScopeNamespaceWide Scope = view.ScopeNamespaceWide
	ScopeClusterWide   Scope = view.ScopeClusterWide
)

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

// Default sets the scope.
func (c *SealSecrets) Default() {
	if c.Spec.Scope == "" {
		c.Spec.Scope = ScopeStrict
	}
}

// Validate checks that there is one certificate and that it can be read.
func (c *SealSecrets) Validate() fn.Results {
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
