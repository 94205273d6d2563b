package injectnamespace

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// finding is a place where the base's namespace is left.
type finding struct {
	// path of the field.
	path string
	// value is the host that holds it, empty where it may be a secret's.
	value string
}

// walker rewrites the strings of one object.
type walker struct {
	moves *moves
	kind  string
	// secret says that the object is a v1 Secret: data is base64, and no value
	// is quoted.
	secret bool
	// opaque are the fields of spec that are not looked at.
	opaque []string
	// path leads to the node in hand; an index stands for itself.
	path []step
	// found is where the base's namespace is left.
	found []finding
}

// step is a mapping's key, or, where key is empty, a sequence's index.
type step struct {
	key   string
	index int
}

// newWalker returns a walker for the strings of an object.
func newWalker(m *moves, o view.Object) *walker {
	w := &walker{moves: m, kind: o.Kind()}
	_, w.secret = view.AsSecret(o)
	if _, sealed := view.AsSealedSecret(o); sealed {
		w.opaque = []string{"encryptedData"}
	}
	if _, _, crd := o.CRD(); crd {
		w.opaque = []string{"versions", "validation"}
	}
	return w
}

// String is the path in hand.
func (w *walker) String() string {
	keys := make([]string, len(w.path))
	for i, s := range w.path {
		if keys[i] = s.key; s.key == "" {
			keys[i] = "[" + strconv.Itoa(s.index) + "]"
		}
	}
	return view.Path(keys...)
}

// walk rewrites the strings below a node in place.
func (w *walker) walk(node *yaml.Node, p place) {
	switch node.Kind {
	case yaml.ScalarNode:
		w.scalar(node, p)
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			key := node.Content[i].Value
			if w.leftAlone(key) {
				continue
			}
			w.path = append(w.path, step{key: key})
			w.walk(node.Content[i+1], w.placeOf(node, key, p))
			w.path = w.path[:len(w.path)-1]
		}
	case yaml.SequenceNode:
		for i, child := range node.Content {
			w.path = append(w.path, step{index: i})
			w.walk(child, argument(node, i, p))
			w.path = w.path[:len(w.path)-1]
		}
	}
}

// scalar rewrites one string. The style stays; of a Secret's data, the text
// behind the base64 is rewritten.
func (w *walker) scalar(node *yaml.Node, p place) {
	if node.ShortTag() != yaml.NodeTagString {
		return
	}
	encoded := w.secret && len(w.path) == 2 && w.path[0].key == "data"
	value := node.Value
	if encoded {
		decoded, err := base64.StdEncoding.DecodeString(value)
		if err != nil || !utf8.Valid(decoded) {
			return
		}
		value = string(decoded)
	}
	rewritten, residue := w.moves.rewrite(value, p)
	for _, host := range residue {
		f := finding{path: w.String(), value: host}
		if w.secret {
			f.value = ""
		}
		w.found = append(w.found, f)
	}
	if rewritten == value {
		return
	}
	if encoded {
		rewritten = base64.StdEncoding.EncodeToString([]byte(rewritten))
	}
	view.SetText(node, rewritten)
}

// leftAlone says whether what is below a key at the path in hand is not looked
// at: what says what the object is and where it lives, ciphertexts, bytes,
// schemas, hosts' annotations, and what an API server wrote.
func (w *walker) leftAlone(key string) bool {
	switch len(w.path) {
	case 0:
		return key == "apiVersion" || key == "kind" || key == "binaryData" && w.kind == "ConfigMap"
	case 1:
		switch w.path[0].key {
		case "metadata":
			return key == "name" || key == "namespace" || key == "managedFields" || key == "ownerReferences"
		case "spec":
			return slices.Contains(w.opaque, key)
		}
	case 2:
		return w.path[0].key == "metadata" && w.path[1].key == "annotations" && view.RecordAnnotation(key)
	}
	return false
}

// placeOf returns what is known of the value of a mapping's key.
func (w *walker) placeOf(mapping *yaml.Node, key string, outer place) place {
	p := place{prose: !isIdentifier(key), image: key == "image", git: gitKeys[key]}
	switch key {
	case "value", "values", "default":
		name := view.Text(view.Field(mapping, "name"))
		p.field = namesNamespaces(name) || view.Text(view.Field(mapping, "key")) == namespaceLabel
		p.git = gitKeys[name]
	case "name":
		kind := view.Text(view.Field(mapping, "kind"))
		p.field = kind == "Namespace" || kind == "Project" || outer.namesNamespace
	case "metadata":
		p.namesNamespace = len(w.path) > 1 && view.OfNode(mapping).NamesNamespace()
	case "resourceNames":
		p.field = listsNamespaces(view.Field(mapping, "resources"))
	case "args":
		p.command = program(view.Field(mapping, "command"))
	case "command":
		p.command = program(view.Field(mapping, key))
	case namespaceLabel, managedByLabel, "matchNames":
		p.field = true
	default:
		p.field = namesNamespaces(key)
		p.pair = pairKeys[key]
		p.route = routeKeys[key] == w.kind
	}
	return p
}

// namespaceLabel is the label that Kubernetes gives every Namespace, its name;
// managedByLabel names the namespace of the Argo CD that manages one.
const (
	namespaceLabel = "kubernetes.io/metadata.name"
	managedByLabel = "argocd.argoproj.io/managed-by"
)

// pairKeys hold namespace/name: cert-manager's CA injector's annotations, an
// AppProject's policies (p, proj:x:role, applications, get, <ns>/*, allow) and
// the gateways of an Istio VirtualService.
var pairKeys = map[string]bool{
	"cert-manager.io/inject-ca-from": true, "cert-manager.io/inject-ca-from-secret": true,
	"certmanager.k8s.io/inject-ca-from": true, "policies": true, "gateways": true,
}

// routeKeys hold a route's host in any domain, in objects of one kind.
var routeKeys = map[string]string{
	"host": "Route", "bootstrapServers": "KafkaMirrorMaker2", "ES_APICURIO_URL": "ConfigMap",
}

// gitKeys hold Git URLs, revisions and paths in a repository: fields of Argo
// CD's and Tekton's parameters.
var gitKeys = words("repoURL repoURLs sourceRepos targetRevision revision path git-url git-repo-url repo-url gitRepositoryUrl")

// isIdentifier says whether a key holds the name of something or a reference
// to it, which no namespace in it makes another.
func isIdentifier(key string) bool {
	switch key {
	case "name", "generateName", "kind", "apiVersion", "apiGroup", "key", "fieldPath", "image", "project",
		"app.kubernetes.io/instance", "argocd.argoproj.io/instance":
		return true
	}
	return strings.HasSuffix(key, "Name") || strings.HasSuffix(key, "Ref")
}

// listsNamespaces says whether a role's rule is about Namespaces or Projects.
func listsNamespaces(resources *yaml.Node) bool {
	if resources == nil || resources.Kind != yaml.SequenceNode {
		return false
	}
	for _, r := range resources.Content {
		if text := view.Text(r); text == "namespaces" || text == "projects" {
			return true
		}
	}
	return false
}

// program returns the program that a container's command runs, empty when it
// is left to the image.
func program(command *yaml.Node) string {
	if command == nil || command.Kind != yaml.SequenceNode || len(command.Content) == 0 {
		return ""
	}
	return programName(view.Text(command.Content[0]))
}

// argument returns what is known of a sequence's element: behind "-n" or
// "--namespace" as an element of its own, it is a namespace.
func argument(list *yaml.Node, i int, p place) place {
	if i == 0 {
		return p
	}
	if flag := view.Text(list.Content[i-1]); isFlag(flag) || flag == "-n" && !otherN[p.command] {
		p.field = true
	}
	return p
}
