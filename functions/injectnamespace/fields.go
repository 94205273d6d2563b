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

// finding is a place where an old name is left.
type finding struct {
	// path of the field.
	path string
	// value is the host that holds the base's namespace, or the text around
	// another identity; empty where it may be a secret's.
	value string
	// identity is the namespace or name; empty for the base's.
	identity string
}

// walker rewrites the strings of one object.
type walker struct {
	moves *moves
	kind  string
	// scripts is the config's.
	scripts Scripts
	// outside says that the object is in none of the environment's namespaces.
	outside bool
	// secret says that the object is a v1 Secret: data is base64, and no value
	// is quoted.
	secret bool
	// opaque are the fields of spec that are not looked at.
	opaque []string
	// path leads to the node in hand; an index stands for itself.
	path []step
	// found is where old names are left.
	found []finding
	// refused are the scripts that would have to change, by path, and which
	// name is in the way.
	refused []finding
	// record notes what changed.
	record bool
	notes  []note
}

// note is one change: where, from and to.
type note struct{ path, from, to string }

// step is a mapping's key, or, where key is empty, a sequence's index.
type step struct {
	key   string
	index int
}

// newWalker returns a walker for the strings of an object.
func (r *run) newWalker(m *moves, o view.Object) *walker {
	w := &walker{moves: m, kind: o.Kind(), scripts: r.config.Spec.Scripts, outside: !r.inside(o), record: r.config.Spec.Report}
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
			w.seekKey(key)
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
	script := w.scripts != ScriptsRewrite && (p.script || p.arguments && strings.ContainsAny(value, " \t\n"))
	if script && w.scripts == ScriptsIgnore {
		return
	}
	rewritten, residue, changes := w.moves.scan(value, p)
	if w.moves.seeking {
		w.seek(value, changes)
		return
	}
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
	if script {
		w.refused = append(w.refused, finding{path: w.String(), identity: value[changes[0].start:changes[0].end]})
		return
	}
	w.note(value, changes)
	if encoded {
		rewritten = base64.StdEncoding.EncodeToString([]byte(rewritten))
	}
	view.SetText(node, rewritten)
}

// note remembers changes for the report. They are tokens that the config or
// the package names, and no secret's value.
func (w *walker) note(value string, changes []change) {
	if !w.record {
		return
	}
	for _, c := range changes {
		n := note{path: w.String(), from: value[c.start:c.end], to: c.to}
		if !slices.Contains(w.notes, n) {
			w.notes = append(w.notes, n)
		}
	}
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
			return !w.moves.seeking && (key == "name" || key == "namespace") || key == "managedFields" || key == "ownerReferences"
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
	p := place{prose: !isIdentifier(key), image: key == "image", git: gitKeys[key], outside: w.outside}
	switch key {
	case "value", "values", "default":
		name, label := view.Text(view.Field(mapping, "name")), view.Text(view.Field(mapping, "key"))
		p.field = namesNamespaces(name) || label == namespaceLabel
		if key == "values" && view.IsClusterLabel(label) {
			p.owned = view.LabelOwners(nil, label, "")
		}
		p.git = gitKeys[name]
	case "name":
		kind := view.Text(view.Field(mapping, "kind"))
		p.field = kind == "Namespace" || kind == "Project" || outer.namesNamespace
		if p.owned = outer.owned; kind != "" {
			p.owned = owners(view.OwnerKind(kind))
		}
	case "metadata":
		o := view.OfNode(mapping)
		p.namesNamespace = (len(w.path) > 1 || w.moves.seeking) && o.NamesNamespace()
		p.owned = owners(o.OwnerClass())
	case "resourceNames":
		resources := view.Field(mapping, "resources")
		p.field = listsNamespaces(resources)
		p.owned = listedOwners(resources)
	case "args":
		p.command, p.arguments = program(view.Field(mapping, "command")), true
	case "command":
		p.command, p.arguments = program(view.Field(mapping, key)), true
	case "script":
		p.script = true
	case namespaceLabel, managedByLabel, "matchNames":
		p.field = true
	default:
		p.script = strings.HasSuffix(key, ".sh")
		p.owned = w.labelOwners(mapping, key)
		p.field = namesNamespaces(key)
		p.pair = pairKeys[key]
		p.route = routeKeys[key] == w.kind
	}
	return p
}

// labelOwners returns the classes of which a label's value is the name.
func (w *walker) labelOwners(mapping *yaml.Node, key string) []view.OwnerClass {
	if w.moves.owners == nil {
		return nil
	}
	kind := ""
	if len(w.path) == 3 && w.path[0].key == "metadata" && w.path[1].key == "labels" {
		kind = w.kind
	}
	return view.LabelOwners(mapping, key, kind)
}

// owners is a class as a list, nil for none.
func owners(class view.OwnerClass) []view.OwnerClass {
	if class == "" {
		return nil
	}
	return []view.OwnerClass{class}
}

// listedOwners returns the classes that a role's rule is about.
func listedOwners(resources *yaml.Node) []view.OwnerClass {
	if resources == nil || resources.Kind != yaml.SequenceNode {
		return nil
	}
	var classes []view.OwnerClass
	for _, r := range resources.Content {
		if class := view.OwnerResource(view.Text(r)); class != "" {
			classes = append(classes, class)
		}
	}
	return classes
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

// gitKeys hold Git URLs and revisions: fields of Argo CD's and Tekton's
// parameters. A path in a repository is a text like any other: an environment's
// Application must not read another one's folder.
var gitKeys = words("repoURL repoURLs sourceRepos targetRevision revision git-url git-repo-url repo-url gitRepositoryUrl")

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
