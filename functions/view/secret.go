package view

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// Types of Secrets that have rules of their own (Kubernetes' core/v1 types).
const (
	ServiceAccountTokenType = "kubernetes.io/service-account-token"
	DockerConfigJSONType    = "kubernetes.io/dockerconfigjson"
	DockerConfigType        = "kubernetes.io/dockercfg"
	BasicAuthType           = "kubernetes.io/basic-auth"
	SSHAuthType             = "kubernetes.io/ssh-auth"
	TLSType                 = "kubernetes.io/tls"
)

// SecretFields are the fields of a v1 Secret; any other one is a mistake.
var SecretFields = []string{"apiVersion", "data", "immutable", "kind", "metadata", "stringData", "type"}

// MetadataFields are the fields of an object's metadata (apimachinery's
// ObjectMeta).
var MetadataFields = []string{
	"annotations", "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers",
	"generateName", "generation", "labels", "managedFields", "name", "namespace", "ownerReferences",
	"resourceVersion", "selfLink", "uid",
}

// Secret is a lens over a plain v1 Secret.
type Secret struct{ Object }

// AsSecret returns the lens of a v1 Secret, and whether the object is one.
func AsSecret(o Object) (Secret, bool) {
	return Secret{o}, o.APIVersion() == "v1" && o.Kind() == "Secret"
}

// Secrets returns the plain Secrets that get deployed (see Object.Manifest).
func Secrets(items []*yaml.RNode) []Secret {
	var out []Secret
	for _, o := range Manifests(items) {
		if s, ok := AsSecret(o); ok {
			out = append(out, s)
		}
	}
	return out
}

// Type returns type, empty when there is none (Opaque to Kubernetes).
func (s Secret) Type() string { return s.Text("type") }

// HasValues says whether data or stringData holds anything.
func (s Secret) HasValues() bool {
	for _, field := range []string{"data", "stringData"} {
		if node := s.Lookup(field); node != nil && (node.Kind == yaml.ScalarNode || len(node.Content) > 0) {
			return true
		}
	}
	return false
}

// FieldProblem is what is wrong with a field; the message quotes no value.
type FieldProblem struct {
	// Path of the field, such as data.password.
	Path string
	// Message says what is wrong and what is allowed.
	Message string
}

// Shape returns what stands in the Secret's own fields and cannot: a type that
// is no string, labels that are no map. Data is not looked at (see Values).
func (s Secret) Shape() []FieldProblem {
	var problems []FieldProblem
	add := func(message string, path ...string) {
		problems = append(problems, FieldProblem{Path: Path(path...), Message: message})
	}
	for _, field := range []string{"labels", "annotations"} {
		if node := s.Lookup("metadata", field); node != nil && node.Kind != yaml.MappingNode {
			add("is no map; expected {name: value}", "metadata", field)
		}
	}
	if node := s.Lookup("type"); node != nil && (node.Kind != yaml.ScalarNode || node.ShortTag() != yaml.NodeTagString) {
		add("is no string; expected a type such as Opaque", "type")
	}
	if node := s.Lookup("immutable"); node != nil && node.ShortTag() != yaml.NodeTagBool {
		add("is neither true nor false", "immutable")
	}
	return problems
}

// UnknownFields returns the paths of fields that are among neither
// SecretFields nor, below metadata, MetadataFields.
func (s Secret) UnknownFields() [][]string {
	var paths [][]string
	for _, key := range mappingKeys(s.node) {
		if !slices.Contains(SecretFields, key) {
			paths = append(paths, []string{key})
		}
	}
	for _, key := range mappingKeys(s.Lookup("metadata")) {
		if !slices.Contains(MetadataFields, key) {
			paths = append(paths, []string{"metadata", key})
		}
	}
	return paths
}

func mappingKeys(mapping *yaml.Node) []string {
	var out []string
	for i := 0; mapping != nil && mapping.Kind == yaml.MappingNode && i+1 < len(mapping.Content); i += 2 {
		out = append(out, mapping.Content[i].Value)
	}
	return out
}

// Values returns the bytes by key, as Kubernetes reads them: data is base64,
// stringData is text and wins over data, null is empty.
func (s Secret) Values() (map[string][]byte, []FieldProblem) {
	values := map[string][]byte{}
	var problems []FieldProblem
	for _, part := range []struct {
		field  string
		decode func(string) ([]byte, error)
	}{
		{"data", base64.StdEncoding.DecodeString},
		{"stringData", func(text string) ([]byte, error) { return []byte(text), nil }},
	} {
		node := s.Lookup(part.field)
		if node == nil {
			continue
		}
		if node.Kind != yaml.MappingNode {
			problems = append(problems, FieldProblem{Path: part.field, Message: "is no map of keys and values (value withheld)"})
			continue
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i]
			value, message := secretValue(key, node.Content[i+1], part.decode)
			if message != "" {
				problems = append(problems, FieldProblem{Path: Path(part.field, key.Value), Message: message})
				continue
			}
			values[key.Value] = value
		}
	}
	return values, problems
}

// secretValue reads one pair; the message says what is wrong, empty when it is
// right. A scalar that YAML does not take for a string is refused: kustomize
// would hand over 0755 as 493.
func secretValue(key, value *yaml.Node, decode func(string) ([]byte, error)) ([]byte, string) {
	switch {
	case key.Kind != yaml.ScalarNode || key.ShortTag() != yaml.NodeTagString:
		return nil, "the key is no string to YAML; quote it"
	case !ValidDataKey(key.Value):
		return nil, DataKeyRule
	case IsNull(value):
		return []byte{}, ""
	case value.Kind != yaml.ScalarNode:
		return nil, "is a map or a list; expected a string (value withheld)"
	case value.ShortTag() != yaml.NodeTagString:
		return nil, "is no string to YAML; quote it (value withheld)"
	}
	decoded, err := decode(value.Value)
	if err != nil {
		return nil, "not base64 (value withheld)"
	}
	return decoded, ""
}

// MaxDataKey is the longest data key, in characters (apimachinery,
// IsConfigMapKey).
const MaxDataKey = 253

// DataKeyRule says in a message what ValidDataKey wants.
const DataKeyRule = "is no data key: at most 253 letters, digits, '-', '_' and '.', and not starting with '..'"

var dataKey = regexp.MustCompile(`^[-._a-zA-Z0-9]+$`)

// ValidDataKey checks a key of a Secret's data (apimachinery, IsConfigMapKey).
func ValidDataKey(key string) bool {
	return len(key) <= MaxDataKey && dataKey.MatchString(key) && key != "." && !strings.HasPrefix(key, "..")
}

// PlainSecrets returns the paths of the plain Secrets with values below an
// object: in a Template's objects, a ManifestWork, a List within a List.
func (o Object) PlainSecrets() []string {
	var out []string
	for _, path := range plainSecrets(o.node) {
		if len(path) > 0 {
			out = append(out, Path(path...))
		}
	}
	return out
}

// plainSecrets builds paths on the way back only, so that a tree without
// Secrets costs a walk and no memory.
func plainSecrets(node *yaml.Node) [][]string {
	if node == nil {
		return nil
	}
	if s, ok := AsSecret(OfNode(node)); ok && s.HasValues() {
		return [][]string{nil}
	}
	var found [][]string
	switch node.Kind {
	case yaml.SequenceNode:
		for i, child := range node.Content {
			for _, path := range plainSecrets(child) {
				found = append(found, append([]string{"[" + strconv.Itoa(i) + "]"}, path...))
			}
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			for _, path := range plainSecrets(node.Content[i+1]) {
				found = append(found, append([]string{node.Content[i].Value}, path...))
			}
		}
		found = append(found, untypedSecrets(OfNode(node))...)
	}
	return found
}

// untypedSecrets returns the paths of the plain Secrets in a SecretList that
// says their kind once.
func untypedSecrets(list Object) [][]string {
	apiVersion, kind := list.EntryType()
	items := list.Lookup("items")
	if kind != "Secret" || items == nil || items.Kind != yaml.SequenceNode {
		return nil
	}
	var found [][]string
	for i, entry := range items.Content {
		if Untyped(entry) && len(plainSecrets(Type(entry, apiVersion, kind))) > 0 {
			found = append(found, []string{"items", "[" + strconv.Itoa(i) + "]"})
		}
	}
	return found
}
