package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/eda-gitops/functions/functions/view"
)

// ParseEnvFile reads lines of KEY=VALUE, as kubectl does: a value is what
// stands behind the first "=", quotes included; blank lines and comments (#)
// are skipped. Errors name lines and quote nothing.
func ParseEnvFile(text []byte) (map[string][]byte, error) {
	values := map[string][]byte{}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	number := 0
	for line := range bytes.Lines(text) {
		number++
		line = bytes.TrimLeft(bytes.TrimRight(line, "\r\n"), " \t")
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		key, value, found := bytes.Cut(line, []byte("="))
		if !found || !view.ValidDataKey(string(key)) {
			return nil, fmt.Errorf("line %d is not KEY=VALUE (its text is withheld): the key is letters, digits, '-', '_' and '.'", number)
		}
		if _, twice := values[string(key)]; twice {
			return nil, fmt.Errorf("line %d names a key for the second time", number)
		}
		values[string(key)] = bytes.Clone(value)
	}
	if len(values) == 0 {
		return nil, errors.New("has no line KEY=VALUE")
	}
	return values, nil
}

// DockerLogin is what a pull secret is made of.
type DockerLogin struct {
	// Server is the registry, such as cp.icr.io. Required.
	Server string
	// Username and Password are the login. Required.
	Username string
	Password []byte
	// Email is written when it is given; registries ignore it.
	Email string
}

// DockerKey is the data key of a pull secret.
const DockerKey = ".dockerconfigjson"

// Config returns the pull secret's file, as kubectl create secret
// docker-registry writes it.
func (l DockerLogin) Config() ([]byte, error) {
	switch {
	case l.Server == "":
		return nil, errors.New("--docker-server is missing; expected a registry, such as cp.icr.io")
	case l.Username == "":
		return nil, errors.New("--docker-username is missing")
	case strings.Contains(l.Username, ":"):
		return nil, errors.New("--docker-username holds a colon, which a registry takes for the end of the name")
	case len(l.Password) == 0:
		return nil, errors.New("the registry's password is empty")
	}
	type login struct {
		Username string `json:"username"`
		Password string `json:"password"`
		Email    string `json:"email,omitempty"`
		Auth     string `json:"auth"`
	}
	password := string(l.Password)
	return json.Marshal(map[string]map[string]login{"auths": {l.Server: { //nolint:gosec // it is sealed next, and stands nowhere else
		Username: l.Username, Password: password, Email: l.Email,
		Auth: base64.StdEncoding.EncodeToString([]byte(l.Username + ":" + password)),
	}}})
}
