package catalog

import (
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
)

// UpgradePath returns the versions from one of the operator's to another: the
// stops in between and the target, with the fewest stops and of these the
// newest. It is empty when there is no path; known is false when the catalog
// has no edges of the package at all.
//
// The edges are those of the CSVs (replaces, skips, skipRange), in one channel
// or, where channel is empty, in any. Where no CSV has any, they are those that
// the vendor documents (upgrades), and without these an operator upgrades as its
// operands do.
func (o *Operator) UpgradePath(channel, from, to string) (path []string, known bool) {
	g := o.releases(channel)
	if g == nil {
		return nil, false
	}
	return g.path(from, to), true
}

// OperandPath is UpgradePath for the versions of an operand.
func (o *Operator) OperandPath(kind, from, to string) (path []string, known bool) {
	operand := o.Operands[kind]
	if len(operand.Upgrades) == 0 {
		return nil, false
	}
	from, _, _ = operand.Listed(from)
	to, _, _ = operand.Listed(to)
	g := &graph{versions: sorted(operand.Versions)}
	g.edge = edges(operand.Upgrades)
	return g.path(from, to), true
}

// Release is one of the operator's releases, as far as it is known: the CSV's
// name, its version, or both.
type Release struct{ CSV, Version string }

// Supported lists the versions of an operand that a release runs: those that
// came with it, and those from which that is one step, since they run until
// somebody upgrades them; or those whose operators it is one of.
func (o *Operator) Supported(kind string, release Release) []string {
	operand := o.Operands[kind]
	edge, m := edges(operand.Upgrades), newMatcher()
	core, _, _ := strings.Cut(release.Version, "-") // a build number: 2.2.0-4
	var supported []string
	versions := sorted(operand.Versions)
	for _, version := range versions {
		runs := func(target string) bool {
			return slices.Contains(operand.Versions[target].CSVs, release.CSV) && (target == version || edge(version, target))
		}
		if slices.ContainsFunc(versions, runs) || m.matches(operand.Versions[version].Operators, core) {
			supported = append(supported, version)
		}
	}
	return supported
}

// Operators lists the operators that run a version of an operand, from the
// oldest: CSVs, or one range of versions.
func (o *Operator) Operators(kind, version string) []string {
	operand := o.Operands[kind]
	version, release, _ := operand.Listed(version)
	if release.Operators != "" {
		return []string{release.Operators}
	}
	edge := edges(operand.Upgrades)
	var csvs []string
	for _, target := range sorted(operand.Versions) {
		if target == version || edge(version, target) {
			csvs = append(csvs, operand.Versions[target].CSVs...)
		}
	}
	return csvs
}

// edges returns the steps between versions that a list of upgrades allows. A
// range that does not parse gives none.
func edges(upgrades []Upgrade) func(from, to string) bool {
	m := newMatcher()
	return func(a, b string) bool {
		from, to := m.version(a), m.version(b)
		if from == nil || to == nil || !from.LessThan(to) {
			return false
		}
		if from.Major() == to.Major() && from.Minor() == to.Minor() {
			return true
		}
		return slices.ContainsFunc(upgrades, func(u Upgrade) bool { return m.matches(u.From, a) && m.matches(u.To, b) })
	}
}

// matcher remembers what it was asked: checking a range is slow, since the
// library makes an error message of each that does not match.
type matcher struct {
	ranges   map[string]*semver.Constraints
	versions map[string]*semver.Version
	known    map[[2]string]bool
}

func newMatcher() matcher {
	return matcher{ranges: map[string]*semver.Constraints{}, versions: map[string]*semver.Version{}, known: map[[2]string]bool{}}
}

// version returns a version, nil for what is none.
func (m matcher) version(text string) *semver.Version {
	version, known := m.versions[text]
	if !known {
		if v, err := semver.NewVersion(text); err == nil {
			version = v
		}
		m.versions[text] = version
	}
	return version
}

// matches says whether a version is in a range.
func (m matcher) matches(text, version string) bool {
	if text == "" {
		return false
	}
	question := [2]string{text, version}
	answer, known := m.known[question]
	if known {
		return answer
	}
	constraint, parsed := m.ranges[text]
	if !parsed {
		if c, err := semver.NewConstraint(text); err == nil {
			constraint = c
		}
		m.ranges[text] = constraint
	}
	v := m.version(version)
	answer = constraint != nil && v != nil && constraint.Check(v)
	m.known[question] = answer
	return answer
}

// releases is the graph of the operator's versions, nil when nothing is known.
func (o *Operator) releases(channel string) *graph {
	g := &graph{}
	known := false
	entries := map[string][]CSV{}
	names := map[string]string{}
	for name, c := range o.Channels {
		for _, csv := range c.CSVs {
			names[csv.Name] = csv.Version
			g.versions = append(g.versions, csv.Version)
			known = known || csv.Replaces != "" || csv.SkipRange != "" || len(csv.Skips) > 0
			if channel == "" || name == channel {
				entries[csv.Version] = append(entries[csv.Version], csv)
			}
		}
	}
	slices.SortFunc(g.versions, Compare)
	g.versions = slices.Compact(g.versions)
	if known {
		g.edge = csvEdges(entries, names)
		return g
	}
	if len(o.Upgrades) > 0 {
		g.edge = edges(o.Upgrades)
		return g
	}
	brings := o.brings()
	if len(brings) == 0 {
		return nil
	}
	steps := map[string]func(from, to string) bool{}
	for kind := range o.Operands {
		steps[kind] = edges(o.Operands[kind].Upgrades)
	}
	position := map[string]int{}
	for i, version := range g.versions {
		position[version] = i
	}
	g.edge = func(from, to string) bool {
		a, b := brings[from], brings[to]
		if position[from] >= position[to] || a.kind != b.kind || a.kind == "" {
			return false
		}
		return a.version == b.version || steps[a.kind](a.version, b.version)
	}
	return g
}

type brought struct{ kind, version string }

// brings tells which operand's version came with each of the operator's, for
// operands whose upgrades are known.
func (o *Operator) brings() map[string]brought {
	versionOf := map[string]string{}
	for _, channel := range o.Channels {
		for _, csv := range channel.CSVs {
			versionOf[csv.Name] = csv.Version
		}
	}
	brings := map[string]brought{}
	for _, kind := range sorted(o.Operands) {
		if len(o.Operands[kind].Upgrades) == 0 {
			continue
		}
		for version, release := range o.Operands[kind].Versions {
			for _, csv := range release.CSVs {
				brings[versionOf[csv]] = brought{kind, version}
			}
		}
	}
	return brings
}

// csvEdges returns the edges that CSVs declare. A range that does not parse
// gives none.
func csvEdges(entries map[string][]CSV, versionOf map[string]string) func(from, to string) bool {
	m := newMatcher()
	return func(from, to string) bool {
		return slices.ContainsFunc(entries[to], func(csv CSV) bool {
			if csv.Replaces != "" && versionOf[csv.Replaces] == from {
				return true
			}
			if slices.ContainsFunc(csv.Skips, func(name string) bool { return versionOf[name] == from }) {
				return true
			}
			return csv.SkipRange != "" && from != to && m.matches(csv.SkipRange, from)
		})
	}
}

// graph is a set of versions, from the oldest, and the steps between them.
type graph struct {
	versions []string
	edge     func(from, to string) bool
}

// path returns the versions behind from up to to, with the fewest stops. Cycles
// do no harm.
func (g *graph) path(from, to string) []string {
	const far = -1
	distance := map[string]int{}
	for _, version := range g.versions {
		distance[version] = far
	}
	if distance[from] != far || distance[to] != far { // a missing one reads 0
		return nil
	}
	distance[to] = 0
	for queue := []string{to}; len(queue) > 0; queue = queue[1:] {
		for _, version := range g.versions {
			if distance[version] == far && g.edge(version, queue[0]) {
				distance[version] = distance[queue[0]] + 1
				queue = append(queue, version)
			}
		}
	}
	if distance[from] == far {
		return nil
	}
	path := []string{}
	for at := from; at != to; {
		for _, version := range slices.Backward(g.versions) {
			if distance[version] == distance[at]-1 && g.edge(at, version) {
				at = version
				break
			}
		}
		path = append(path, at)
	}
	return path
}

func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.SortFunc(names, Compare)
	return names
}
