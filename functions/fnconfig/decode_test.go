package fnconfig_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
)

// config has a field of every type that configs may have.
type config struct {
	fn.Header `yaml:",inline"`
	Spec      spec `yaml:"spec"`
}

type spec struct {
	Text      string              `yaml:"text,omitempty"`
	Level     fn.Level            `yaml:"level,omitempty"`
	Count     int                 `yaml:"count,omitempty"`
	Small     int32               `yaml:"small,omitempty"`
	Share     float64             `yaml:"share,omitempty"`
	On        bool                `yaml:"on,omitempty"`
	Maybe     *bool               `yaml:"maybe,omitempty"`
	Names     []string            `yaml:"names,omitempty"`
	Operators map[string]operator `yaml:"operators,omitempty"`
	Levels    map[string]fn.Level `yaml:"levels,omitempty"`
	List      []operator          `yaml:"list,omitempty"`
	Raw       yaml.Node           `yaml:"raw,omitempty"`
	Size      size                `yaml:"size,omitempty"`
	Sizes     map[string]*size    `yaml:"sizes,omitempty"`
	Deep      *spec               `yaml:"deep,omitempty"`
	Ignored   string              `yaml:"-"`
}

type operator struct {
	Channel string `yaml:"channel,omitempty"`
	Version string `yaml:"version,omitempty"`
}

// size reads its own scalar.
type size struct{ gibibytes string }

func (s *size) DecodeConfig(node *yaml.Node) error {
	if node.Kind != yaml.ScalarNode || !strings.HasSuffix(node.Value, "Gi") {
		return errors.New("is no size; expected one such as 10Gi")
	}
	s.gibibytes = strings.TrimSuffix(node.Value, "Gi")
	return nil
}

func decode(t testing.TB, text string) (config, []fnconfig.Problem) {
	t.Helper()
	node, err := yaml.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var c config
	return c, fnconfig.Decode(node.YNode(), &c)
}

// TestProblems holds the strictness: each of these is said, with its path and
// what to write instead.
func TestProblems(t *testing.T) {
	for name, tc := range map[string]struct {
		reason string
		spec   string
		want   string // path: message
	}{
		"unknown":             {"a typo never means skip", "{txet: a}", `spec.txet: unknown field; did you mean "text"?`},
		"unknown, far":        {"what there is instead", "{foo: a}", "spec.foo: unknown field; known are count, deep, level, levels, list, maybe, names, on, operators, raw, share, size, sizes, small, text"},
		"case":                {"a field's case counts", "{Text: a}", `spec.Text: unknown field; did you mean "text"?`},
		"Go name":             {"not the struct's name", "{Ignored: a}", "spec.Ignored: unknown field; known are"},
		"dash":                {"a field that is no field", "{'-': a}", "spec.-: unknown field; known are"},
		"nested":              {"the path goes all the way down", "{operators: {ibm-mq: {chanel: a}}}", `spec.operators.ibm-mq.chanel: unknown field; did you mean "channel"?`},
		"dotted key":          {"a key with dots is one step", "{operators: {a.b/c: {chanel: a}}}", `spec.operators[a.b/c].chanel: unknown field; did you mean "channel"?`},
		"in a list":           {"a list's entries are counted from 0", "{list: [{}, {channels: a}]}", `spec.list[1].channels: unknown field; did you mean "channel"?`},
		"twice":               {"one of the two would be lost", "{text: a, text: b}", "spec.text: appears twice; keep one of the two"},
		"twice in a map":      {"as in a struct", "{operators: {a: {}, a: {}}}", "spec.operators.a: appears twice"},
		"twice, quoted":       {"quotes make no other key", `{operators: {a: {}, "a": {}}}`, "spec.operators.a: appears twice"},
		"unknown twice":       {"said once as unknown, once as twice", "{foo: a, foo: b}", "spec.foo: unknown field"},
		"number for text":     {"3.10 would become 3.1", "{operators: {ibm-mq: {version: 3.10}}}", `spec.operators.ibm-mq.version: 3.10 is a number to YAML; quote it: "3.10"`},
		"integer for text":    {"as a fraction", "{text: 3}", `spec.text: 3 is a number to YAML; quote it: "3"`},
		"octal for text":      {"kustomize hands it on as 493", "{text: 0755}", `spec.text: 0755 is a number to YAML; quote it: "0755"`},
		"exponent for text":   {"kustomize hands it on as 1000", "{text: 1e3}", `spec.text: 1e3 is a number to YAML; quote it: "1e3"`},
		"boolean for text":    {"true is not text", "{text: true}", `spec.text: true is a boolean to YAML; quote it: "true"`},
		"date for text":       {"kustomize makes a time of it", "{text: 2024-01-01}", `spec.text: 2024-01-01 is a timestamp to YAML; quote it: "2024-01-01"`},
		"odd time for text":   {"kustomize rewrites it", "{text: 2024-01-01 10:00:00}", `is a timestamp to YAML; quote it`},
		"number in a list":    {"each entry", "{names: [a, 1.0]}", `spec.names[1]: 1.0 is a number to YAML; quote it: "1.0"`},
		"map for text":        {"no text", "{text: {a: b}}", "spec.text: is a map; expected a string"},
		"list for text":       {"no text", "{text: [a]}", "spec.text: is a list; expected a string"},
		"text for number":     {"no number", "{count: three}", `spec.count: is "three"; expected a whole number`},
		"quoted number":       {"text is text, also for a number", `{count: "3"}`, `spec.count: is "3"; expected a whole number`},
		"fraction for number": {"nothing is rounded", "{count: 1.5}", `spec.count: is "1.5"; expected a whole number`},
		"exponent for number": {"kpt hands on 1e3", "{count: 1e3}", `spec.count: is "1e3"; expected a whole number`},
		"octal for number":    {"10 to people, 8 to kustomize", "{count: 010}", `spec.count: is "010"; expected a whole number, in decimal digits`},
		"hex for number":      {"not everybody reads it", "{count: 0x10}", `spec.count: is "0x10"; expected a whole number`},
		"underscore":          {"not everybody reads it", "{count: 1_000}", `spec.count: is "1_000"; expected a whole number`},
		"too large":           {"nothing is cut off", "{small: 3000000000}", `spec.small: is "3000000000"; expected a whole number, in decimal digits, that fit 32 bits`},
		"far too large":       {"nothing is cut off", "{count: 99999999999999999999}", `spec.count: is "99999999999999999999"; expected a whole number`},
		"list for number":     {"no number", "{count: [1]}", "spec.count: is a list; expected a whole number"},
		"infinity":            {"no share", "{share: .inf}", `spec.share: is ".inf"; expected a number`},
		"not a number":        {"no share", "{share: .nan}", `spec.share: is ".nan"; expected a number`},
		"octal share":         {"10 to people, 8 to kustomize", "{share: 010}", `spec.share: is "010"; expected a number`},
		"quoted share":        {"text is text", `{share: "0.5"}`, `spec.share: is "0.5"; expected a number`},
		"map for share":       {"no number", "{share: {}}", "spec.share: is a map; expected a number"},
		"yes":                 {"YAML 1.1's words are text", "{on: yes}", `spec.on: is "yes"; expected true or false`},
		"quoted true":         {"text is text", `{on: "true"}`, `spec.on: is "true"; expected true or false`},
		"one":                 {"a number is no boolean", "{on: 1}", `spec.on: is "1"; expected true or false`},
		"map for boolean":     {"no boolean", "{maybe: {}}", "spec.maybe: is a map; expected true or false"},
		"enum":                {"the values that there are", "{level: fatal}", `spec.level: is "fatal"; expected one of error, warn, ignore`},
		"enum, near":          {"and the one that was meant", "{level: warning}", `expected one of error, warn, ignore; did you mean "warn"?`},
		"enum, case":          {"and the one that was meant", "{level: Error}", `did you mean "error"?`},
		"enum in a map":       {"as a field", "{levels: {a: warm}}", `spec.levels.a: is "warm"; expected one of error, warn, ignore; did you mean "warn"?`},
		"text for map":        {"maps by name", "{operators: a}", `spec.operators: is "a"; expected a map by name: {name: {...}}`},
		"list for map":        {"maps by name, not lists", "{operators: [{channel: a}]}", "spec.operators: is a list; expected a map by name"},
		"text for list":       {"a list has brackets", "{names: a}", `spec.names: is "a"; expected a list: [a, b]`},
		"map for list":        {"a list has brackets", "{names: {a: b}}", "spec.names: is a map; expected a list"},
		"text for struct":     {"what would fit", "{operators: {a: v1}}", `spec.operators.a: is "v1"; expected fields such as channel, version`},
		"list for struct":     {"what would fit, not all of it", "{deep: [a]}", "spec.deep: is a list; expected fields such as count, deep, level, levels, list, maybe, ..."},
		"null entry":          {"nothing is left out of a list", "{names: [a, ~]}", "spec.names[1]: is empty; remove the entry"},
		"own scalar":          {"the type's own message", "{size: 10}", "spec.size: is no size; expected one such as 10Gi"},
		"own scalar in a map": {"the type's own message", "{sizes: {a: [b]}}", "spec.sizes.a: is no size"},
		"complex key":         {"no name at all", "{? [a] : b}", "spec: has a key that is a list; expected a name"},
		"complex map key":     {"no name at all", "{operators: {? {a: b} : c}}", "spec.operators: has a key that is a map; expected a name"},
		"null key":            {"no name either", "{~: b}", "spec.~: unknown field"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := decode(t, "apiVersion: v\nkind: K\nmetadata: {name: n}\nspec: "+tc.spec+"\n")
			if len(problems) == 0 {
				t.Fatalf("%s: no problem with %s", tc.reason, tc.spec)
			}
			if got := problems[0].Path + ": " + problems[0].Message; !strings.Contains(got, tc.want) {
				t.Errorf("%s:\n got %q\nwant %q", tc.reason, got, tc.want)
			}
		})
	}
}

// TestAllProblems: people mend a config once, in the order of the document.
func TestAllProblems(t *testing.T) {
	_, problems := decode(t, "spec:\n  count: a\n  operators:\n    x: {verion: 1}\n    y: {version: 1}\n  names: [1, 2]\nmore: x\n")
	var paths []string
	for _, p := range problems {
		paths = append(paths, p.Path)
	}
	if got := fmt.Sprint(paths); got != "[spec.count spec.operators.x.verion spec.operators.y.version spec.names[0] spec.names[1] more]" {
		t.Error(got)
	}
}

// TestDecoded: what is right arrives.
func TestDecoded(t *testing.T) {
	c, problems := decode(t, `apiVersion: fn.eda-gitops.io/v1alpha1
kind: K
metadata:
  name: n
  labels: {a: b}
  creationTimestamp: null
  generation: 3
  ownerReferences: [{kind: X}]
  managedFields: {deep: [1]}
spec:
  text: "3.10"
  level: warn
  count: -3
  small: 2147483647
  share: 1
  on: true
  maybe: false
  names: [a, "1", 2026-06-01T12:00:00Z, 2026-06-01T12:00:00.5+02:00, yes, "null", '']
  operators:
    ibm-mq: {channel: v1.8}
    empty:
    1: {version: "1"}
    a.b/c: {}
  levels: {a: ignore, b: ""}
  list: [{channel: a}, {}]
  raw: {a: [1, yes], b: !foo c}
  size: 10Gi
  sizes: {a: 1Gi, b: }
  deep: {deep: {text: x}}
`)
	if problems != nil {
		t.Fatal(problems)
	}
	s := c.Spec
	raw := yaml.NewRNode(&s.Raw).MustString()
	s.Raw = yaml.Node{}
	maybe := false
	want := spec{
		Text: "3.10", Level: fn.LevelWarn, Count: -3, Small: 2147483647, Share: 1, On: true, Maybe: &maybe,
		Names:     []string{"a", "1", "2026-06-01T12:00:00Z", "2026-06-01T12:00:00.5+02:00", "yes", "null", ""},
		Operators: map[string]operator{"ibm-mq": {Channel: "v1.8"}, "empty": {}, "1": {Version: "1"}, "a.b/c": {}},
		Levels:    map[string]fn.Level{"a": fn.LevelIgnore, "b": ""},
		List:      []operator{{Channel: "a"}, {}}, Size: size{"10"}, Sizes: map[string]*size{"a": {"1"}, "b": nil},
		Deep: &spec{Deep: &spec{Text: "x"}},
	}
	if !reflect.DeepEqual(s, want) {
		t.Errorf("got  %+v\nwant %+v", s, want)
	}
	if raw != "{a: [1, yes], b: !foo c}\n" {
		t.Errorf("raw: %s", raw)
	}
	if c.APIVersion != "fn.eda-gitops.io/v1alpha1" || c.Kind != "K" || c.Metadata.Name != "n" || c.Metadata.Labels["a"] != "b" {
		t.Errorf("header: %+v", c.Header)
	}
}

// TestLeftOut: a field with nothing behind it is a field left out.
func TestLeftOut(t *testing.T) {
	c, problems := decode(t, "metadata:\nspec: {text: , count: ~, names: null, operators: , maybe: , size: , raw: , deep: }\n")
	if problems != nil || !reflect.DeepEqual(c, config{}) {
		t.Errorf("%v %+v", problems, c)
	}
}

// TestMetadata: hosts and people add fields to metadata, and to it alone; those
// that functions read have their types.
func TestMetadata(t *testing.T) {
	for text, want := range map[string]string{
		"metadata: {name: a, anything: {at: [all]}}":   "",
		"metadata: {name: 3}":                          `metadata.name: 3 is a number to YAML; quote it: "3"`,
		"metadata: {annotations: {a: true}}":           "metadata.annotations.a: true is a boolean to YAML",
		"metadata: {annotations: {a.b/c: [1]}}":        "metadata.annotations[a.b/c]: is a list; expected a string",
		"metadata: {name: a, name: b}":                 "metadata.name: appears twice",
		"metadata: {anything: 1, anything: 2}":         "metadata.anything: appears twice",
		"metadata: text":                               `metadata: is "text"; expected fields such as`,
		"metadata: {name: a}\nstatus: {}":              "status: unknown field",
		"spec: {raw: {metadata: {anything: 1}}}":       "",
		"spec: {operators: {metadata: {foo: 1}}}":      "spec.operators.metadata.foo: unknown field",
		"apiVersion: v1\nkind: K\nMetadata: {name: a}": `Metadata: unknown field; did you mean "metadata"?`,
	} {
		_, problems := decode(t, text)
		got := ""
		if len(problems) > 0 {
			got = problems[0].Path + ": " + problems[0].Message
		}
		if want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// TestNoMapping: a config is a mapping.
func TestNoMapping(t *testing.T) {
	for _, text := range []string{"a", "[a]", "3"} {
		if _, problems := decode(t, text); len(problems) != 1 || !strings.Contains(problems[0].Message, "expected fields such as apiVersion, kind, metadata, spec") {
			t.Errorf("%s: %v", text, problems)
		}
	}
	var c config
	if problems := fnconfig.Decode(nil, &c); problems != nil {
		t.Error(problems)
	}
}

// TestText: where everything is text, numbers and booleans are read from it,
// and text stays text.
func TestText(t *testing.T) {
	text := func(value string) *yaml.Node {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: fnconfig.TextTag, Value: value}
	}
	mapping := func(pairs ...any) *yaml.Node {
		m := &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap}
		for i := 0; i < len(pairs); i += 2 {
			m.Content = append(m.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: pairs[i].(string)}, pairs[i+1].(*yaml.Node))
		}
		return m
	}
	var s spec
	problems := fnconfig.Decode(mapping(
		"text", text("3.10"), "level", text("warn"), "count", text("3"), "share", text("0.5"), "on", text("true"), "size", text("1Gi"),
		"operators", mapping("a", mapping("version", text("1.0"))),
		"raw", mapping("n", text("3"), "b", text("true"), "s", text("plain"), "q", text("a: b"), "o", mapping("x", text("null"))),
	), &s)
	if problems != nil || s.Text != "3.10" || s.Level != fn.LevelWarn || s.Count != 3 || s.Share != 0.5 || !s.On ||
		s.Size.gibibytes != "1" || s.Operators["a"].Version != "1.0" {
		t.Errorf("%v %+v", problems, s)
	}
	if raw := yaml.NewRNode(&s.Raw).MustString(); raw != "n: 3\nb: true\ns: plain\nq: 'a: b'\no:\n  x: null\n" {
		t.Errorf("raw:\n%s", raw)
	}
	for field, value := range map[string]string{"count": "x", "share": "NaN", "on": "maybe", "level": "warm", "names": "a", "operators": "b"} {
		if problems := fnconfig.Decode(mapping(field, text(value)), &s); len(problems) != 1 || problems[0].Path != field {
			t.Errorf("%s: %q: %v", field, value, problems)
		}
	}
}

// TestDepth: nesting beyond MaxDepth is a problem, not a stack overflow.
func TestDepth(t *testing.T) {
	nested := func(n int) string {
		return "spec: " + strings.Repeat("{deep: ", n) + "{text: x}" + strings.Repeat("}", n) + "\n"
	}
	if _, problems := decode(t, nested(fnconfig.MaxDepth-10)); problems != nil {
		t.Error(problems)
	}
	_, problems := decode(t, nested(fnconfig.MaxDepth+10))
	if len(problems) != 1 || !strings.Contains(problems[0].Message, "nested deeper than 100 levels") {
		t.Error(problems)
	}
}

// TestOddType: a config struct that can't be decoded is the programmer's error.
func TestOddType(t *testing.T) {
	defer func() {
		if r := recover(); r == nil || !strings.Contains(fmt.Sprint(r), "a config field of type chan int") {
			t.Error(r)
		}
	}()
	var c struct {
		Odd chan int `yaml:"odd"`
	}
	fnconfig.Decode(yaml.MustParse("odd: 1").YNode(), &c)
}

// TestFieldNames: inline structs count as the struct's own fields.
func TestFieldNames(t *testing.T) {
	if got := fmt.Sprint(fnconfig.FieldNames(reflect.TypeFor[config]())); got != "[apiVersion kind metadata spec]" {
		t.Error(got)
	}
	if got := fnconfig.FieldNames(reflect.TypeFor[struct{}]()); got != nil {
		t.Error(got)
	}
}

// TestClosest: a suggestion helps or is left out.
func TestClosest(t *testing.T) {
	kinds := []string{"PinOperators", "InjectNamespace", "SealSecrets", "SizeEventStreams", "GenerateArgoApps", "Pipeline"}
	fields := []string{"apiVersion", "kind", "metadata", "spec", "name", "channel", "version", "startingCSV", "source", "sourceNamespace"}
	for name, tc := range map[string]struct {
		reason string
		known  []string
		want   string
	}{
		"PinOperator":     {"one letter short", kinds, "PinOperators"},
		"pinoperators":    {"case alone", kinds, "PinOperators"},
		"SealSecret":      {"one letter short", kinds, "SealSecrets"},
		"PipeLine":        {"case alone", kinds, "Pipeline"},
		"InjectNamespce":  {"one letter short", kinds, "InjectNamespace"},
		"Deployment":      {"nothing is near", kinds, ""},
		"Pin":             {"its beginning", kinds, "PinOperators"},
		"Pi":              {"too short to guess", kinds, ""},
		"warning":         {"longer than it should be", []string{"error", "warn", "ignore"}, "warn"},
		"env":             {"shorter than it should be", []string{"spec", "environment"}, "environment"},
		"sourc":           {"an edit before a beginning", fields, "source"},
		"":                {"nothing at all", kinds, ""},
		"chanel":          {"one letter short", fields, "channel"},
		"chanenl":         {"two letters the wrong way round", fields, "channel"},
		"nmae":            {"two letters the wrong way round, in a short name", fields, "name"},
		"spce":            {"two letters the wrong way round, in a short name", fields, "spec"},
		"knid":            {"two letters the wrong way round, in a short name", fields, "kind"},
		"startingCsv":     {"case alone", fields, "startingCSV"},
		"startingcsv":     {"case alone", fields, "startingCSV"},
		"source":          {"itself", fields, "source"},
		"sourcenamespace": {"case before distance", fields, "sourceNamespace"},
		"abc":             {"an edit of a third at most", fields, ""},
		"über":            {"bytes that are no ASCII", fields, ""},
	} {
		if got := fnconfig.Closest(name, tc.known); got != tc.want {
			t.Errorf("%q: %s: got %q, want %q", name, tc.reason, got, tc.want)
		}
	}
	if a, b := fnconfig.Closest("b", []string{"a", "c"}), fnconfig.Closest("b", []string{"c", "a"}); a != b {
		t.Errorf("the order of the names changes the suggestion: %q, %q", a, b)
	}
	if got := fnconfig.Suggest("x", nil); got != "" {
		t.Errorf("without names: %q", got)
	}
	if got := fnconfig.Suggest("xyz", []string{"dev", "prod"}); got != "; known are dev, prod" {
		t.Errorf("%q", got)
	}
}

// plain has types that YAML itself decodes.
type plain struct {
	Text  string            `yaml:"text"`
	Count int               `yaml:"count"`
	Share float64           `yaml:"share"`
	On    bool              `yaml:"on"`
	Names []string          `yaml:"names"`
	Map   map[string]string `yaml:"map"`
	Deep  *plain            `yaml:"deep"`
	List  []plain           `yaml:"list"`
}

// FuzzDecode decodes anything: it may find problems, it may not panic, and what
// it accepts is what a YAML decoder that knows the fields reads.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		"text: a", "count: 3", "count: 010", "count: 0x10", "share: 1e3", "share: .5", "on: true", "on: yes", "names: [a, 1]", "map: {a: b, a: c}",
		"deep: {deep: {text: '3'}}", "list: [{text: a}, ~]", "text: 2024-01-01", "text: |\n  a\n", "text: !!str 3", "count: !!int '3'", "x: &a [*a]",
		"map: {<<: {a: b}}", "? [a]\n: b", "~: a", "text: !foo bar", "names: [&a b, *a]", "count: +3", "count: -0", "share: -0", "text: !!binary aGk=",
		"spec: {level: warn, size: 1Gi, operators: {a: {version: '1'}}}\nmetadata: {x: y}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var doc yaml.Node
		if yaml.Unmarshal([]byte(text), &doc) != nil || len(doc.Content) == 0 {
			return
		}
		var c config
		for _, p := range fnconfig.Decode(doc.Content[0], &c) {
			if p.Message == "" {
				t.Fatalf("%+v", p)
			}
		}
		var got, want plain
		if fnconfig.Decode(doc.Content[0], &got) != nil || odd(&doc) {
			return
		}
		decoder := yaml.NewDecoder(strings.NewReader(text))
		decoder.KnownFields(true)
		if err := decoder.Decode(&want); err != nil {
			t.Fatalf("accepted, but YAML says %v", err)
		}
		if g, w := fmt.Sprintf("%+v", flat(got)), fmt.Sprintf("%+v", flat(want)); g != w {
			t.Fatalf("got  %s\nwant %s", g, w)
		}
	})
}

// odd says that the frame would have changed the node before it is decoded, or
// that YAML decodes it by a tag that people don't write.
func odd(node *yaml.Node) bool {
	if node.Kind == yaml.AliasNode || node.Style&yaml.TaggedStyle != 0 || node.Value == "<<" {
		return true
	}
	return slices.ContainsFunc(node.Content, odd)
}

// flat prints a plain without pointers, and empty lists as nil.
func flat(p plain) string {
	deep := ""
	if p.Deep != nil {
		deep = flat(*p.Deep)
	}
	var list []string
	for _, entry := range p.List {
		list = append(list, flat(entry))
	}
	return fmt.Sprintf("%q %d %v %v %q %q {%s} %q", p.Text, p.Count, p.Share+0, p.On, p.Names, p.Map, deep, list)
}
