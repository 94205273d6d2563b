package injectnamespace

import (
	"slices"
	"strings"
)

// What keys, flags and lists in a string's text say of the token behind them.

// named says whether a token stands where a namespace is named: behind a key
// or a flag called ...namespace, or in a list that began there.
func (t *text) named(x span) bool {
	if t.prev.end == 0 {
		return t.field && leading(t.s[:x.start])
	}
	gap, word := t.gap(x), t.of(t.prev)
	bullet := t.of(x) == "-"
	switch {
	case isFlag(word):
		return toFlag(gap)
	case namesNamespaces(word):
		return assigns(gap, bullet)
	case gap == ":-" && digit(word[0]): // NAMESPACE=${1:-dev}
		return namesNamespaces(t.of(t.before)) && onlyBytes(t.s[t.before.end:t.prev.start], "=\"${")
	case word == "-":
		return t.naming && onlyBytes(gap, " \t\"'\\")
	case t.naming && bullet:
		return strings.Contains(gap, "\n") && onlyBytes(gap, " \t\"'\\\n")
	case t.naming:
		return continues(gap)
	}
	return false
}

// namesNamespaces says whether a key says that its value is a namespace, or
// several: namespace, targetNamespaces, WATCH_NAMESPACE, olm.targetNamespaces;
// ns, TARGET_NS.
func namesNamespaces(key string) bool {
	const singular, plural = "namespace", "namespaces"
	if len(key) >= len(plural) && strings.EqualFold(key[len(key)-len(plural):], plural) {
		return true
	}
	return len(key) >= len(singular) && strings.EqualFold(key[len(key)-len(singular):], singular) || shortened(key)
}

// shortened says whether a key is ns or ends in it behind a sign.
func shortened(key string) bool {
	front := len(key) - len("ns")
	return front >= 0 && strings.EqualFold(key[front:], "ns") && (front == 0 || !alphanumeric(key[front-1]))
}

// isFlag says whether a token is a flag whose value is a namespace.
func isFlag(word string) bool {
	return strings.HasPrefix(word, "-") && namesNamespaces(word) && word != "--all-namespaces" && word != "--create-namespace" && word != "-ns"
}

// toFlag says whether what stands between a flag and a token makes the token
// the flag's value: "-n x", "-n=x", ["-n", "x"], and the next line behind a \.
func toFlag(gap string) bool {
	return gap != "" && onlyBytes(gap, " \t\"'\\,\n=") && strings.Count(gap, "\n") == strings.Count(gap, "\\\n")
}

// assignments are the signs between a key and its value: YAML, JSON,
// properties, shell, PromQL, jq, Go and Ruby.
var assignments = []string{":", "=", "==", "!=", "=~", "!~", ":=", "|=", "+=", "=>", ":-"}

// assigns says whether what stands between a key and a token makes the token
// the key's value. On the next line only a list's bullet is.
func assigns(gap string, bullet bool) bool {
	gap = strings.TrimLeft(gap, "\"'\\] \t")
	sign := gap[:len(gap)-len(strings.TrimLeft(gap, ":=!~|+>-"))]
	value := gap[len(sign):]
	if !slices.Contains(assignments, sign) {
		return false
	}
	if bullet {
		return strings.Contains(value, "\n") && onlyBytes(value, " \t\r\n")
	}
	return onlyBytes(value, " \t\"'\\[(")
}

// continues says whether a list goes on: "a,b", `"a", "b"`, and "a|b" in a
// pattern; " | " is a shell's pipe.
func continues(gap string) bool {
	return gap == "|" || strings.Count(gap, ",") == 1 && onlyBytes(gap, " \t\"'\\,")
}

// leading says whether what stands in front of a field's first token leaves it
// the field's value.
func leading(gap string) bool { return onlyBytes(gap, " \t\r\n\"'[(") }

func blank(gap string) bool { return gap != "" && onlyBytes(gap, " \t") }

func onlyBytes(s, allowed string) bool { return strings.Trim(s, allowed) == "" }

// ends says whether a value ends at an index: "dev" in "dev.acme", "dev/x",
// "dev_x", "dev$X" and `"dev": 1` is no namespace.
func (t *text) ends(i int) bool {
	switch t.at(i) {
	case '_', '/', '$', '{', '*', '%', '@', '=', ':', '~', '(':
		return false
	case '.':
		return !hostByte(t.at(i + 1))
	case '"', '\'', '\\':
		rest := strings.TrimLeft(t.s[i:min(len(t.s), i+wordLimit)], "\\\"' \t")
		return !strings.HasPrefix(rest, ":")
	}
	return true
}

// afterFlagN: -n TOKEN, for commands whose -n is a namespace.
func (t *text) afterFlagN(x span) bool {
	if t.of(t.prev) != "-n" || !t.ends(x.end) {
		return false
	}
	return toFlag(t.gap(x)) && !otherN[t.program(t.prev.start)]
}

// attached rewrites a namespace behind -n without a blank, for programs that
// take it so: oc -ndev.
func (t *text) attached(x span) bool {
	namespace, flag := strings.CutPrefix(t.of(x), "-n")
	to, moves := t.moves.of(namespace)
	if !flag || !moves || !t.ends(x.end) || !namespaced[t.program(x.start)] {
		return false
	}
	t.replace(span{x.end - len(namespace), x.end}, to)
	return true
}

// namespaced are programs whose -n is a namespace for certain.
var namespaced = words("helm kubectl oc")

// program returns the name of the program that the shell command in hand runs,
// as the text up to an index says; empty when it says none.
func (t *text) program(end int) string {
	const limit = 256 // bytes; assignments and wrappers in front are shorter
	end = min(end, t.statement+limit)
	if end <= t.statement {
		return ""
	}
	for word := range strings.FieldsSeq(t.s[t.statement:end]) {
		if otherN[word] {
			return word
		}
		word = strings.Trim(word, "\"'\\[{")
		if word == "" || wrappers[word] || strings.HasPrefix(word, "-") || strings.Contains(word, "=") || digit(word[0]) {
			continue
		}
		return programName(word)
	}
	return ""
}

// programName is a path's last part.
func programName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// wrappers stand in front of the program that a shell command runs.
var wrappers = words("! command do elif else env exec if nohup sudo then time timeout until watch while xargs")

// otherN are programs whose -n is something else than a namespace (POSIX, GNU
// coreutils and what scripts in clusters call beside kubectl and oc).
var otherN = words("[ [[ awk bash cat curl cut date dig echo egrep fgrep git grep head jq kill logger ls make mktemp nc " +
	"netstat nice nl openssl perl ping printf ps python python3 read rg ruby sed sh sleep sort ssh tail tar tee test tr " +
	"uniq unzip wait wc wget yq zip")

func words(list string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(list) {
		set[word] = true
	}
	return set
}
