package sealsecrets

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/eda-gitops/functions/functions/view"
)

// Limits on a SealedSecret's size, in bytes of base64.
const (
	// MaxSealed is the most that is sealed: 1 MiB (Kubernetes' MaxSecretSize is
	// 1 MiB of plaintext, etcd's limit for a request 1.5 MiB with everything
	// around it).
	MaxSealed = 1 << 20
	// LargeSealed is where client-side apply breaks: it keeps a copy of the
	// object in an annotation, and all annotations together have 256 KiB
	// (apimachinery, TotalAnnotationSizeLimitB). 190,000 bytes of plaintext
	// are that in base64, and leave 8 KiB for the rest of the object.
	LargeSealed = 190_000 * 4 / 3
)

// CheckSize returns an error for ciphertexts that no cluster takes, and a
// warning for those that client-side apply does not; empty when neither.
func CheckSize(encrypted map[string]string) (warning string, err error) {
	size := 0
	for _, ciphertext := range encrypted {
		size += len(ciphertext)
	}
	switch {
	case size > MaxSealed:
		return "", fmt.Errorf("is %d KiB when sealed, in base64; at most %d KiB fit: split it", size>>10, MaxSealed>>10)
	case size > LargeSealed:
		return fmt.Sprintf("is %d KiB when sealed; kubectl apply fails above some 250 KiB, because it keeps a copy in an annotation: use server-side apply (Argo CD: the sync option ServerSideApply=true), or split it", size>>10), nil
	}
	return "", nil
}

// requiredKeys are the data keys without which Kubernetes refuses a Secret of a
// type (core/v1, ValidateSecret).
var requiredKeys = map[string][]string{
	view.DockerConfigJSONType: {".dockerconfigjson"},
	view.DockerConfigType:     {".dockercfg"},
	view.SSHAuthType:          {"ssh-privatekey"},
	view.TLSType:              {"tls.crt", "tls.key"},
}

// CheckType finds what makes the values of a Secret of this type useless: keys
// that the type requires are missing, a pull secret is no JSON, a key does not
// belong to its certificate. The errors are sentences about the data and quote
// no value.
func CheckType(secretType string, values map[string][]byte) []error {
	if errs := missingKeys(secretType, values); errs != nil {
		return errs
	}
	return CheckValues(secretType, values)
}

func missingKeys(secretType string, values map[string][]byte) []error {
	var errs []error
	for _, key := range requiredKeys[secretType] {
		if _, found := values[key]; !found {
			errs = append(errs, fmt.Errorf("%s is missing; a Secret of type %s has the keys %s; there are %s",
				key, secretType, strings.Join(requiredKeys[secretType], " and "), names(values)))
		}
	}
	if secretType == view.BasicAuthType && values["username"] == nil && values["password"] == nil {
		errs = append(errs, fmt.Errorf("username and password are missing; a Secret of type %s has at least one of them; there are %s", secretType, names(values)))
	}
	return errs
}

func names(values map[string][]byte) string {
	if len(values) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(values)), ", ")
}

// CheckValues is CheckType for some of a Secret's values: keys that are not
// among them are sealed already. The two halves of a TLS pair come together.
func CheckValues(secretType string, values map[string][]byte) []error {
	var errs []error
	if value, found := values[".dockerconfigjson"]; found && secretType == view.DockerConfigJSONType {
		if err := checkDockerConfigJSON(value); err != nil {
			errs = append(errs, err)
		}
	}
	if value, found := values[".dockercfg"]; found && secretType == view.DockerConfigType {
		var registries map[string]struct{}
		if json.Unmarshal(value, &registries) != nil || registries == nil {
			errs = append(errs, fmt.Errorf(`.dockercfg is not JSON of the form {"registry.example.com": {"auth": ...}} (value withheld)`))
		}
	}
	if secretType == view.TLSType {
		if err := checkPair(values); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

func checkDockerConfigJSON(value []byte) error {
	var config map[string]json.RawMessage
	if json.Unmarshal(value, &config) != nil {
		return fmt.Errorf(`.dockerconfigjson is not JSON; expected {"auths": {"registry.example.com": {"auth": ...}}} (value withheld)`)
	}
	var auths map[string]struct{}
	if json.Unmarshal(config["auths"], &auths) != nil || auths == nil {
		return fmt.Errorf(`.dockerconfigjson has no auths; expected {"auths": {"registry.example.com": {"auth": ...}}} (value withheld)`)
	}
	return nil
}

func checkPair(values map[string][]byte) error {
	certificate, hasCertificate := values["tls.crt"]
	key, hasKey := values["tls.key"]
	if hasCertificate != hasKey {
		return fmt.Errorf("tls.crt and tls.key come as a pair, and only one of them is here; give both")
	}
	if !hasKey {
		return nil
	}
	if _, err := tls.X509KeyPair(certificate, key); err != nil {
		return fmt.Errorf("tls.crt and tls.key are no pair; expected a certificate and its own private key, both in PEM (values withheld)")
	}
	return nil
}
