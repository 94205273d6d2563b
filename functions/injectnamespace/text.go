package injectnamespace

import (
	"strings"

	"github.com/eda-gitops/functions/functions/view"
)

// place is what is known of a string from where it stands in its object.
type place struct {
	// field: the whole string is a namespace, or a list of them.
	field bool
	// pair: the string holds namespace/name, alone or in a list with commas.
	pair bool
	// prose: a namespace with a '-' is rewritten wherever it stands.
	prose bool
	// image: the string is an image, so that host:port/path is a registry.
	image bool
	// route: the string holds hosts of Routes, in any domain.
	route bool
	// git: the string is a Git URL or a revision.
	git bool
	// script: the string is a shell script; arguments: it is one where it holds
	// more than one word.
	script, arguments bool
	// owned: the whole string is the name of a custom resource of one of these
	// classes.
	owned []view.OwnerClass
	// outside: the object is not in the environment, so that a name without a
	// namespace is not the environment's.
	outside bool
	// namesNamespace: the mapping is the metadata of a nested Namespace.
	namesNamespace bool
	// command is the program that a list's strings are the arguments of, empty
	// where it is not known.
	command string
}

// text is a string on its way through the tokenizer.
type text struct {
	*moves
	place
	s string
	// out holds s as rewritten up to the byte copied; unused as long as nothing
	// has changed.
	out    strings.Builder
	copied int
	// prev and before are the last token and the one before that.
	prev, before span
	// naming says that prev named a namespace, so that a list may go on.
	naming bool
	// word is where the run without blanks and brackets begins, statement where
	// the shell command does.
	word, statement int
	// residue holds where the base's namespace is left in a host.
	residue []span
	// changes holds what was replaced, or, when seeking, what would be.
	changes []change
}

// span is a token's place: s[start:end].
type span struct{ start, end int }

// change is a token, or a part of one, and what becomes of it.
type change struct {
	span
	to string
}

// rewrite returns a string with its namespaces and names rewritten, and the
// hosts that still hold the base's namespace.
func (m *moves) rewrite(s string, p place) (string, []string) {
	rewritten, residue, _ := m.scan(s, p)
	return rewritten, residue
}

// scan is rewrite, with every change.
func (m *moves) scan(s string, p place) (string, []string, []change) {
	t := text{moves: m, place: p, s: s}
	for i := 0; i < len(s); {
		if !tokenByte(s[i]) || s[i] == '-' && t.defaults(i) {
			t.separator(i)
			i++
			continue
		}
		end := i + 1
		for end < len(s) && tokenByte(s[end]) {
			end++
		}
		t.token(span{i, end})
		i = end
	}
	var left []string
	for _, r := range t.residue {
		host := t.host(r)
		left = append(left, s[host.start:host.end])
	}
	if len(t.changes) == 0 || t.seeking {
		return s, left, t.changes
	}
	t.out.WriteString(s[t.copied:])
	return t.out.String(), left, t.changes
}

// defaults says whether a '-' is the sign in front of a shell variable's
// default: ${NAMESPACE:-dev}.
func (t *text) defaults(i int) bool {
	if t.at(i-1) != ':' {
		return false
	}
	start := i - 1
	for start > 0 && (t.s[start-1] == '_' || alphanumeric(t.s[start-1])) {
		start--
	}
	return start < i-1 && strings.HasSuffix(t.s[:start], "${")
}

// tokenByte says whether a byte is part of a token: letters, digits and '-'.
func tokenByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-'
}

// hostByte says whether a byte may stand in a host's name.
func hostByte(b byte) bool { return tokenByte(b) || b == '.' || b == '_' }

func digit(b byte) bool { return b >= '0' && b <= '9' }

// at returns the byte at an index, 0 outside of the string.
func (t *text) at(i int) byte {
	if i < 0 || i >= len(t.s) {
		return 0
	}
	return t.s[i]
}

func (t *text) of(x span) string { return t.s[x.start:x.end] }

// gap is what stands between the last token and this one.
func (t *text) gap(x span) string { return t.s[t.prev.end:x.start] }

// separator keeps track of where words and shell commands begin.
func (t *text) separator(i int) {
	switch t.s[i] {
	case '\n':
		t.word = i + 1
		if t.at(i-1) != '\\' {
			t.statement = i + 1
		}
	case ';', '|', '&', '(', '`':
		t.word, t.statement = i+1, i+1
	case ' ', '\t', '\r', '"', '\'', '<', '>', ')', '[', ']', '{', '}', ',':
		t.word = i + 1
	}
}

// token rewrites one token if it names a namespace that moves, or what is
// renamed.
func (t *text) token(x span) {
	t.naming = t.named(x)
	to, moves := t.moves.of(t.of(x))
	switch {
	case moves && t.variable(x):
	case t.attached(x):
	case moves && !t.inGit(x) && (t.naming && t.ends(x.end) || t.position(x) || t.inProse(x)):
		t.replace(x, to)
	case t.rename(x):
	case !moves:
		t.routeHost(x)
	case t.of(x) == t.placeholder && t.likeHost(x):
		t.residue = append(t.residue, x)
	}
	t.before, t.prev = t.prev, x
}

func (t *text) replace(x span, by string) {
	t.changes = append(t.changes, change{x, by})
	if t.seeking {
		return
	}
	t.out.WriteString(t.s[t.copied:x.start])
	t.out.WriteString(by)
	t.copied = x.end
}

// position says whether the text around a token makes it a namespace.
func (t *text) position(x span) bool {
	return t.serviceAddress(x) || t.shortAddress(x) || t.afterFlagN(x) || t.registryPath(x) || t.behindWord(x) ||
		t.pair && t.at(x.end) == '/' && (x.start == 0 || t.at(x.start-1) == ' ' || t.at(x.start-1) == ',') ||
		t.of(x) == t.placeholder && t.evidentHost(x) && !strings.HasPrefix(t.s[x.end:], ".svc")
}

// variable says whether a token is a variable's name: $X, ${X}, $(X), %X%.
func (t *text) variable(x span) bool {
	switch t.at(x.start - 1) {
	case '$':
		return true
	case '{', '(':
		return t.at(x.start-2) == '$'
	case '%':
		return t.at(x.end) == '%'
	}
	return false
}

// serviceAddress: x.TOKEN.svc, x.TOKEN.svc.cluster.local, a pod's address, and
// the search domain TOKEN.svc.cluster.local.
func (t *text) serviceAddress(x span) bool {
	const domain = ".cluster.local"
	rest := t.s[x.end:]
	inDomain := strings.HasPrefix(rest, ".svc"+domain) && !hostGoesOn(rest[len(".svc"+domain):])
	pod := strings.HasPrefix(rest, ".pod"+domain) && !hostGoesOn(rest[len(".pod"+domain):])
	svc := strings.HasPrefix(rest, ".svc") && !hostGoesOn(rest[len(".svc"):])
	if t.at(x.start-1) != '.' {
		return (inDomain || pod) && t.at(x.start-1) != '_'
	}
	return (svc || inDomain || pod) && !t.apiServer(x)
}

// apiServer: kubernetes.default is the API server's own address, whatever moves.
func (t *text) apiServer(x span) bool {
	return t.of(x) == "default" && strings.HasSuffix(t.s[:x.start], "kubernetes.")
}

// hostGoesOn says whether a host's name goes on: a dot at the end of a sentence
// is none of it.
func hostGoesOn(rest string) bool {
	if rest == "" || rest[0] != '.' {
		return rest != "" && hostByte(rest[0])
	}
	return len(rest) > 1 && hostByte(rest[1])
}

// shortAddress: x.TOKEN:8080 and x.TOKEN(1414), with nothing in front.
func (t *text) shortAddress(x span) bool {
	if t.image || t.at(x.start-1) != '.' || t.prev.end != x.start-1 || t.prev.end == t.prev.start || hostByte(t.at(t.prev.start-1)) {
		return false
	}
	return t.port(x.end) && !t.apiServer(x)
}

// port says whether a port follows: ":8080", or MQ's "(1414)".
func (t *text) port(i int) bool {
	return (t.at(i) == ':' || t.at(i) == '(') && digit(t.at(i+1))
}

// registryPath: the first part of a path in OpenShift's own registry.
func (t *text) registryPath(x span) bool {
	if t.at(x.start-1) != '/' || t.at(x.end) != '/' {
		return false
	}
	host := strings.TrimSuffix(t.wordBefore(x), "/")
	host = host[strings.LastIndexAny(host, "/=")+1:]
	for _, registry := range []string{
		"image-registry.openshift-image-registry.svc", // in the cluster
		"docker-registry.default.svc",                 // the same in OpenShift 3
		"default-route-openshift-image-registry.",     // its default Route
	} {
		if strings.HasPrefix(host, registry) {
			return true
		}
	}
	return false
}

// behindWord: namespaces/TOKEN, system:serviceaccounts:TOKEN, create namespace
// TOKEN, oc project TOKEN.
func (t *text) behindWord(x span) bool {
	word, gap := t.of(t.prev), t.gap(x)
	switch word {
	case "serviceaccount", "serviceaccounts":
		return gap == ":" && strings.HasSuffix(t.s[:t.prev.start], "system:")
	case "namespace", "namespaces", "ns":
		return gap == "/" || blank(gap) && kubectlVerbs[t.of(t.before)] && t.ends(x.end)
	case "project", "projects":
		return gap == "/" || blank(gap) && t.of(t.before) == "oc" && t.ends(x.end)
	case "new-project":
		return blank(gap) && t.ends(x.end)
	}
	return false
}

// kubectlVerbs take a kind and a name: kubectl create namespace TOKEN.
var kubectlVerbs = words("annotate create delete describe edit get label patch")

// inProse says whether a token is rewritten wherever it stands.
func (t *text) inProse(x span) bool {
	return !isWord(t.of(x)) && (t.seeking || t.prose && !t.foreignImage(x))
}

// foreignImage says whether a token is in a path below a host without a scheme:
// quay.io/TOKEN/image.
func (t *text) foreignImage(x span) bool {
	host, _, found := strings.Cut(t.wordBefore(x), "/")
	return found && strings.ContainsAny(host, ".:") && !strings.Contains(t.wordBefore(x), "://")
}

// wordLimit is how many bytes of a word in front of a token are looked at: more
// than a host's name and a path have.
const wordLimit = 1024

func (t *text) wordBefore(x span) string {
	return t.s[max(t.word, x.start-wordLimit):x.start]
}

// gitHosts begin the names of hosts that serve Git alone.
var gitHosts = []string{"github.", "gitlab.", "bitbucket.", "git.", "gitea.", "raw.githubusercontent.", "dev.azure."}

// inGit says whether a token is part of a Git URL.
func (t *text) inGit(x span) bool {
	if t.git {
		return true
	}
	word := t.wordBefore(x)
	if strings.Contains(word, "git@") || strings.Contains(word, "git://") || strings.Contains(word, "ssh://") {
		return true
	}
	_, host, found := strings.Cut(word, "://")
	if !found {
		return false
	}
	if at := strings.IndexByte(host, '@'); at >= 0 {
		host = host[at+1:]
	}
	for _, prefix := range gitHosts {
		if strings.HasPrefix(host, prefix) && strings.Contains(host, "/") {
			return true
		}
	}
	rest := t.s[x.end:min(len(t.s), x.end+wordLimit)]
	if end := strings.IndexAny(rest, " \t\r\n\"'<>)]},;|`"); end >= 0 {
		rest = rest[:end]
	}
	for _, url := range []string{host + "/", rest + "/"} {
		for _, end := range []string{".git/", ".git?", ".git#"} {
			if strings.Contains(url, end) {
				return true
			}
		}
	}
	return false
}

// host returns the run of a host's bytes around a token.
func (t *text) host(x span) span {
	const limit = 253 // bytes of a DNS name (RFC 1035), on either side
	h := x
	for h.start > max(0, x.start-limit) && hostByte(t.s[h.start-1]) {
		h.start--
	}
	for h.end < min(len(t.s), x.end+limit) && hostByte(t.s[h.end]) {
		h.end++
	}
	return h
}

// evidentHost says whether a token is a label of a host's name: one of several
// labels, with a scheme in front, a port behind, or where a host stands.
func (t *text) evidentHost(x span) bool {
	h := t.host(x)
	if b := t.at(h.start - 1); b == '$' || b == '{' || b == '}' {
		return false
	}
	labels := strings.Contains(strings.Trim(t.of(h), "."), ".")
	return labels && (strings.HasSuffix(t.s[:h.start], "://") || t.at(h.start-1) == '@' || t.port(h.end) || t.route)
}

// likeHost says whether a token stands in what looks like a host, though not
// in a form that says that it is the namespace.
func (t *text) likeHost(x span) bool {
	h := t.host(x)
	return strings.HasPrefix(t.s[x.end:], ".svc") || strings.HasSuffix(t.s[:h.start], "://") || t.evidentHost(x)
}
