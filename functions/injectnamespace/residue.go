package injectnamespace

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

// The search for what is left: after an object is rewritten, it is read once
// more for old namespaces and names and for other environments' namespaces.

// left says what a name that is left belongs to.
type left struct {
	// becomes is what an old name was to become; empty for other environments.
	becomes string
	// environment is the other environment's name, where it is known.
	environment string
}

// seeker returns moves that find what should not be left, nil for nothing.
func (r *run) seeker(others map[string]string) *moves {
	r.left = map[string]left{}
	seek := newMoves()
	seek.seeking = true
	for namespace := range r.moves.known {
		seek.know(namespace) // the longest one that a route's host ends in counts
	}
	for namespace := range r.moves.seen {
		seek.see(namespace)
	}
	entered := map[string]bool{}
	for _, to := range r.moves.to {
		entered[to] = true
	}
	for from, to := range r.moves.to {
		if !entered[from] && from != r.moves.placeholder {
			r.left[from] = left{becomes: to}
			seek.add(from, to)
		}
	}
	for namespace, environment := range others {
		if _, moved := r.left[namespace]; !moved {
			r.left[namespace] = left{environment: environment}
			seek.add(namespace, "")
		}
	}
	for from, to := range r.moves.names {
		if _, taken := r.left[from]; !taken && from != to && !isWord(from) && !r.entersName(from) {
			r.left[from] = left{becomes: to}
			seek.to[from] = to // no namespace, so no route's host ends in it
		}
	}
	if len(r.left) == 0 {
		return nil
	}
	return seek
}

// entersName says whether something is renamed to a name.
func (r *run) entersName(name string) bool {
	for _, to := range r.moves.names {
		if to == name {
			return true
		}
	}
	return false
}

// seek notes what a search found in one value.
func (w *walker) seek(value string, changes []change) {
	for _, c := range changes {
		f := finding{path: w.String(), identity: value[c.start:c.end]}
		if !w.secret && !w.secretLooking(value) {
			f.value = excerpt(value, c.span)
		}
		if !slices.Contains(w.found, f) {
			w.found = append(w.found, f)
		}
	}
}

// seekKey looks at a mapping's key. Keys are never rewritten.
func (w *walker) seekKey(key string) {
	if !w.moves.seeking {
		return
	}
	if _, _, changes := w.moves.scan(key, place{}); len(changes) > 0 {
		w.seek(key, changes)
	}
}

// secretName and secretText are how a field that holds a credential is called,
// and what a credential inside of a text looks like.
var (
	secretName = regexp.MustCompile(`(?i)passw|passphrase|secret|token|credential|api[-_.]?key|private[-_.]?key|jaas`)
	secretText = regexp.MustCompile(`(?i)-----BEGIN|://[^/\s:@]*:[^/\s@]+@|(passw(or)?d|passphrase|secret|token|api[-_]?key)["']?\s*[=:]`)
)

// secretNames are fields that name a Secret and hold no value of one.
var secretNames = words("secretName secretKeyRef secretRef imagePullSecrets")

// secretLooking says whether a value may be, or may hold, a credential.
func (w *walker) secretLooking(value string) bool {
	for _, s := range w.path {
		if secretName.MatchString(s.key) && !secretNames[s.key] {
			return true
		}
	}
	return secretText.MatchString(value)
}

// excerpt is what a message quotes: the value if it is short and of one line,
// otherwise the text around a token up to the next blank.
func excerpt(value string, x span) string {
	const short, around = 100, 80 // bytes
	if len(value) <= short && !strings.Contains(value, "\n") {
		return value
	}
	start, end := x.start, x.end
	for start > max(0, x.start-around) && !strings.ContainsRune(" \t\r\n\"'", rune(value[start-1])) {
		start--
	}
	for end < min(len(value), x.end+around) && !strings.ContainsRune(" \t\r\n\"'", rune(value[end])) {
		end++
	}
	return strings.ToValidUTF8(value[start:end], "")
}

// reportLeft reports what a search found in one object.
func (r *run) reportLeft(o view.Object, ref view.Ref, found []finding) {
	for _, f := range found {
		if r.allows(o, ref, f.path) {
			continue
		}
		value := "the value (withheld)"
		if f.value != "" {
			value = strconv.Quote(f.value)
		}
		result := fn.Errorf(ref, f.path, "%s still names %q, %s", value, f.identity, r.advice(f))
		result.Current = f.value
		r.config.Spec.Residue.Add(&r.results, result)
	}
}

// advice says what an identity is and what to do.
func (r *run) advice(f finding) string {
	const allow = "say under residueAllow why it stays"
	l := r.left[f.identity]
	switch {
	case l.environment != "":
		return "environment " + l.environment + "'s namespace; name " + r.own() + " in place of it, or " + allow
	case l.becomes == "":
		return "another environment's namespace; name " + r.own() + " in place of it, or " + allow
	case f.path == "metadata.name":
		return "which becomes " + strconv.Quote(l.becomes) + "; rename the object under rename.names, or " + allow
	}
	return "which becomes " + strconv.Quote(l.becomes) + ", in a place that is not rewritten; change it there, list it under rename.names if it is a name, or " + allow
}

// own is the namespace that the base should name.
func (r *run) own() string {
	switch {
	case r.moves.placeholder != "":
		return r.moves.placeholder
	case r.moves.namespace != "":
		return strconv.Quote(r.moves.namespace)
	}
	return "this one's"
}

// allows says whether spec.residueAllow names a field of an object, which it
// names as it is now or as it was.
func (r *run) allows(o view.Object, was view.Ref, path string) bool {
	return slices.ContainsFunc(r.config.Spec.ResidueAllow, func(a Allowed) bool {
		return a.Kind == o.Kind() && (a.Name == o.Name() || a.Name == was.Name) && covers(a.FieldPath, path)
	})
}

// covers says whether a field path is another one or above it. Both may write
// keys in brackets (data[a.b]) or behind a dot, and a list's index as [0] or
// [], which stands for every index.
func covers(above, path string) bool {
	if above == "" {
		return true
	}
	steps, of := pathSteps(path), pathSteps(above)
	if len(of) > len(steps) {
		return false
	}
	for i, s := range of {
		if s != steps[i] && s != "" && s != "*" {
			return false
		}
	}
	return true
}

// pathSteps takes a field path apart.
func pathSteps(path string) []string {
	return strings.Split(strings.NewReplacer("[", ".", "]", "").Replace(path), ".")
}
