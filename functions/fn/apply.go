package fn

import (
	"fmt"
	"runtime"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// Apply runs a Transform on items, in place: objects inside a List are handed
// to it as if they were items of their own and stay in their List, and a panic
// is an error that quotes no value.
func Apply(config Config, env Env, items []*yaml.RNode) (out []*yaml.RNode, results Results) {
	defer func() {
		if r := recover(); r != nil {
			out, results = items, Results{config.Head().Errorf("", internalError, panicText(r))}
		}
	}()
	flat, lists := flatten(items)
	out, results = config.Transform(env, flat)
	return lists.restore(out), results
}

const internalError = "internal error, please report it: %s"

// panicText names where a panic happened. Only the runtime's own messages are
// quoted: others may hold a value of the input.
func panicText(r any) string {
	text := "panic"
	if e, ok := r.(runtime.Error); ok {
		text = e.Error()
	}
	const deepest = 32
	pcs := make([]uintptr, deepest)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for {
		frame, more := frames.Next()
		if strings.Contains(frame.Function, "eda-gitops/functions") && !strings.Contains(frame.Function, "/functions/fn.") {
			return fmt.Sprintf("%s in %s:%d", text, frame.Function[strings.LastIndexByte(frame.Function, '/')+1:], frame.Line)
		}
		if !more {
			return text
		}
	}
}

// lists remembers the Lists whose objects were handed out.
type lists struct {
	// order is the items as they came, Lists in place.
	order []*yaml.RNode
	// handedOut are the objects of Lists that functions see.
	handedOut map[*yaml.Node]bool
	// typed are the objects that say no kind themselves, since they stand in a
	// SecretList or the like; they are handed out with it.
	typed map[*yaml.Node]entryType
}

type entryType struct{ apiVersion, kind string }

// flatten returns the items with the objects of Lists in place of the Lists.
func flatten(items []*yaml.RNode) ([]*yaml.RNode, *lists) {
	l := &lists{order: items}
	flat := items
	for i, item := range items {
		held := l.heldObjects(item.YNode())
		if held == nil {
			if l.handedOut != nil {
				flat = append(flat, item)
			}
			continue
		}
		if l.handedOut == nil {
			l.handedOut = map[*yaml.Node]bool{}
			flat = append([]*yaml.RNode(nil), items[:i]...)
		}
		for _, object := range held {
			l.handedOut[object] = true
			flat = append(flat, yaml.NewRNode(object))
		}
	}
	return flat, l
}

// listEntries returns the node that holds the entries of a List (v1 List,
// SecretList and the like, of any group), nil for everything else.
func listEntries(node *yaml.Node) *yaml.Node {
	o := view.OfNode(node)
	if !strings.HasSuffix(o.Kind(), "List") {
		return nil
	}
	if items := o.Lookup("items"); items != nil && items.Kind == yaml.SequenceNode {
		return items
	}
	return nil
}

// heldObjects returns the objects of a List, and of Lists inside it, nil for
// everything else. What is no object in it (a null, for one) is not handed out.
func (l *lists) heldObjects(node *yaml.Node) []*yaml.Node {
	entries := listEntries(node)
	if entries == nil {
		return nil
	}
	var held []*yaml.Node
	for _, entry := range entries.Content {
		if inner := l.heldObjects(entry); inner != nil {
			held = append(held, inner...)
			continue
		}
		if apiVersion, kind := view.OfNode(node).EntryType(); kind != "" && view.Untyped(entry) {
			if l.typed == nil {
				l.typed = map[*yaml.Node]entryType{}
			}
			l.typed[entry] = entryType{apiVersion, kind}
			*entry = *view.Type(entry, apiVersion, kind)
		}
		if o := view.OfNode(entry); o.APIVersion() != "" && o.Kind() != "" {
			held = append(held, entry)
		}
	}
	return held
}

// restore puts objects back into their Lists; what is new stands behind.
func (l *lists) restore(out []*yaml.RNode) []*yaml.RNode {
	if l.handedOut == nil {
		return out
	}
	left := map[*yaml.Node]bool{}
	for _, item := range out {
		left[item.YNode()] = true
	}
	restored := make([]*yaml.RNode, 0, len(out))
	for _, item := range l.order {
		if l.prune(item.YNode(), left) || left[item.YNode()] {
			restored = append(restored, item)
			delete(left, item.YNode())
		}
	}
	for _, item := range out {
		if left[item.YNode()] {
			restored = append(restored, item)
			delete(left, item.YNode())
		}
	}
	return restored
}

// prune takes the objects out of a List that a function removed, notes the
// others as placed, and says whether the node is such a List.
func (l *lists) prune(node *yaml.Node, left map[*yaml.Node]bool) bool {
	entries := listEntries(node)
	if entries == nil || l.handedOut[node] {
		return false
	}
	defer l.untype(node, entries)
	found := false
	var kept []*yaml.Node
	for _, entry := range entries.Content {
		switch {
		case l.handedOut[entry]:
			found = true
			if !left[entry] {
				continue
			}
			delete(left, entry)
		case l.prune(entry, left):
			found = true
		}
		kept = append(kept, entry)
	}
	if found {
		entries.Content = kept
	}
	return found
}

// untype takes from the entries of a list what they did not say when they came
// in. Where one has become something else, as a Secret in a SecretList does when
// it is sealed, all say what they are, and the list is a List.
func (l *lists) untype(node, entries *yaml.Node) {
	same := true
	for _, entry := range entries.Content {
		if typed, found := l.typed[entry]; found {
			o := view.OfNode(entry)
			same = same && o.APIVersion() == typed.apiVersion && o.Kind() == typed.kind
		}
	}
	for _, entry := range entries.Content {
		_, found := l.typed[entry]
		switch {
		case found && same:
			view.DeleteField(entry, "apiVersion")
			view.DeleteField(entry, "kind")
		case found:
			o := view.OfNode(node)
			o.Set("v1", "apiVersion")
			o.Set("List", "kind")
		}
	}
}
