// Package fnconfig decodes configs strictly: an unknown or duplicate field, a
// value of the wrong type and a number where a string belongs are problems
// with their path and what to write instead, all of them at once.
//
// It reads the same struct tags as yaml (`yaml:"name,omitempty"`, ",inline")
// and never guesses: "3.0" without quotes is a number to YAML, and 3.10 would
// become 3.1.
package fnconfig

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// Problem is one thing that is wrong with a config.
type Problem struct {
	// Path of the field, such as spec.operators.ibm-mq.channel.
	Path string
	// Message says what is wrong and what is allowed.
	Message string
}

// Decoder is implemented by field types that read their own scalar or mapping
// (quantities, durations, rates). The error needs no path.
type Decoder interface {
	DecodeConfig(node *yaml.Node) error
}

// Enum is implemented by string types with a fixed set of values; any other
// value is a problem. An empty string is a field left out.
type Enum interface {
	Enum() []string
}

// MaxDepth is the deepest nesting of a config that is read. Real configs have
// about ten levels.
const MaxDepth = 100

// Decode reads a mapping into a pointer to a struct and returns every problem,
// in the order of the document.
func Decode(node *yaml.Node, into any) []Problem {
	d := decoder{}
	d.value(node, reflect.ValueOf(into).Elem(), "", 0)
	return d.problems
}

// TextTag marks a scalar that comes from a place where everything is text (a
// ConfigMap's data): numbers and booleans are read from it as well.
const TextTag = "!text"

type decoder struct {
	problems []Problem
}

func (d *decoder) fail(path, format string, args ...any) {
	d.problems = append(d.problems, Problem{Path: path, Message: fmt.Sprintf(format, args...)})
}

var (
	decoderType = reflect.TypeFor[Decoder]()
	nodeType    = reflect.TypeFor[yaml.Node]()
)

func (d *decoder) value(node *yaml.Node, into reflect.Value, path string, depth int) {
	if depth > MaxDepth {
		d.fail(path, "nested deeper than %d levels", MaxDepth)
		return
	}
	if view.IsNull(node) {
		return // "field:" with nothing behind it is a field left out
	}
	if into.Type() == nodeType {
		into.Set(reflect.ValueOf(*untagged(node)))
		return
	}
	if into.CanAddr() && into.Addr().Type().Implements(decoderType) {
		if err := into.Addr().Interface().(Decoder).DecodeConfig(node); err != nil {
			d.fail(path, "%v", err)
		}
		return
	}
	switch into.Kind() {
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		d.value(node, into.Elem(), path, depth)
	case reflect.Struct:
		d.structure(node, into, path, depth)
	case reflect.Map:
		d.mapping(node, into, path, depth)
	case reflect.Slice:
		d.sequence(node, into, path, depth)
	default:
		d.scalar(node, into, path)
	}
}

// untagged returns a node without TextTag, which is no YAML: what was text
// becomes the number or the boolean that it looks like.
func untagged(node *yaml.Node) *yaml.Node {
	if !hasText(node) {
		return node
	}
	c := *node
	if c.Tag == TextTag {
		c.Tag = ""
	}
	c.Content = make([]*yaml.Node, len(node.Content))
	for i, child := range node.Content {
		c.Content[i] = untagged(child)
	}
	return &c
}

func hasText(node *yaml.Node) bool {
	return node.Tag == TextTag || slices.ContainsFunc(node.Content, hasText)
}

func (d *decoder) structure(node *yaml.Node, into reflect.Value, path string, depth int) {
	if node.Kind != yaml.MappingNode {
		d.fail(path, "is %s; expected fields such as %s", describe(node), strings.Join(some(FieldNames(into.Type())), ", "))
		return
	}
	fields := fieldsOf(into.Type())
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if !d.scalarKey(node.Content[i], path) {
			continue
		}
		key := node.Content[i].Value
		at := join(path, key)
		if seen[key] {
			d.fail(at, "appears twice; keep one of the two")
			continue
		}
		seen[key] = true
		field, known := fields[key]
		switch {
		case known:
			d.value(node.Content[i+1], into.FieldByIndex(field.Index), at, depth+1)
		case path == "metadata": // hosts and people add their own
		default:
			d.fail(at, "unknown field%s", Suggest(key, FieldNames(into.Type())))
		}
	}
}

// scalarKey says whether a mapping's key is a name, and reports one that is not.
func (d *decoder) scalarKey(key *yaml.Node, path string) bool {
	if key.Kind != yaml.ScalarNode {
		d.fail(path, "has a key that is %s; expected a name", describe(key))
	}
	return key.Kind == yaml.ScalarNode
}

func (d *decoder) mapping(node *yaml.Node, into reflect.Value, path string, depth int) {
	if node.Kind != yaml.MappingNode {
		d.fail(path, "is %s; expected a map by name: {name: {...}}", describe(node))
		return
	}
	into.Set(reflect.MakeMap(into.Type()))
	for i := 0; i+1 < len(node.Content); i += 2 {
		if !d.scalarKey(node.Content[i], path) {
			continue
		}
		key, at := reflect.ValueOf(node.Content[i].Value).Convert(into.Type().Key()), join(path, node.Content[i].Value)
		if into.MapIndex(key).IsValid() {
			d.fail(at, "appears twice; keep one of the two")
			continue
		}
		element := reflect.New(into.Type().Elem()).Elem()
		d.value(node.Content[i+1], element, at, depth+1)
		into.SetMapIndex(key, element)
	}
}

func (d *decoder) sequence(node *yaml.Node, into reflect.Value, path string, depth int) {
	if node.Kind != yaml.SequenceNode {
		d.fail(path, "is %s; expected a list: [a, b]", describe(node))
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(node.Content), len(node.Content)))
	for i, child := range node.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		if view.IsNull(child) {
			d.fail(at, "is empty; remove the entry")
			continue
		}
		d.value(child, into.Index(i), at, depth+1)
	}
}

func (d *decoder) scalar(node *yaml.Node, into reflect.Value, path string) {
	if node.Kind != yaml.ScalarNode {
		d.fail(path, "is %s; expected %s", describe(node), expected(into.Kind()))
		return
	}
	var err error
	tag := node.ShortTag()
	switch into.Kind() {
	case reflect.String:
		if tag != yaml.NodeTagString && tag != TextTag && !fullTimestamp(node) {
			d.fail(path, "%s is %s to YAML; quote it: %q", node.Value, describe(node), node.Value)
			return
		}
		if e, ok := reflect.TypeAssert[Enum](into); ok && node.Value != "" && !slices.Contains(e.Enum(), node.Value) {
			d.fail(path, "is %q; expected one of %s%s", node.Value, strings.Join(e.Enum(), ", "), didYouMean(node.Value, e.Enum()))
			return
		}
		into.SetString(node.Value)
	case reflect.Bool:
		var v bool
		if v, err = strconv.ParseBool(node.Value); err == nil && (tag == yaml.NodeTagBool || tag == TextTag) {
			into.SetBool(v)
			return
		}
		d.fail(path, "is %q; expected true or false", node.Value)
	case reflect.Int, reflect.Int32, reflect.Int64:
		var v int64
		// kustomize hands 010 on as 8, and kpt as 010.
		if v, err = strconv.ParseInt(node.Value, 10, into.Type().Bits()); err == nil && (tag == yaml.NodeTagInt || tag == TextTag) &&
			strconv.FormatInt(v, 10) == node.Value {
			into.SetInt(v)
			return
		}
		d.fail(path, "is %q; expected a whole number, in decimal digits%s", node.Value, withinRange(into, err))
	case reflect.Float64:
		var v float64
		if v, err = strconv.ParseFloat(node.Value, 64); err == nil && (tag == yaml.NodeTagFloat || tag == yaml.NodeTagInt || tag == TextTag) &&
			decimal.MatchString(node.Value) {
			into.SetFloat(v)
			return
		}
		d.fail(path, "is %q; expected a number such as 0.5", node.Value)
	default:
		panic("fnconfig: a config field of type " + into.Type().String())
	}
}

// decimal is a number without leading zeros, which hosts read as octal.
var decimal = regexp.MustCompile(`^[-+]?(0|[1-9][0-9]*)?(\.[0-9]*)?([eE][-+]?[0-9]+)?$`)

func withinRange(into reflect.Value, err error) string {
	if !errors.Is(err, strconv.ErrRange) {
		return ""
	}
	return fmt.Sprintf(", that fit %d bits", into.Type().Bits())
}

// fullTimestamp says whether a scalar is a time that every host hands on as it
// is written; of a date alone kustomize makes a time.
func fullTimestamp(node *yaml.Node) bool {
	if node.ShortTag() != "!!timestamp" {
		return false
	}
	t, err := time.Parse(time.RFC3339Nano, node.Value)
	return err == nil && t.Format(time.RFC3339Nano) == node.Value
}

// fieldsOf returns a struct's fields by their YAML names, inline ones included.
func fieldsOf(t reflect.Type) map[string]reflect.StructField {
	fields := map[string]reflect.StructField{}
	for _, field := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if name == "" || name == "-" || strings.Contains(options, "inline") {
			continue
		}
		fields[name] = field
	}
	return fields
}

// FieldNames returns a config struct's field names in YAML, sorted.
func FieldNames(t reflect.Type) []string {
	var names []string
	for name := range fieldsOf(t) {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func some(names []string) []string {
	const few = 6
	if len(names) > few {
		return append(slices.Clone(names[:few]), "...")
	}
	return names
}

func join(path, key string) string {
	if path == "" {
		return view.Path(key)
	}
	if strings.ContainsAny(key, "./") {
		return path + view.Path(key)
	}
	return path + "." + key
}

func expected(kind reflect.Kind) string {
	switch kind {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Float64:
		return "a number"
	default:
		return "a whole number"
	}
}

func describe(node *yaml.Node) string {
	switch node.Kind {
	case yaml.MappingNode:
		return "a map"
	case yaml.SequenceNode:
		return "a list"
	}
	switch node.ShortTag() {
	case yaml.NodeTagInt, yaml.NodeTagFloat:
		return "a number"
	case yaml.NodeTagBool:
		return "a boolean"
	case "!!timestamp":
		return "a timestamp"
	}
	const shown = 60 // characters: more is a text that somebody pasted, a key for one
	if len(node.Value) > shown || strings.Contains(node.Value, "\n") {
		return fmt.Sprintf("a text of %d characters", len(node.Value))
	}
	return fmt.Sprintf("%q", node.Value)
}
