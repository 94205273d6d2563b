package view

import "strings"

// Ref names an object. Namespace is empty for cluster-scoped objects and for
// those that have none yet.
type Ref struct {
	APIVersion string
	Kind       string
	Namespace  string
	Name       string
}

// String is the form of messages: "v1 Secret rt-dev/db", and "PinOperators/nonprod"
// for this project's own objects.
func (r Ref) String() string {
	if r == (Ref{}) {
		return ""
	}
	name := r.Name
	if strings.HasPrefix(r.APIVersion, OwnGroup+"/") {
		return strings.TrimSuffix(r.Kind+"/"+name, "/")
	}
	if r.Namespace != "" {
		name = r.Namespace + "/" + name
	}
	return strings.TrimSpace(strings.Join([]string{r.APIVersion, r.Kind, name}, " "))
}
