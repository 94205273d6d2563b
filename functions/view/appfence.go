package view

import (
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// What an AppProject lets its Applications do, by Argo CD's own rules. Source:
// argo-cd v3.2.11, pkg/apis/application/v1alpha1/app_project_types.go
// (IsSourcePermitted, isDestinationMatched, IsGroupKindPermitted) and
// util/git/git.go (NormalizeGitURL).

// SourceRepos returns the patterns of repositories.
func (p AppProject) SourceRepos() []string { return texts(p.Lookup("spec", "sourceRepos")) }

// Destinations returns where Applications may sync to.
func (p AppProject) Destinations() []ArgoDestination {
	var out []ArgoDestination
	for _, d := range elements(p.Lookup("spec", "destinations")) {
		out = append(out, ArgoDestination{
			Server: Text(Field(d, "server")), Name: Text(Field(d, "name")), Namespace: Text(Field(d, "namespace")),
		})
	}
	return out
}

// KindList returns one of the four lists of kinds, such as
// clusterResourceWhitelist.
func (p AppProject) KindList(field string) []GroupKind {
	var out []GroupKind
	for _, k := range elements(p.Lookup("spec", field)) {
		out = append(out, GroupKind{Group: Text(Field(k, "group")), Kind: Text(Field(k, "kind"))})
	}
	return out
}

// PermitsKind says whether objects of a kind may be synced.
func (p AppProject) PermitsKind(kind GroupKind, scope Scope) bool {
	if scope == Cluster {
		return inKinds(p.KindList("clusterResourceWhitelist"), kind) && !inKinds(p.KindList("clusterResourceBlacklist"), kind)
	}
	white := p.Lookup("spec", "namespaceResourceWhitelist")
	return (white == nil || inKinds(p.KindList("namespaceResourceWhitelist"), kind)) &&
		!inKinds(p.KindList("namespaceResourceBlacklist"), kind)
}

func inKinds(list []GroupKind, kind GroupKind) bool {
	return slices.ContainsFunc(list, func(k GroupKind) bool {
		return matchesPattern(k.Group, kind.Group, "") && matchesPattern(k.Kind, kind.Kind, "")
	})
}

// PermitsRepo says whether a list of sourceRepos lets a repository in. A pattern
// that begins with "!" denies what the rest of it matches and permits all else;
// "*" does not match a slash unless it stands alone.
func PermitsRepo(patterns []string, repoURL string) bool {
	repoURL = ArgoRepoURL(repoURL)
	permitted := false
	for _, pattern := range patterns {
		denied, deny := strings.CutPrefix(pattern, "!")
		matched := matchesPattern(ArgoRepoURL(denied), repoURL, "/")
		if deny && matched {
			return false
		}
		permitted = permitted || deny || matched
	}
	return permitted
}

// PermitsDestination says whether a list of destinations lets one in; "!" is as
// in PermitsRepo. Argo CD knows which server a cluster's name stands for; here
// each counts by itself.
func PermitsDestination(allowed []ArgoDestination, d ArgoDestination) bool {
	permitted := false
	for _, a := range allowed {
		clusterDenied := d.Server != "" && denies(a.Server, d.Server) || d.Name != "" && denies(a.Name, d.Name)
		if clusterDenied || cluster(a, d) && denies(a.Namespace, d.Namespace) {
			return false
		}
		permitted = permitted || cluster(a, d) && Lets(a.Namespace, d.Namespace)
	}
	return permitted
}

func cluster(allowed, d ArgoDestination) bool {
	return d.Server != "" && Lets(allowed.Server, d.Server) || d.Name != "" && Lets(allowed.Name, d.Name)
}

// Lets says whether one entry of a project lets a value in: what its pattern
// matches, and with "!" in front all else.
func Lets(pattern, value string) bool {
	if denied, deny := strings.CutPrefix(pattern, "!"); deny {
		return !MatchesPattern(denied, value)
	}
	return MatchesPattern(pattern, value)
}

func denies(pattern, value string) bool {
	denied, deny := strings.CutPrefix(pattern, "!")
	return deny && MatchesPattern(denied, value)
}

// MatchesPattern says whether a pattern with "*" for any text matches a value.
func MatchesPattern(pattern, value string) bool { return matchesPattern(pattern, value, "") }

// matchesPattern is MatchesPattern where "*" stands for no text that holds the
// separator, unless it is the whole pattern. "{a,b}" is one of several.
func matchesPattern(pattern, value, separator string) bool {
	if pattern == "*" {
		return true
	}
	if !strings.ContainsAny(pattern, "*?{[") {
		return pattern == value
	}
	anything := ".*"
	if separator != "" {
		anything = "[^" + separator + "]*"
	}
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '*' && strings.HasPrefix(pattern[i:], "**"):
			b.WriteString(".*")
			i++
		case c == '*':
			b.WriteString(anything)
		case c == '?':
			b.WriteString(".")
		case c == '{':
			b.WriteString("(?:")
		case c == '}':
			b.WriteString(")")
		case c == ',' && strings.Contains(pattern[:i], "{"):
			b.WriteString("|")
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	compiled, err := regexp.Compile("^" + b.String() + "$")
	return err == nil && compiled.MatchString(value)
}

var scpLike = regexp.MustCompile(`^[^/:@]*@[^/:]+:`)

// ArgoRepoURL is a repository's URL in the form in which Argo CD compares them:
// lower case, without .git, ssh and scp-like forms alike.
func ArgoRepoURL(repoURL string) string {
	repoURL = strings.ToLower(strings.TrimSpace(repoURL))
	if scpLike.MatchString(repoURL) {
		repoURL = strings.Replace(repoURL, ":", "/", 1)
	}
	return strings.TrimSuffix(strings.TrimPrefix(repoURL, "ssh://"), ".git")
}

// SameRepo is what all URLs of one repository have in common, whatever the
// protocol, the user and the port: host and path.
func SameRepo(repoURL string) string {
	rest := ArgoRepoURL(repoURL)
	if _, after, found := strings.Cut(rest, "://"); found {
		rest = after
	}
	host, path, _ := strings.Cut(rest, "/")
	host = host[strings.LastIndexByte(host, '@')+1:]
	host, port, _ := strings.Cut(host, ":")
	if strings.Trim(port, "0123456789") != "" { // scp-like without a user
		path = port + "/" + path
	}
	return host + "/" + strings.TrimSuffix(strings.Trim(path, "/"), ".git")
}

// elements returns a sequence's nodes, none for another kind of node.
func elements(sequence *yaml.Node) []*yaml.Node {
	if sequence == nil || sequence.Kind != yaml.SequenceNode {
		return nil
	}
	return sequence.Content
}
