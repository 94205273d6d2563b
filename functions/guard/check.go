package guard

import (
	"encoding/base64"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

// Check looks through the objects that get deployed and changes none. Each
// plain Secret with values is an error, each literal that looks like a
// credential a finding of the Spec's level.
func Check(spec Spec, items []*yaml.RNode) fn.Results {
	return check(walker{spec: spec, secrets: true}, items)
}

// Literals is Check without the Secrets that are objects: SealSecrets has had
// its own look at them. One in a text is found.
func Literals(spec Spec, items []*yaml.RNode) fn.Results {
	return check(walker{spec: spec}, items)
}

func check(template walker, items []*yaml.RNode) fn.Results {
	template.spec.Default()
	for _, pattern := range template.spec.Patterns {
		if expression, err := regexp.Compile(pattern); err == nil { // Validate has said what is wrong
			template.patterns = append(template.patterns, expression)
		}
	}
	var results fn.Results
	for _, item := range items {
		o := view.Of(item)
		if o.IsZero() || o.LocalConfig() || ofHosts(o) {
			continue
		}
		w := template
		w.root, w.allowed = o, w.spec.allowed(o)
		w.object(o.Node(), nil)
		results = append(results, w.results...)
	}
	return results
}

// ofHosts says whether an object is for a host or a function and never gets to
// a cluster. A plain Secret without a name is none.
func ofHosts(o view.Object) bool {
	if secret, plain := view.AsSecret(o); plain && secret.HasValues() {
		return false
	}
	switch o.Group() {
	case view.OwnGroup, "kpt.dev", "kustomize.config.k8s.io":
		return true
	}
	return slices.ContainsFunc(view.FunctionAnnotations, func(key string) bool {
		_, found := o.Annotation(key)
		return found
	})
}

// Allows says whether an object as a whole is an exception.
func (s *Spec) Allows(o view.Object) bool {
	return slices.ContainsFunc(s.allowed(o), func(allow Allow) bool { return allow.Key == "" })
}

// allowed returns the exceptions for an object.
func (s *Spec) allowed(o view.Object) []Allow {
	var out []Allow
	for _, allow := range s.Allow {
		if allow.Kind == o.Kind() && allow.Name == o.Name() && (allow.Namespace == "" || allow.Namespace == o.Namespace()) {
			out = append(out, allow)
		}
	}
	return out
}

// walker goes through one object.
type walker struct {
	spec Spec
	// secrets says that plain Secrets are reported that are objects, and not
	// only those in a text; inText that the walk is in one.
	secrets, inText bool
	root            view.Object
	allowed         []Allow
	patterns        []*regexp.Regexp
	results         fn.Results
	seen            map[string]bool
}

// report adds a finding once per path and name.
func (w *walker) report(at []string, h hit) {
	for _, allow := range w.allowed {
		if allow.Key == "" || allow.Key == h.name || slices.Contains(at, allow.Key) {
			return
		}
	}
	field := view.Path(at...)
	key := field + "\x00" + h.name + "\x00" + h.what
	if w.seen[key] {
		return
	}
	if w.seen == nil {
		w.seen = map[string]bool{}
	}
	w.seen[key] = true
	const advice = "put it into a Secret (eda-fn seal) and refer to it; what is no credential goes into guard.allow, with a reason"
	if h.what == whatSetting {
		w.spec.Literals.Add(&w.results, fn.Errorf(w.root.Ref(), field, "%q has a literal that looks like a credential (value withheld): %s", h.name, advice))
		return
	}
	w.spec.Literals.Add(&w.results, fn.Errorf(w.root.Ref(), field, "holds %s (withheld): %s", h.what, advice))
}

// Fields of objects that hold names and texts for people, never values.
var (
	skippedMetadata = []string{"name", "namespace", "labels", "managedFields", "ownerReferences", "generateName", "uid", "finalizers"}
	skippedFields   = []string{"description", "matchLabels", "nodeSelector", "selector", "openAPIV3Schema", "jsonSchema",
		view.FingerprintsAnnotation, view.SealingCertificateAnnotation, view.SecretsAnnotation}
)

// object looks at an object, at the top or inside another one.
func (w *walker) object(node *yaml.Node, at []string) {
	o := view.OfNode(node)
	if secret, plain := view.AsSecret(o); plain {
		w.secret(secret, at)
		return
	}
	if o.Kind() == "CustomResourceDefinition" {
		return // a schema has names and no values
	}
	sealed, isSealed := view.AsSealedSecret(o)
	apiVersion, kind := o.EntryType()
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i].Value, node.Content[i+1]
		path := below(at, key)
		switch {
		case key == "items" && kind != "" && value.Kind == yaml.SequenceNode:
			for j, entry := range value.Content {
				if view.Untyped(entry) {
					entry = view.Type(entry, apiVersion, kind)
				}
				w.value(entry, below(path, "["+strconv.Itoa(j)+"]"), key, true)
			}
		case isSealed && key == "spec":
			w.template(sealed, at)
		case key == "metadata":
			w.metadata(value, path)
		case o.Kind() == "ConfigMap" && key == "data":
			w.data(value, path)
		case o.Kind() == "ConfigMap" && key == "binaryData":
			w.binary(value, path)
		case key != "apiVersion" && key != "kind" && key != "status":
			w.value(value, path, key, true)
		}
	}
}

// secret reports a plain Secret with values.
func (w *walker) secret(secret view.Secret, at []string) {
	if !secret.HasValues() || !w.secrets && !w.inText || w.spec.Allows(secret.Object) {
		return
	}
	if len(at) == 0 {
		w.results = append(w.results, fn.Errorf(w.root.Ref(), "", "is a plain Secret: whoever reads the manifests reads its values; seal it: eda-fn seal"))
		return
	}
	w.results = append(w.results, fn.Errorf(w.root.Ref(), view.Path(at...), "is a plain Secret inside another object, where it is not sealed; make it an object of its own, or put a SealedSecret in its place: eda-fn seal"))
}

// template looks at what a SealedSecret adds in the open: a literal there is
// part of the Secret, and a template with credentials in it as well.
func (w *walker) template(sealed view.SealedSecret, at []string) {
	for _, entry := range sealed.TemplateData() {
		path := below(at, "spec", "template", entry.Field, entry.Key)
		switch {
		case entry.Value == "":
			continue
		case !strings.Contains(entry.Value, "{{"):
			w.report(path, hit{name: entry.Key, what: "a value of the Secret that is not sealed"})
		default:
			w.text(entry.Value, path, entry.Key)
		}
	}
	w.metadata(sealed.Lookup("spec", "template", "metadata"), below(at, "spec", "template", "metadata"))
}

func (w *walker) metadata(node *yaml.Node, at []string) {
	if node == nil || node.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if key := node.Content[i].Value; !slices.Contains(skippedMetadata, key) {
			w.value(node.Content[i+1], below(at, key), key, true)
		}
	}
}

// data looks at a ConfigMap's data: settings, or whole files.
func (w *walker) data(node *yaml.Node, at []string) {
	if node.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		if key, value := node.Content[i].Value, node.Content[i+1]; value.Kind == yaml.ScalarNode {
			w.setting(key, value.Value, below(at, key), false)
		}
	}
}

func (w *walker) binary(node *yaml.Node, at []string) {
	if node.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		decoded, err := base64.StdEncoding.DecodeString(view.Text(node.Content[i+1]))
		if err == nil && utf8.Valid(decoded) {
			key := node.Content[i].Value
			w.setting(key, string(decoded), below(at, key), false)
		}
	}
}

// value looks at any node. Name is the setting's that the node is the value of;
// structured says that it stands in a field of an object.
func (w *walker) value(node *yaml.Node, at []string, name string, structured bool) {
	switch node.Kind {
	case yaml.ScalarNode:
		if !view.IsNull(node) && node.ShortTag() != yaml.NodeTagBool {
			w.setting(name, node.Value, at, structured)
		}
	case yaml.SequenceNode:
		w.list(node, at, name, structured)
	case yaml.MappingNode:
		o := view.OfNode(node)
		if o.Kind() != "" && o.APIVersion() != "" {
			w.object(node, at)
			return
		}
		w.mapping(node, at, name, structured)
	}
}

// list looks at a list; in one of arguments an option's value is the next.
func (w *walker) list(node *yaml.Node, at []string, name string, structured bool) {
	for i, child := range node.Content {
		path := below(at, "["+strconv.Itoa(i)+"]")
		w.value(child, path, name, structured)
		if i == 0 || child.Kind != yaml.ScalarNode || !strings.HasPrefix(view.Text(node.Content[i-1]), "-") {
			continue
		}
		option := view.Text(node.Content[i-1])
		if strings.ContainsAny(option, "= ") || strings.HasPrefix(child.Value, "-") {
			continue
		}
		if of := classify(option); of != plain && literal(child.Value, of, false) || login(option, child.Value) {
			w.report(path, hit{name: strings.TrimLeft(option, "-"), what: whatSetting})
		}
	}
	if name == "command" || name == "args" {
		w.arguments(node, at)
	}
}

// arguments looks at a list as the one command that it is.
func (w *walker) arguments(node *yaml.Node, at []string) {
	var line []string
	for _, child := range node.Content {
		if text := view.Text(child); !strings.ContainsAny(text, " \n") {
			line = append(line, text)
		}
	}
	for _, h := range scanFor(commands, strings.Join(line, " ")) {
		w.report(at, h)
	}
}

// mapping looks at a mapping, which may be a setting itself ({name, value}) or
// a reference ({secretName, password: key}).
func (w *walker) mapping(node *yaml.Node, at []string, name string, structured bool) {
	named := ""
	for _, field := range []string{"name", "key"} {
		if text := view.Text(view.Lookup(node, field)); text != "" && named == "" {
			named = text
		}
	}
	refers := reference(node, name)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i].Value, node.Content[i+1]
		path := below(at, key)
		switch {
		case slices.Contains(skippedFields, key), key == "labels" && strings.EqualFold(name, "metadata"):
			continue
		case key == "metadata" && value.Kind == yaml.MappingNode:
			w.metadata(value, path)
		case refers && value.Kind == yaml.ScalarNode && dataKey.MatchString(value.Value):
			continue
		case (key == "value" || key == "default") && named != "" && value.Kind == yaml.ScalarNode:
			if value.ShortTag() != yaml.NodeTagBool {
				w.setting(named, value.Value, path, false)
			}
		case key == "value", key == "plaintext", key == "inline", key == "stringValue":
			w.value(value, path, name, structured)
		default:
			w.value(value, path, key, structured && !free(name))
		}
	}
}

// free says whether a field holds settings of a program by their own names, and
// not fields of an object: a KafkaConnector's config.
func free(name string) bool {
	return slices.Contains([]string{"config", "additionalConfig", "env", "environment", "properties", "parameters", "args", "data"}, name)
}

// reference says whether a mapping names a Secret's key: values beside the
// Secret's name are keys of its data.
func reference(node *yaml.Node, name string) bool {
	for _, field := range []string{"secretName", "remoteRef", "secretRef", "secretKeyRef"} {
		if !view.IsNull(view.Field(node, field)) {
			return true
		}
	}
	all := words(name)
	if len(all) == 0 || view.IsNull(view.Field(node, "name")) {
		return false
	}
	return slices.Contains([]string{"secret", "ref", "selector", "from", "reference"}, all[len(all)-1])
}

// setting looks at one name with its value.
func (w *walker) setting(name, value string, at []string, structured bool) {
	for _, pattern := range w.patterns {
		if pattern.MatchString(name + "=" + value) {
			w.report(at, hit{name: name, what: whatSetting})
			return
		}
	}
	if !strings.Contains(value, "\n") && w.single(name, value, at, structured) {
		return
	}
	w.text(value, at, name)
}

// single looks at a value of one line and says whether it was reported.
func (w *walker) single(name, value string, at []string, structured bool) bool {
	if of := classify(name); of != plain && literal(value, of, structured) {
		if all := words(name); all[len(all)-1] != "info" || strings.Contains(value, ":") {
			w.report(at, hit{name: name, what: whatSetting})
			return true
		}
	}
	if header(name, value) || login(name, value) {
		w.report(at, hit{name: name, what: whatSetting})
		return true
	}
	return false
}

// header says whether a value is that of an Authorization header: whatever
// stands in one, and under another name what can be nothing else.
func header(name, value string) bool {
	found := scheme.FindStringSubmatch(value)
	if found == nil {
		return false
	}
	all := words(name)
	if len(all) > 0 && all[len(all)-1] == "authorization" {
		return literal(found[1], strong, false)
	}
	return issued(found[1]) || holdsPair(found[1])
}

// pairValue is user:password, or Neo4j's neo4j/password.
var pairValue = atFirstUse(`^(?:[\w.@-]+:|neo4j/)([^\s:/]+)$`)

// login says whether a setting such as auth or basicAuth holds a user and a
// password, as they are or in base64.
func login(name, value string) bool {
	all := words(name)
	if len(all) == 0 {
		return false
	}
	last, before := all[len(all)-1], ""
	if len(all) > 1 {
		before = all[len(all)-2]
	}
	if last == "auth" && holdsPair(value) {
		return true
	}
	basic := last == "basicauth" || last == "auth" && (before == "basic" || before == "http" || strings.HasPrefix(value, "neo4j/")) || last == "basic" && before == "auth"
	found := pairValue.FindStringSubmatch(value)
	return basic && found != nil && literal(found[1], strong, false)
}

// holdsPair says whether a value is user:password in base64, as in a pull
// secret's file.
func holdsPair(value string) bool {
	decoded, err := base64.StdEncoding.DecodeString(value)
	user, password, found := strings.Cut(string(decoded), ":")
	return err == nil && found && user != "" && password != "" && utf8.Valid(decoded)
}

// maxNested is the deepest nesting of documents in texts that is read as
// structure; what is deeper is read as text.
const maxNested = 8

// text looks at a text: as YAML or JSON where it is that, else line by line.
func (w *walker) text(value string, at []string, name string) {
	for _, h := range scanForms(value) {
		w.report(at, h)
	}
	if forPeople.MatchString(name) {
		return
	}
	if nodes := documents(value); nodes != nil && len(at) < maxNested*maxNested {
		outer := w.inText
		w.inText = true
		for _, node := range nodes {
			w.value(node, at, name, false)
		}
		w.inText = outer
		return
	}
	for _, h := range scan(value, name) {
		w.report(at, h)
	}
}

// documents parses a text of YAML or JSON documents, nil when it is anything
// else. A list or a mapping on one line in YAML is text to us.
func documents(text string) []*yaml.Node {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || trimmed[0] != '{' && trimmed[0] != '[' && !strings.Contains(trimmed, "\n") || strings.Contains(trimmed, "{{") {
		return nil
	}
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var nodes []*yaml.Node
	for {
		var node yaml.Node
		err := decoder.Decode(&node)
		if errors.Is(err, io.EOF) {
			return nodes
		}
		if err != nil || len(node.Content) != 1 {
			return nil
		}
		switch top := node.Content[0]; {
		case top.Kind == yaml.ScalarNode && view.IsNull(top):
		case top.Kind != yaml.MappingNode && top.Kind != yaml.SequenceNode:
			return nil
		default:
			nodes = append(nodes, top)
		}
	}
}

// below returns the path of a field below another one.
func below(at []string, keys ...string) []string {
	return append(slices.Clip(at), keys...)
}
