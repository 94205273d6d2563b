package injectnamespace

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// readNamespaces notes the namespaces that objects are in or make, and those of
// service addresses in their strings.
func (m *moves) readNamespaces(objects []view.Object) {
	for _, o := range objects {
		if namespace := o.Namespace(); namespace != "" {
			m.see(namespace)
		}
		if o.NamesNamespace() {
			m.see(o.Name())
		}
		m.readAddresses(o.Node())
	}
}

func (m *moves) readAddresses(node *yaml.Node) {
	if node.Kind != yaml.ScalarNode {
		for _, child := range node.Content {
			m.readAddresses(child)
		}
		return
	}
	for rest := node.Value; ; {
		front, behind, found := strings.Cut(rest, ".svc")
		if !found {
			return
		}
		start := len(front)
		for start > 0 && tokenByte(front[start-1]) {
			start--
		}
		if start > 0 && start < len(front) && front[start-1] == '.' {
			m.see(front[start:])
		}
		rest = behind
	}
}

// routeHost rewrites the namespace at the end of a route's first label, and the
// name in front of it: name-TOKEN.apps.example.com, as OpenShift's router names
// hosts.
func (t *text) routeHost(x span) {
	if t.at(x.end) != '.' || hostByte(t.at(x.start-1)) || t.variable(x) {
		return
	}
	from := t.suffix(t.of(x))
	if from == "" {
		return
	}
	name := span{x.start, x.end - len(from) - 1}
	into, renamed := t.derived(t.of(name))
	to, moves := t.moves.of(from)
	if !moves && !renamed || !t.routeDomain(x, from) || t.inGit(x) {
		return
	}
	if renamed {
		t.replace(name, into)
	}
	if moves {
		t.replace(span{x.end - len(from), x.end}, to)
	}
}

// suffix returns the longest known or seen namespace that a label ends with,
// behind a '-'; empty for none. The longest, so that in app-my-dev "my-dev" is found and
// not "dev", and what one run wrote is not taken for something else by the next.
func (t *text) suffix(label string) string {
	const longestLabel = 63 // bytes, RFC 1035
	if len(label) > longestLabel {
		return ""
	}
	for i := max(0, len(label)-t.longest-1); i < len(label)-1; i++ {
		if label[i] == '-' && (t.known[label[i+1:]] || t.seen[label[i+1:]]) {
			return label[i+1:]
		}
	}
	return ""
}

// routeDomain says whether the labels behind the first one make a host a
// route's: those of OpenShift's default domain (apps.<cluster>), those of any
// domain where a route's host stands, and, for a namespace that is no everyday
// word, those of any domain that is no file's ending.
func (t *text) routeDomain(x span, namespace string) bool {
	h := t.host(x)
	domain := strings.TrimRight(t.s[x.end+1:h.end], ".")
	if !strings.Contains(domain, ".") {
		return false
	}
	switch {
	case t.route, strings.HasPrefix(domain, "apps."), strings.Contains(domain, ".apps."):
		return true
	case isWord(namespace) && namespace != t.placeholder, t.image:
		return false
	}
	return !fileEndings[domain[strings.LastIndexByte(domain, '.')+1:]]
}

// fileEndings are those of files with two dots in their names.
var fileEndings = words("bak cfg conf crt csv gz html jar jks js json key log md p12 pem properties py sh sql tar tgz txt xml yaml yml zip")
