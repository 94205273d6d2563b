package olmcatalog

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/eda-gitops/functions/catalog"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/solution"
)

// Read reads a File-Based Catalog and returns the facts of the packages asked
// for, of all of them when none is, by package. Origin is where they come from,
// for people. Every problem of the catalog is an error, all of them at once; one
// that can't be read ends the reading.
func Read(r io.Reader, origin string, packages ...string) (map[string]*catalog.Operator, error) {
	c := &reader{
		wanted:   func(name string) bool { return len(packages) == 0 || slices.Contains(packages, name) },
		packages: map[string]*olmPackage{}, seen: map[string]bool{},
	}
	if err := blobs(r, c.wanted, c.add); err != nil {
		return nil, err
	}
	errs := c.errs
	for _, name := range packages {
		if c.packages[name] == nil {
			errs = append(errs, fmt.Errorf("has no package %s%s", name, fnconfig.Suggest(name, solution.Names(c.seen))))
		}
	}
	if len(c.seen) == 0 {
		errs = append(errs, errors.New("has no olm.package; expected a File-Based Catalog, as opm render prints it"))
	}
	operators := map[string]*catalog.Operator{}
	for _, name := range solution.Names(c.packages) {
		operator, problems := c.packages[name].operator(name, origin)
		operators[name] = operator
		errs = append(errs, problems...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return operators, nil
}

// reader keeps what was read so far.
type reader struct {
	wanted   func(string) bool
	packages map[string]*olmPackage
	// seen are the names of all packages.
	seen map[string]bool
	errs []error
}

type olmPackage struct {
	declared bool
	channels map[string][]entry
	bundles  map[string]release
	// deprecated messages by schema and name of what they are about.
	deprecated map[[2]string]string
}

func (c *reader) errorf(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

func (c *reader) of(name string) *olmPackage {
	if c.packages[name] == nil {
		c.packages[name] = &olmPackage{
			channels: map[string][]entry{}, bundles: map[string]release{}, deprecated: map[[2]string]string{},
		}
	}
	return c.packages[name]
}

// add takes in one blob; those of other schemas are none of ours.
func (c *reader) add(b *blob) error {
	name := b.Package
	switch b.Schema {
	case schemaPackage:
		name = b.Name
		c.seen[name] = true
	case schemaChannel, schemaBundle, schemaDeprecations:
	case "":
		return errors.New("has no schema; expected olm.package, olm.channel, olm.bundle or another of a File-Based Catalog")
	default:
		return nil
	}
	if name == "" {
		return fmt.Errorf("%s %q names no package", b.Schema, b.Name)
	}
	if !c.wanted(name) {
		return nil
	}
	p := c.of(name)
	switch b.Schema {
	case schemaPackage:
		if p.declared {
			c.errorf("package %s is declared twice", name)
		}
		p.declared = true
	case schemaChannel:
		if _, twice := p.channels[b.Name]; twice {
			c.errorf("package %s has two channels %q; which one is meant can't be told", name, b.Name)
		}
		p.channels[b.Name] = b.Entries
	case schemaBundle:
		if _, twice := p.bundles[b.Name]; twice {
			c.errorf("package %s has two bundles %s", name, b.Name)
		}
		var err error
		p.bundles[b.Name], err = readBundle(b)
		if err != nil {
			c.errorf("package %s: %w", name, err)
		}
	case schemaDeprecations:
		for _, e := range b.Entries {
			p.deprecated[[2]string{e.Reference.Schema, e.Reference.Name}] = strings.Join(strings.Fields(e.Message), " ")
		}
	}
	return nil
}

// operator makes the facts of one package.
func (p *olmPackage) operator(name, origin string) (*catalog.Operator, []error) {
	o := &catalog.Operator{Package: name, DisplayName: name, Origin: origin, Complete: true, Channels: map[string]catalog.Channel{}}
	var errs []error
	if !p.declared {
		errs = append(errs, fmt.Errorf("package %s has channels or bundles and no olm.package", name))
	}
	if len(p.channels) == 0 {
		errs = append(errs, fmt.Errorf("package %s has no channel", name))
	}
	var newest catalog.CSV
	for _, channelName := range solution.Names(p.channels) {
		channel := catalog.Channel{Origin: origin, Lifecycle: p.lifecycle(schemaChannel, channelName, origin)}
		for _, e := range p.channels[channelName] {
			bundle, found := p.bundles[e.Name]
			if !found {
				errs = append(errs, fmt.Errorf("package %s: channel %s: there is no bundle %s", name, channelName, e.Name))
			}
			channel.CSVs = append(channel.CSVs, catalog.CSV{
				Name: e.Name, Version: bundle.version, Replaces: e.Replaces, Skips: e.Skips, SkipRange: e.SkipRange,
			})
		}
		if circle := channel.Circle(); circle != nil {
			errs = append(errs, fmt.Errorf("package %s: channel %s: the CSVs replace each other in a circle: %s", name, channelName, strings.Join(circle, " replaces ")))
		}
		sortCSVs(channel.CSVs)
		if head, found := channel.Head(); found && (newest.Name == "" || compare(newest.Version, head.Version) < 0) {
			newest = head
		}
		o.Channels[channelName] = channel
	}
	o.Lifecycle = p.lifecycle(schemaPackage, "", origin)
	bundle := p.bundles[newest.Name]
	o.DisplayName = cmp.Or(bundle.displayName, name)
	for _, mode := range bundle.installModes {
		o.InstallModes = append(o.InstallModes, catalog.InstallMode(mode))
	}
	slices.Sort(o.InstallModes)
	for _, problem := range o.Check() {
		if !strings.Contains(problem.Message, "circle") && !strings.Contains(problem.Message, "needs name") { // told already
			errs = append(errs, fmt.Errorf("package %s: %s: %s", name, problem.Path, problem.Message))
		}
	}
	return o, errs
}

func (p *olmPackage) lifecycle(schema, name, origin string) *catalog.Lifecycle {
	message, found := p.deprecated[[2]string{schema, name}]
	if !found {
		return nil
	}
	return &catalog.Lifecycle{Deprecated: cmp.Or(message, "its vendor deprecated it"), Origin: origin}
}

// sortCSVs puts a channel's releases into the order of their versions, its head
// last: the one that no other upgrades, as OLM finds it.
func sortCSVs(csvs []catalog.CSV) {
	slices.SortStableFunc(csvs, func(a, b catalog.CSV) int {
		return cmp.Or(compare(a.Version, b.Version), strings.Compare(a.Name, b.Name))
	})
	upgraded := map[string]bool{}
	for _, csv := range csvs {
		upgraded[csv.Replaces] = true
		for _, skipped := range csv.Skips {
			upgraded[skipped] = true
		}
	}
	for i, head := range slices.Backward(csvs) {
		if !upgraded[head.Name] {
			copy(csvs[i:], csvs[i+1:])
			csvs[len(csvs)-1] = head
			return
		}
	}
}

// compare orders versions by semver's rules, and others as text with numbers.
func compare(a, b string) int {
	first, err := semver.NewVersion(a)
	second, err2 := semver.NewVersion(b)
	if err != nil || err2 != nil {
		return catalog.Compare(a, b)
	}
	return cmp.Or(first.Compare(second), catalog.Compare(first.Metadata(), second.Metadata()))
}
