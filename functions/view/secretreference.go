package view

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// SecretReference is a place in an object that names a Secret.
type SecretReference struct {
	// Path of the field for messages, such as spec.tls.secretName.
	Path string
	// Name is the Secret's name as the object has it.
	Name string
	// Namespace is the one that the reference says itself, empty when it means
	// the object's own.
	Namespace string
	// Registry says that the Secret is for a registry or a repository: it is
	// used before or beside the pods, and not in them.
	Registry bool

	node *yaml.Node
	// before and after are what stands around the name in the node's text.
	before, after string
}

// Rename makes the reference name another Secret.
func (r SecretReference) Rename(name string) {
	if r.before == "" && r.after == "" {
		replace(r.node, String(name))
		return
	}
	r.node.Value = strings.ReplaceAll(r.node.Value, r.before+r.Name+r.after, r.before+name+r.after)
}

// Fields by which an object names a Secret: those of kustomize's own list for
// name references, of Strimzi, Event Streams, MQ, OpenShift, cert-manager,
// Tekton and Prometheus. They mean the same in whatever kind they stand.
var (
	// secretNameFields hold the name itself.
	secretNameFields = []string{"secretName", "adminSecretName", "userSecretName", "secretRef"}
	// secretFields hold {name: NAME}.
	secretFields = []string{"secretKeyRef", "secretRef", "secret", "externalCertificate", "bearerTokenSecret"}
	// secretFieldEndings are those of fields like tokenSecretRef: {name: NAME}.
	secretFieldEndings = []string{"SecretRef", "SecretKeyRef"}
	// registryFields hold a name, {name: NAME}, or a list of these.
	registryFields = []string{"imagePullSecrets", "imagePullSecret", "pullSecret", "pushSecret", "sourceSecret"}
	// selectorGroups are API groups in which {name: NAME, key: KEY} below these
	// fields is a Secret's key.
	selectorGroups = []string{"monitoring.coreos.com"}
	selectorFields = []string{"username", "password", "credentials", "clientSecret", "keySecret", "apiURL", "serviceKey", "routingKey"}
)

// fromSecretProvider is a placeholder of Strimzi's provider for Secrets, in the
// config of a connector: ${secrets:NAMESPACE/NAME:KEY}.
var fromSecretProvider = regexp.MustCompile(`\$\{secrets?:(?:([a-z0-9-]+)/)?([a-z0-9][a-z0-9.-]*):`)

// ingressSecret is an annotation of an Ingress whose value is NAME or
// NAMESPACE/NAME.
var ingressSecret = regexp.MustCompile(`^[a-z.]*ingress\.kubernetes\.io/[a-z-]*-secret$`)

// SecretReferences returns the places where an object names Secrets, in the
// order of its fields. Secrets and SealedSecrets name none, and neither do
// texts of a ConfigMap.
func (o Object) SecretReferences() []SecretReference {
	switch {
	case o.Group() == "" && (o.Kind() == "Secret" || o.Kind() == "ConfigMap"), o.Is(sealedSecretGroup, sealedSecretKind),
		o.Is("apiextensions.k8s.io", "CustomResourceDefinition"):
		return nil
	}
	c := referenceCollector{object: o}
	for i := 0; o.node != nil && i+1 < len(o.node.Content); i += 2 {
		switch key := o.node.Content[i].Value; key {
		case "apiVersion", "kind", "status":
		case "metadata":
			c.annotations(Lookup(o.node.Content[i+1], "annotations"))
		case "secrets":
			c.add(o.node.Content[i+1], []string{key}, o.Is("", "ServiceAccount"))
		default:
			c.field(key, o.node.Content[i+1], []string{key})
		}
	}
	return c.found
}

// referenceCollector walks through one object.
type referenceCollector struct {
	object Object
	found  []SecretReference
}

// annotations looks at those of an Ingress.
func (c *referenceCollector) annotations(node *yaml.Node) {
	if c.object.Kind() != "Ingress" || node == nil {
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if key := node.Content[i].Value; ingressSecret.MatchString(key) {
			c.scalar(node.Content[i+1], []string{"metadata", "annotations", key}, false)
		}
	}
}

// field looks at a field and at everything below it.
func (c *referenceCollector) field(key string, node *yaml.Node, at []string) {
	registry := slices.Contains(registryFields, key)
	switch {
	case registry:
		c.add(node, at, true)
	case node.Kind == yaml.ScalarNode && slices.Contains(secretNameFields, key):
		c.scalar(node, at, false)
	case node.Kind == yaml.ScalarNode:
		c.placeholders(node, at)
	case node.Kind == yaml.MappingNode && c.names(key, node):
		c.add(node, at, false)
	}
	for i, child := range node.Content {
		switch {
		case node.Kind == yaml.SequenceNode:
			c.field("", child, below(at, i))
		case node.Kind == yaml.MappingNode && i%2 == 1:
			inner := node.Content[i-1].Value
			c.field(inner, child, append(slices.Clip(at), inner))
		}
	}
	if key == "rules" {
		c.rules(node, at)
	}
}

// names says whether a mapping is {name: NAME} of a Secret.
func (c *referenceCollector) names(key string, node *yaml.Node) bool {
	switch {
	case Text(Field(node, "name")) == "" || Field(node, "metadata") != nil:
		return false
	case slices.Contains(secretFields, key), slices.ContainsFunc(secretFieldEndings, func(ending string) bool { return strings.HasSuffix(key, ending) }):
		return true
	case Text(Field(node, "kind")) == "Secret":
		api := Text(Field(node, "apiVersion"))
		return api == "" || api == "v1"
	}
	return slices.Contains(selectorGroups, c.object.Group()) && slices.Contains(selectorFields, key) && Text(Field(node, "key")) != ""
}

// add takes a name, {name: NAME} or a list of these.
func (c *referenceCollector) add(node *yaml.Node, at []string, registry bool) {
	switch node.Kind {
	case yaml.ScalarNode:
		c.scalar(node, at, registry)
	case yaml.SequenceNode:
		for i, child := range node.Content {
			c.add(child, below(at, i), registry)
		}
	case yaml.MappingNode:
		if name := Field(node, "name"); Text(name) != "" {
			c.found = append(c.found, SecretReference{Path: Path(append(slices.Clip(at), "name")...), Name: name.Value, Namespace: Text(Field(node, "namespace")), Registry: registry, node: name})
		}
	}
}

// scalar takes NAME, or NAMESPACE/NAME.
func (c *referenceCollector) scalar(node *yaml.Node, at []string, registry bool) {
	text := Text(node)
	if text == "" {
		return
	}
	r := SecretReference{Path: Path(at...), Name: text, Registry: registry, node: node}
	if namespace, name, found := strings.Cut(text, "/"); found {
		r.Namespace, r.Name, r.before = namespace, name, namespace+"/"
	}
	c.found = append(c.found, r)
}

// placeholders takes the Secrets that a connector's setting is filled from.
func (c *referenceCollector) placeholders(node *yaml.Node, at []string) {
	if !strings.Contains(node.Value, "${secret") {
		return
	}
	for _, found := range fromSecretProvider.FindAllStringSubmatch(node.Value, -1) {
		whole, namespace, name := found[0], found[1], found[2]
		before, after := strings.TrimSuffix(whole, name+":"), ":"
		c.found = append(c.found, SecretReference{Path: Path(at...), Name: name, Namespace: namespace, node: node, before: before, after: after})
	}
}

// rules takes the resourceNames of a Role's rules about Secrets.
func (c *referenceCollector) rules(node *yaml.Node, at []string) {
	if c.object.Group() != "rbac.authorization.k8s.io" || node.Kind != yaml.SequenceNode {
		return
	}
	for i, rule := range node.Content {
		about := func(resource *yaml.Node) bool {
			return slices.Contains([]string{"secrets", "sealedsecrets", "*"}, resource.Value)
		}
		resources, names := Lookup(rule, "resources"), Lookup(rule, "resourceNames")
		if resources != nil && names != nil && slices.ContainsFunc(resources.Content, about) {
			c.add(names, append(below(at, i), "resourceNames"), false)
		}
	}
}

func below(at []string, index int) []string {
	return append(slices.Clip(at), "["+strconv.Itoa(index)+"]")
}
