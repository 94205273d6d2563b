package fn

import (
	"fmt"
	"maps"
	"strings"
	"unicode"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/functions/view"
)

// Severity of a Result, in the words of the ResourceList's schema.
type Severity string

// The severities, the gravest first.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Result is one finding. Message, Current and Proposed never hold a secret's
// value.
type Result struct {
	// Severity is Error when it is left out, as the schema has it.
	Severity Severity
	// Message says what is wrong, what is allowed and what to do.
	Message string
	// Ref is the object that the finding is about; zero when there is none.
	Ref view.Ref
	// Field is the path of the field (see view.Path), empty for the object.
	Field string
	// Current and Proposed are the field's values, empty when not said.
	Current, Proposed string
	// Tags are for machines: a diagnostic's id, for one.
	Tags map[string]string
}

// Errorf returns an error about a field of an object.
func Errorf(ref view.Ref, field, format string, args ...any) Result {
	return Result{Severity: Error, Ref: ref, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Warnf returns a warning about a field of an object.
func Warnf(ref view.Ref, field, format string, args ...any) Result {
	return Result{Severity: Warning, Ref: ref, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Infof returns a note about a field of an object: it is in the results and
// not on stderr.
func Infof(ref view.Ref, field, format string, args ...any) Result {
	return Result{Severity: Info, Ref: ref, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Change adds the field's value now and as it should be.
func (r Result) Change(current, proposed string) Result {
	r.Current, r.Proposed = current, proposed
	return r
}

// Tag adds a tag.
func (r Result) Tag(key, value string) Result {
	tags := map[string]string{key: value}
	maps.Copy(tags, r.Tags)
	r.Tags = tags
	return r
}

// String is the line on stderr:
// "severity: apiVersion Kind namespace/name: field: message".
func (r Result) String() string {
	parts := []string{string(r.severity())}
	for _, part := range []string{r.Ref.String(), r.Field, r.Message} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	blank := func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }
	return strings.Join(strings.FieldsFunc(strings.Join(parts, ": "), blank), " ")
}

func (r Result) severity() Severity {
	if r.Severity == Warning || r.Severity == Info {
		return r.Severity
	}
	return Error
}

// Results are findings in the order in which they were found.
type Results []Result

// Failed says whether any result is an error.
func (r Results) Failed() bool {
	for i := range r {
		if r[i].severity() == Error {
			return true
		}
	}
	return false
}

// Err returns the errors as one error, nil when there are none.
func (r Results) Err() error {
	var lines []string
	for i := range r {
		if r[i].severity() == Error {
			lines = append(lines, strings.TrimPrefix(r[i].String(), string(Error)+": "))
		}
	}
	if lines == nil {
		return nil
	}
	return fmt.Errorf("%s", strings.Join(lines, "\n"))
}

// node renders the result as the ResourceList's schema has it.
func (r Result) node() *yaml.Node {
	m := view.Map("message", text(r.Message), "severity", text(string(r.severity())))
	if r.Ref != (view.Ref{}) {
		ref := view.Map()
		for _, field := range [][2]string{
			{"apiVersion", r.Ref.APIVersion}, {"kind", r.Ref.Kind},
			{"name", r.Ref.Name}, {"namespace", r.Ref.Namespace},
		} {
			if field[1] != "" {
				view.SetField(ref, field[0], text(field[1]))
			}
		}
		view.SetField(m, "resourceRef", ref)
	}
	if r.Field != "" {
		field := view.Map("path", text(r.Field))
		if r.Current != "" {
			view.SetField(field, "currentValue", text(r.Current))
		}
		if r.Proposed != "" {
			view.SetField(field, "proposedValue", text(r.Proposed))
		}
		view.SetField(m, "field", field)
	}
	if len(r.Tags) > 0 {
		tags := view.Map()
		for _, key := range sortedKeys(r.Tags) {
			view.SetField(tags, key, text(r.Tags[key]))
		}
		view.SetField(m, "tags", tags)
	}
	keepValues(m)
	return m
}

// text is a string that YAML can hold: a message may quote half a character.
func text(value string) *yaml.Node {
	return view.String(strings.ToValidUTF8(value, "\uFFFD"))
}
