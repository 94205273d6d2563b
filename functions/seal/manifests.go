package seal

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// InManifests returns the SealedSecrets of a stream of manifests, those inside
// other objects (a List, a Template) included.
func InManifests(items []*yaml.RNode) []view.SealedSecret {
	var found []view.SealedSecret
	for _, item := range items {
		found = append(found, within(item.YNode())...)
	}
	return found
}

func within(node *yaml.Node) []view.SealedSecret {
	if node == nil {
		return nil
	}
	if sealed, ok := view.AsSealedSecret(view.OfNode(node)); ok {
		return []view.SealedSecret{sealed}
	}
	var found []view.SealedSecret
	for _, child := range node.Content {
		found = append(found, within(child)...)
	}
	return found
}

// Found is a SealedSecret and the file that it is in.
type Found struct {
	Sealed view.SealedSecret
	Path   string
}

// Secrets returns the SealedSecrets alone.
func Secrets(found []Found) []view.SealedSecret {
	var out []view.SealedSecret
	for _, f := range found {
		out = append(out, f.Sealed)
	}
	return out
}

// PathOf returns the file of a SealedSecret, "FILE" when it is in none. One
// that does not say its namespace (kustomize sets it) is that of its name.
func PathOf(found []Found, sealed view.SealedSecret) string {
	for _, f := range found {
		if f.Sealed.Name() == sealed.Name() && (f.Sealed.Namespace() == "" || f.Sealed.Namespace() == sealed.Namespace()) {
			return f.Path
		}
	}
	return "FILE"
}
