package injectnamespace

import (
	"regexp"
	"slices"
	"strings"

	"github.com/eda-gitops/functions/functions/view"
)

// What is renamed beside namespaces: objects by their whole names, and the
// custom resources that others derive their names from.

// rename rewrites one token if it is a name that changes or is derived from
// one, and says whether it is known as such.
func (t *text) rename(x span) bool {
	if len(t.names) == 0 && t.owners == nil {
		return false
	}
	word := t.of(x)
	to, found := t.names[word]
	switch {
	case found && to != word && !t.variable(x) && t.renamedHere(x):
	case t.owners == nil:
		return false
	case t.ownerName(x, &to):
	case t.routeLabel(x):
		return false
	default:
		if to, found = t.derived(word); !found || t.variable(x) || t.inGit(x) || t.foreignImage(x) || !t.inEnvironment(x) {
			return false
		}
	}
	t.replace(x, to)
	return true
}

// renamedHere says whether a name from rename.names is rewritten where it
// stands: the whole of a field that holds a name, and, when it is no everyday
// word, wherever it is a token.
func (t *text) renamedHere(x span) bool {
	whole := x.start == 0 && x.end == len(t.s)
	if whole && !t.prose && !t.git {
		return true
	}
	return !isWord(t.of(x)) && !t.inGit(x) && !t.foreignImage(x)
}

// ownerName says whether a token is the name of a custom resource that is
// renamed, and sets what it becomes: where a field says so, in a label selector
// inside of a text (strimzi.io/cluster=es), in kind/name, and in JSON's kind and
// name.
func (t *text) ownerName(x span, to *string) bool {
	if t.outside || t.variable(x) {
		return false
	}
	classes := t.owned
	if len(classes) == 0 || x.start != 0 || x.end != len(t.s) {
		classes = t.ownersBehind(x)
	}
	name := t.of(x)
	for _, class := range classes {
		f := t.owners[class]
		if into, found := f.to[name]; found && into != name {
			*to = into
			return true
		}
		if f.known[name] {
			return false // a Connect cluster may have a Kafka cluster's old name
		}
		if into, found := f.partOf(name); found {
			*to = into
			return true
		}
	}
	return false
}

// partOf returns what the label part-of becomes (strimzi-my-cluster), and
// whether it becomes something else.
func (f family) partOf(value string) (string, bool) {
	for _, prefix := range view.PartOfPrefixes {
		name, is := strings.CutPrefix(value, prefix)
		if into, found := f.to[name]; is && found && into != name {
			return prefix + into, true
		}
	}
	return "", false
}

// labelPrefixes stand in front of "cluster" in labels, and in Prometheus' form
// of them.
var labelPrefixes = []string{"strimzi.io/", "eventstreams.ibm.com/", "strimzi_io_", "eventstreams_ibm_com_"}

// ownersBehind returns the classes that the text in front of a token says that
// it names.
func (t *text) ownersBehind(x span) []view.OwnerClass {
	if t.prev.end == 0 || !t.ends(x.end) {
		return nil
	}
	word, gap := t.of(t.prev), t.gap(x)
	if word == "cluster" && assigns(gap, false) {
		front := t.s[:t.prev.start]
		if slices.ContainsFunc(labelPrefixes, func(prefix string) bool { return strings.HasSuffix(front, prefix) }) {
			return []view.OwnerClass{view.KafkaOwner, view.ConnectOwner}
		}
	}
	if word == "name" && assigns(gap, false) {
		return owners(view.OwnerKind(t.of(t.before))) // {"kind":"EventStreams","name":"es"}
	}
	if class := view.OwnerResource(word); class != "" && (gap == "/" || blank(gap) && kubectlVerbs[t.of(t.before)]) {
		return []view.OwnerClass{class}
	}
	return nil
}

// routeLabel says whether a token ends in a known namespace and begins a host:
// routeHost deals with it.
func (t *text) routeLabel(x span) bool {
	return t.at(x.end) == '.' && t.suffix(t.of(x)) != ""
}

// derived returns what a derived name becomes, and whether it becomes another
// one. Of several owners whose name it may begin with the longest is meant; an
// owner's own name is not derived.
func (t *text) derived(word string) (string, bool) {
	for _, f := range t.owners {
		if f.known[word] {
			return "", false
		}
	}
	for i := strings.LastIndexByte(word, '-'); i > 0 && t.owners != nil; i = strings.LastIndexByte(word[:i], '-') {
		for _, class := range view.OwnerClasses {
			f := t.owners[class]
			if !f.known[word[:i]] || !class.Derives(word[i+1:]) {
				continue
			}
			to, found := f.to[word[:i]]
			return to + word[i:], found && to != word[:i]
		}
	}
	return "", false
}

// inEnvironment says whether a derived name is one of the environment's: the
// namespace in the host that it begins says so, or, without one, the object
// that it stands in.
func (t *text) inEnvironment(x span) bool {
	h := t.host(x)
	rest := strings.Trim(t.s[x.end:h.end], ".")
	if rest == "" {
		return !t.outside && !t.commandElsewhere(x)
	}
	labels := strings.Split(rest, ".")
	namespace := labels[0]
	if i := slices.Index(labels, "svc"); i > 0 {
		namespace = labels[i-1]
	}
	return t.ours(namespace)
}

// commandNamespace is the namespace that a kubectl command says.
var commandNamespace = regexp.MustCompile(`\s(?:-n|--namespace)[ =]*["']?([a-z0-9][-a-z0-9]*)`)

// commandElsewhere says whether a token stands in a shell command that is about
// a namespace that is none of the environment's: kubectl get secret
// es-cluster-ca-cert -n tenant.
func (t *text) commandElsewhere(x span) bool {
	end := min(len(t.s), x.end+wordLimit)
	if i := strings.IndexAny(t.s[x.end:end], "\n;|&)`"); i >= 0 {
		end = x.end + i
	}
	found := commandNamespace.FindStringSubmatch(t.s[max(t.statement, x.start-wordLimit):end])
	return found != nil && !t.ours(found[1])
}
