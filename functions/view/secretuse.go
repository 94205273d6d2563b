package view

import (
	"maps"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// SecretsAnnotation on a pod template is the hash of the SealedSecrets that its
// pods use; pods start anew when it changes.
const SecretsAnnotation = OwnGroup + "/sealed-secrets"

// SecretUser is a lens over an object that runs pods from a template and may
// use Secrets in them.
type SecretUser struct {
	Object
	// template is the path of the pod template's metadata.
	template []string
}

// podTemplates are the paths of the pod template below an object, by group and
// kind. Jobs are not among them: theirs cannot change.
var podTemplates = map[[2]string][]string{
	{"apps", "Deployment"}:                        {"spec", "template"},
	{"apps", "StatefulSet"}:                       {"spec", "template"},
	{"apps", "DaemonSet"}:                         {"spec", "template"},
	{"apps.openshift.io", "DeploymentConfig"}:     {"spec", "template"},
	{"argoproj.io", "Rollout"}:                    {"spec", "template"},
	{"serving.knative.dev", "Service"}:            {"spec", "template"},
	{"kafka.strimzi.io", "KafkaConnect"}:          {"spec", "template", "pod"},
	{"kafka.strimzi.io", "KafkaMirrorMaker2"}:     {"spec", "template", "pod"},
	{"kafka.strimzi.io", "KafkaBridge"}:           {"spec", "template", "pod"},
	{"eventstreams.ibm.com", "KafkaConnect"}:      {"spec", "template", "pod"},
	{"eventstreams.ibm.com", "KafkaMirrorMaker2"}: {"spec", "template", "pod"},
	{"eventstreams.ibm.com", "KafkaBridge"}:       {"spec", "template", "pod"},
}

// SecretUsers returns the deployed objects that run pods from a template.
func SecretUsers(items []*yaml.RNode) []SecretUser {
	var out []SecretUser
	for _, o := range Manifests(items) {
		if path, found := podTemplates[[2]string{o.Group(), o.Kind()}]; found {
			out = append(out, SecretUser{Object: o, template: path})
		}
	}
	return out
}

// Secrets returns the names of the Secrets that the pods use as files or
// environment variables, sorted. A pull secret is used before they start, and
// is none of them.
func (u SecretUser) Secrets() []string {
	names := map[string]bool{}
	for _, r := range u.SecretReferences() {
		if !r.Registry {
			names[r.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// SetSecretsHash writes the SecretsAnnotation of the pod template, or removes it
// when the hash is empty.
func (u SecretUser) SetSecretsHash(hash string) {
	path := append(slices.Clone(u.template), "metadata", "annotations", SecretsAnnotation)
	if hash != "" {
		u.Set(hash, path...)
		return
	}
	annotations := u.Lookup(path[:len(path)-1]...)
	if DeleteField(annotations, SecretsAnnotation) && len(annotations.Content) == 0 {
		u.Delete(path[:len(path)-1]...)
	}
}
