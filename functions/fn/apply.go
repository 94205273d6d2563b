package fn

import (
	"fmt"
	"runtime"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// Apply runs a Transform on items, in place: objects inside a v1 List are
// handed to it as if they were items of their own and stay in their List, and
// a panic is an error that quotes no value.
func Apply(config Config, env Env, items []*yaml.RNode) (out []*yaml.RNode, results Results) {
	defer func() {
		if r := recover(); r != nil {
			out, results = items, Results{config.Head().Errorf("", "internal error, please report it: %s", panicText(r))}
		}
	}()
	flat, lists := flatten(items)
	out, results = config.Transform(env, flat)
	return lists.restore(out), results
}

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

// lists remembers the v1 Lists whose objects were handed out.
type lists struct {
	// order is the items as they came, Lists in place.
	order []*yaml.RNode
	// owner maps an object's node to the List's node that holds it.
	owner map[*yaml.Node]*yaml.Node
}

// flatten returns the items with the objects of Lists in place of the Lists.
func flatten(items []*yaml.RNode) ([]*yaml.RNode, *lists) {
	l := &lists{order: items}
	flat := items
	for i, item := range items {
		held := heldObjects(item.YNode())
		if held == nil {
			if l.owner != nil {
				flat = append(flat, item)
			}
			continue
		}
		if l.owner == nil {
			l.owner = map[*yaml.Node]*yaml.Node{}
			flat = append([]*yaml.RNode(nil), items[:i]...)
		}
		for _, object := range held {
			l.owner[object] = item.YNode()
			flat = append(flat, yaml.NewRNode(object))
		}
	}
	return flat, l
}

// heldObjects returns the objects of a List (v1 List, and SecretList and the
// like), nil for everything else.
func heldObjects(node *yaml.Node) []*yaml.Node {
	o := view.OfNode(node)
	if o.APIVersion() != "v1" || !strings.HasSuffix(o.Kind(), "List") {
		return nil
	}
	items := o.Lookup("items")
	if items == nil || items.Kind != yaml.SequenceNode || len(items.Content) == 0 {
		return nil
	}
	for _, object := range items.Content {
		if view.OfNode(object).Kind() == "" {
			return nil
		}
	}
	return items.Content
}

// restore puts objects back into their Lists; what is new stands behind.
func (l *lists) restore(out []*yaml.RNode) []*yaml.RNode {
	if l.owner == nil {
		return out
	}
	held := map[*yaml.Node][]*yaml.Node{}
	var rest []*yaml.RNode
	for _, item := range out {
		if list := l.owner[item.YNode()]; list != nil {
			held[list] = append(held[list], item.YNode())
			continue
		}
		rest = append(rest, item)
	}
	var restored []*yaml.RNode
	kept := map[*yaml.Node]bool{}
	for _, item := range rest {
		kept[item.YNode()] = true
	}
	for _, item := range l.order {
		if heldObjects(item.YNode()) != nil {
			view.Field(item.YNode(), "items").Content = held[item.YNode()]
			restored = append(restored, item)
			continue
		}
		if kept[item.YNode()] {
			restored = append(restored, item)
			delete(kept, item.YNode())
		}
	}
	for _, item := range rest {
		if kept[item.YNode()] {
			restored = append(restored, item)
		}
	}
	return restored
}
