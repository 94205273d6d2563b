package injectnamespace

import (
	"slices"
	"strconv"
	"strings"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

// noteField notes a change of one field that the walk does not make.
func (w *walker) noteField(path, from, to string) {
	if w.record && from != to {
		w.notes = append(w.notes, note{path, from, to})
	}
}

// report says in one result what changed in an object.
func (r *run) report(o view.Object, notes []note) {
	if !r.config.Spec.Report || len(notes) == 0 {
		return
	}
	type change struct{ from, to string }
	var changes []change
	fields := map[change][]string{}
	for _, n := range notes {
		c := change{n.from, n.to}
		if fields[c] == nil {
			changes = append(changes, c)
		}
		if !slices.Contains(fields[c], n.path) {
			fields[c] = append(fields[c], n.path)
		}
	}
	parts := make([]string, len(changes))
	for i, c := range changes {
		parts[i] = strconv.Quote(c.from) + " becomes " + strconv.Quote(c.to)
		if c.from == "" {
			parts[i] = strconv.Quote(c.to) + " is set"
		}
		parts[i] += " in " + strings.Join(fields[c], ", ")
	}
	result := fn.Infof(o.Ref(), "", "%s", strings.Join(parts, "; "))
	if len(notes) == 1 {
		result.Field = notes[0].path
	}
	if len(changes) == 1 {
		result = result.Change(changes[0].from, changes[0].to)
	}
	r.results = append(r.results, result)
}

// reportScripts reports scripts that name what moves, under scripts: error.
func (r *run) reportScripts(ref view.Ref, refused []finding) {
	for _, f := range refused {
		r.results = append(r.results, fn.Errorf(ref, f.path,
			"the script names %q; take it from the pod (fieldRef metadata.namespace) or from Tekton ($(context.taskRun.namespace)), or set scripts: rewrite", f.identity))
	}
}
