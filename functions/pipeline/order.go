package pipeline

import (
	"fmt"
	"slices"
)

// place is a function's place in the order, and why.
type place struct {
	kind   string
	reason string
}

// order of the functions' work.
var order = []place{
	{"PinOperators", "it pins operands by the names that the base has"},
	{"SizeEventStreams", "its config names clusters and topics as the base does, before InjectNamespace renames"},
	{"InjectNamespace", "it gives every object its final namespace and name, to which SealSecrets binds"},
	{"SealSecrets", "a sealed secret is bound to the namespace and name that it has then"},
	{"SetSyncWaves", "it goes by the kinds that are really rendered"},
	{"GenerateArgoApps", "it reads the kinds that are really rendered"},
}

// CheckOrder says whether kinds of functions stand in the order that their work
// demands, and why not: the index is that of the first one that comes too late.
// Kinds of others are passed over.
func CheckOrder(kinds []string) (int, error) {
	latest := -1
	for i, kind := range kinds {
		at := slices.IndexFunc(order, func(p place) bool { return p.kind == kind })
		if at < 0 {
			continue
		}
		if at < latest {
			return i, fmt.Errorf("%s stands behind %s; move it in front: %s", kind, order[latest].kind, order[at].reason)
		}
		latest = at
	}
	return 0, nil
}
