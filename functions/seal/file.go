package seal

import (
	"errors"
	"io"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

// file is a YAML file as text and as nodes. It is edited as text, line by line,
// because writing the nodes anew would move blank lines, quotes and indents
// that are nobody's business here.
type file struct {
	text string
	// documents are the mappings at the top; empty documents do not count.
	documents []*yaml.Node
}

// parse reads a file. Its errors quote nothing of it.
func parse(text string) (file, error) {
	f := file{text: text}
	if strings.HasPrefix(strings.TrimSpace(text), "{") {
		return f, errors.New("the file is JSON, or YAML in one line; give a file with YAML in block style")
	}
	decoder := yaml.NewDecoder(strings.NewReader(text))
	for {
		var document yaml.Node
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return f, nil
		}
		if err != nil {
			return f, errors.New("the file is no YAML that can be read (its text is withheld)")
		}
		o := view.OfNode(&document)
		if o.IsZero() {
			if len(document.Content) == 1 && view.IsNull(document.Content[0]) {
				continue
			}
			return f, errors.New("the file holds a YAML document that is no object")
		}
		f.documents = append(f.documents, o.Node())
	}
}

// objects are the documents, those in a List one by one.
func (f file) objects() []view.Object {
	var objects []view.Object
	for _, document := range f.documents {
		o := view.OfNode(document)
		items := o.Lookup("items")
		if o.Kind() != "List" || items == nil {
			objects = append(objects, o)
			continue
		}
		for _, item := range items.Content {
			objects = append(objects, view.OfNode(item))
		}
	}
	return objects
}

// find returns the SealedSecret of a name and namespace, zero when there is
// none. One that does not say its namespace (kustomize sets it) is that of its
// template, or any.
func (f file) find(name, namespace string) (view.SealedSecret, fn.Results) {
	var found view.SealedSecret
	for _, o := range f.objects() {
		if o.Name() != name {
			continue
		}
		if secret, plain := view.AsSecret(o); plain && (secret.Namespace() == namespace || secret.Namespace() == "") {
			return found, fn.Results{fn.Errorf(o.Ref(), "", "the file holds the plain Secret; take it out first: the SealedSecret becomes this Secret in the cluster")}
		}
		sealed, ok := view.AsSealedSecret(o)
		if !ok || !in(sealed, namespace) {
			continue
		}
		if !found.IsZero() {
			return found, fn.Results{fn.Errorf(o.Ref(), "", "stands in the file more than once; keep one")}
		}
		found = sealed
	}
	return found, nil
}

func in(sealed view.SealedSecret, namespace string) bool {
	for _, says := range []string{sealed.Namespace(), sealed.TemplateNamespace()} {
		if says != "" {
			return says == namespace
		}
	}
	return true
}

// errShape is about an object that is not written line by line.
var errShape = errors.New("is not written as one line `key: value` for each key; write it so, or take the SealedSecret out of the file and seal all of its values again")

// set writes one ciphertext into a SealedSecret that is there.
func (f file) set(name, namespace, key, ciphertext string) (file, error) {
	return f.edit(name, namespace, key, ciphertext, view.SealedSecret.EncryptedNode)
}

// annotate writes one annotation of a SealedSecret that is there.
func (f file) annotate(name, namespace, key, value string) (file, error) {
	target, _ := f.find(name, namespace)
	if annotations := target.Lookup("metadata", "annotations"); annotations != nil && len(annotations.Content) > 0 {
		return f.edit(name, namespace, key, value, func(s view.SealedSecret) *yaml.Node {
			return s.Lookup("metadata", "annotations")
		})
	}
	metadata := target.Lookup("metadata")
	if !block(metadata) || view.Field(metadata, "annotations") != nil {
		return f, errShape
	}
	lines := strings.SplitAfter(f.text, "\n")
	last := len(metadata.Content) - 2
	_, end := extent(lines, metadata.Content[last], metadata.Content[last+1])
	eol, indent := lineEnd(lines), strings.Repeat(" ", metadata.Content[0].Column-1)
	if !strings.HasSuffix(lines[end-1], "\n") {
		lines[end-1] += eol
	}
	text := strings.Join(lines[:end], "") + indent + "annotations:" + eol + indent + "  " + key + ": " + value + eol + strings.Join(lines[end:], "")
	view.SetField(metadata, "annotations", view.Map(key, view.String(value)))
	return f.became(text)
}

// unannotate removes one annotation of a SealedSecret that is there, and the
// map when it is left empty.
func (f file) unannotate(name, namespace, key string) (file, error) {
	target, _ := f.find(name, namespace)
	metadata := target.Lookup("metadata")
	mapping, field := target.Lookup("metadata", "annotations"), key
	if mapping != nil && len(mapping.Content) == 2 {
		mapping, field = metadata, "annotations"
	}
	if !block(mapping) {
		return f, errShape
	}
	lines := strings.SplitAfter(f.text, "\n")
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == field {
			at := mapping.Content[i].Line - 1
			_, end := extent(lines, mapping.Content[i], mapping.Content[i+1])
			text := strings.Join(lines[:at], "") + strings.Join(lines[end:], "")
			view.DeleteField(mapping, field)
			return f.became(text)
		}
	}
	return f, errShape
}

// block says whether a node is a mapping with lines of its own.
func block(node *yaml.Node) bool {
	return node != nil && node.Kind == yaml.MappingNode && node.Style&yaml.FlowStyle == 0 && len(node.Content) > 0
}

// edit writes a key of a mapping, in the text, and checks that this and
// nothing else has changed.
func (f file) edit(name, namespace, key, value string, mapping func(view.SealedSecret) *yaml.Node) (file, error) {
	target, _ := f.find(name, namespace)
	node := mapping(target)
	if !block(node) {
		return f, errShape
	}
	text := strings.Join(write(strings.SplitAfter(f.text, "\n"), node, key, value), "")
	view.SetField(node, key, view.String(value))
	return f.became(text)
}

// became returns the file of the edited text; f's nodes already say what the
// text's must.
func (f file) became(text string) (file, error) {
	edited, err := parse(text)
	if err != nil {
		return f, errShape
	}
	if len(edited.documents) != len(f.documents) {
		return f, errShape
	}
	for i := range edited.documents {
		if !view.Equal(edited.documents[i], f.documents[i]) {
			return f, errShape
		}
	}
	return edited, nil
}

// write returns the lines with the key's value replaced, or the key added as
// the mapping's last. Positions of nodes count from 1.
func write(lines []string, mapping *yaml.Node, key, value string) []string {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return replace(lines, mapping.Content[i], mapping.Content[i+1], value)
		}
	}
	last := len(mapping.Content) - 2
	name, before := mapping.Content[last], mapping.Content[last+1]
	_, end := extent(lines, name, before)
	if yaml.IsValueNonString(key) {
		key = `"` + key + `"`
	}
	eol := lineEnd(lines)
	if !strings.HasSuffix(lines[end-1], "\n") {
		lines[end-1] += eol
	}
	line := strings.Repeat(" ", name.Column-1) + key + ": " + value + eol
	return append(lines[:end:end], append([]string{line}, lines[end:]...)...)
}

// replace changes a value that stands behind its key on one line and keeps
// what is around it; one that takes several lines becomes one.
func replace(lines []string, key, value *yaml.Node, text string) []string {
	at := key.Line - 1
	oneLine, end := extent(lines, key, value)
	line := lines[at]
	if oneLine {
		from := value.Column - 1
		raw := quoted(value)
		quote := raw[:(len(raw)-len(value.Value))/2]
		lines[at] = line[:from] + quote + text + quote + line[from+len(raw):]
		return lines
	}
	colon := key.Column - 1 + len(quoted(key))
	colon += strings.IndexByte(line[colon:]+":", ':')
	made := line[:min(colon, len(line))] + ": " + text + lineEnd(lines)
	return append(lines[:at:at], append([]string{made}, lines[end:]...)...)
}

// extent says whether an entry is one line, and which line is the first behind
// it: a longer value ends where the indent is the key's again.
func extent(lines []string, key, value *yaml.Node) (oneLine bool, end int) {
	at := key.Line - 1
	raw := quoted(value)
	if raw != "" && value.Line == key.Line && value.Column-1 <= len(lines[at]) && strings.HasPrefix(lines[at][value.Column-1:], raw) {
		return true, at + 1
	}
	end = at + 1
	for i := end; i < len(lines); i++ {
		text := strings.TrimLeft(lines[i], " ")
		switch {
		case strings.TrimSpace(text) == "":
			continue // a blank line belongs to what is around it
		case len(lines[i])-len(text) < key.Column:
			return false, end
		}
		end = i + 1
	}
	return false, end
}

// quoted is a scalar as it stands in the text, if it does so on one line and
// without escapes.
func quoted(scalar *yaml.Node) string {
	switch {
	case scalar.Style&yaml.DoubleQuotedStyle != 0:
		return `"` + scalar.Value + `"`
	case scalar.Style&yaml.SingleQuotedStyle != 0:
		return "'" + scalar.Value + "'"
	}
	return scalar.Value
}

func lineEnd(lines []string) string {
	if strings.HasSuffix(lines[0], "\r\n") {
		return "\r\n"
	}
	return "\n"
}

// appended returns the text with one more document.
func (f file) appended(document string) (string, error) {
	lines := strings.SplitAfter(f.text, "\n")
	eol := lineEnd(lines)
	text := f.text
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += eol
	}
	if open(lines) {
		text += "---" + eol
	}
	text += strings.ReplaceAll(document, "\n", eol)
	if made, err := parse(text); err != nil || len(made.documents) != len(f.documents)+1 {
		return "", errors.New("the file takes no further YAML document; give another file")
	}
	return text, nil
}

// open says whether the last document has begun: a line that is neither blank
// nor a comment stands behind the last separator.
func open(lines []string) bool {
	for _, line := range slices.Backward(lines) {
		line = strings.TrimRight(line, " \t\r\n")
		if line == "" || strings.HasPrefix(strings.TrimLeft(line, " \t"), "#") {
			continue
		}
		return line != "---"
	}
	return false
}
