// Package schema turns config structs and the comments on their fields into
// JSON Schemas, function definitions and README tables: one source for all
// three.
//
// It runs when the project is generated (functions/schema/generate), never in
// the program, which embeds the result.
package schema

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
)

// Module is the import path that the source root stands for.
const Module = "github.com/eda-gitops/functions"

// Pattern is implemented by field types with a scalar form of their own.
type Pattern interface {
	// SchemaPattern is a regular expression for the scalar as text.
	SchemaPattern() string
}

// Source reads comments from the project's sources.
type Source struct {
	// Root is the folder of go.mod.
	Root string
	// docs by package path, type and field.
	docs map[string]map[string]map[string]string
}

// Field is one row of a README table.
type Field struct {
	// Path from the config's root, with <name> for a map's keys and [] for a
	// list's elements.
	Path string
	// Type in words: string, map, list of string, ...
	Type string
	// Doc is the field's comment.
	Doc string
}

// Node is a JSON Schema as kustomize and kpt understand it (OpenAPI v3).
type Node = map[string]any

// Config returns the JSON Schema of a config and its fields.
func (s *Source) Config(config any, apiVersion, kind string) (Node, []Field, error) {
	t := reflect.TypeOf(config).Elem()
	spec, found := t.FieldByName("Spec")
	if !found {
		return nil, nil, fmt.Errorf("%s has no Spec", t)
	}
	var fields []Field
	body, err := s.structure(spec.Type, "spec", &fields)
	if err != nil {
		return nil, nil, err
	}
	return Node{
		"type":                 "object",
		"required":             []string{"apiVersion", "kind", "metadata", "spec"},
		"additionalProperties": false,
		"properties": Node{
			"apiVersion": Node{"type": "string", "enum": []string{apiVersion}},
			"kind":       Node{"type": "string", "enum": []string{kind}},
			"metadata": Node{
				"type": "object", "required": []string{"name"},
				"properties": Node{"name": Node{"type": "string", "description": "name names the config in messages."}},
			},
			"spec": body,
		},
	}, fields, nil
}

var (
	decoderType = reflect.TypeFor[fnconfig.Decoder]()
	patternType = reflect.TypeFor[Pattern]()
	enumType    = reflect.TypeFor[fnconfig.Enum]()
	nodeType    = reflect.TypeFor[yaml.Node]()
	metaType    = reflect.TypeFor[fn.Metadata]()
)

// of returns the schema of a type and its name in words.
func (s *Source) of(t reflect.Type, path string, fields *[]Field) (Node, string, error) {
	zero := reflect.New(t)
	switch {
	case t == nodeType:
		return Node{"x-kubernetes-preserve-unknown-fields": true}, "any", nil
	case t == metaType:
		return Node{"type": "object"}, "metadata", nil
	case zero.Type().Implements(patternType):
		return Node{"type": "string", "pattern": zero.Interface().(Pattern).SchemaPattern()}, "string", nil
	case zero.Type().Implements(decoderType):
		return Node{"x-kubernetes-preserve-unknown-fields": true}, "any", nil
	case t.Implements(enumType):
		values := zero.Elem().Interface().(fnconfig.Enum).Enum()
		return Node{"type": "string", "enum": values}, strings.Join(values, ", "), nil
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem(), path, fields)
	case reflect.Struct:
		node, err := s.structure(t, path, fields)
		return node, "object", err
	case reflect.Map:
		node, name, err := s.of(t.Elem(), path+".<name>", fields)
		return Node{"type": "object", "additionalProperties": node}, "map of " + name, err
	case reflect.Slice:
		node, name, err := s.of(t.Elem(), path+"[]", fields)
		return Node{"type": "array", "items": node}, "list of " + name, err
	case reflect.String:
		return Node{"type": "string"}, "string", nil
	case reflect.Bool:
		return Node{"type": "boolean"}, "boolean", nil
	case reflect.Int, reflect.Int32, reflect.Int64:
		return Node{"type": "integer"}, "integer", nil
	case reflect.Float64:
		return Node{"type": "number"}, "number", nil
	}
	return nil, "", fmt.Errorf("%s: a config field of type %s", path, t)
}

func (s *Source) structure(t reflect.Type, path string, fields *[]Field) (Node, error) {
	properties := Node{}
	var required []string
	for _, field := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if name == "" || name == "-" || strings.Contains(options, "inline") || !field.IsExported() {
			continue
		}
		doc, err := s.doc(t, field, name)
		if err != nil {
			return nil, err
		}
		at := len(*fields)
		*fields = append(*fields, Field{})
		node, typeName, err := s.of(field.Type, path+"."+name, fields)
		if err != nil {
			return nil, err
		}
		(*fields)[at] = Field{Path: path + "." + name, Type: typeName, Doc: doc}
		node["description"] = doc
		properties[name] = node
		if strings.Contains(doc, "Required") && !strings.Contains(options, "omitempty") {
			required = append(required, name)
		}
	}
	node := Node{"type": "object", "additionalProperties": false, "properties": properties}
	if required != nil {
		node["required"] = required
	}
	return node, nil
}

// doc returns a field's comment, which begins with the field's name in YAML. A
// field without one is an error.
func (s *Source) doc(t reflect.Type, field reflect.StructField, name string) (string, error) {
	owner := t
	if len(field.Index) > 1 { // promoted from an embedded struct
		owner = t.FieldByIndex(field.Index[:len(field.Index)-1]).Type
	}
	types, err := s.packageDocs(owner.PkgPath())
	if err != nil {
		return "", err
	}
	text := types[owner.Name()][field.Name]
	if text == "" {
		return "", fmt.Errorf("%s.%s: write a comment: what it is, its unit, its default", owner, field.Name)
	}
	if rest, found := strings.CutPrefix(text, field.Name+" "); found {
		text = name + " " + rest
	}
	return text, nil
}

func (s *Source) packageDocs(path string) (map[string]map[string]string, error) {
	if types, found := s.docs[path]; found {
		return types, nil
	}
	dir, found := strings.CutPrefix(path, Module)
	if !found {
		return nil, fmt.Errorf("%s is not in this project", path)
	}
	types := map[string]map[string]string{}
	files, err := filepath.Glob(filepath.Join(s.Root, dir, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		ast.Inspect(parsed, func(n ast.Node) bool { return collect(n, types) })
	}
	if s.docs == nil {
		s.docs = map[string]map[string]map[string]string{}
	}
	s.docs[path] = types
	return types, nil
}

func collect(n ast.Node, types map[string]map[string]string) bool {
	spec, ok := n.(*ast.TypeSpec)
	if !ok {
		return true
	}
	body, ok := spec.Type.(*ast.StructType)
	if !ok {
		return true
	}
	fields := map[string]string{}
	for _, field := range body.Fields.List {
		for _, name := range field.Names {
			fields[name.Name] = strings.Join(strings.Fields(field.Doc.Text()+" "+field.Comment.Text()), " ")
		}
	}
	types[spec.Name.Name] = fields
	return true
}
