package pinoperators

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/catalog"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// pinOperands writes the operands' versions, and returns the items with those
// that had to be made behind.
func (c *PinOperators) pinOperands(items []*yaml.RNode, facts *facts) ([]*yaml.RNode, fn.Results) {
	if len(c.Spec.Operands) == 0 {
		return items, nil
	}
	pins, results := c.operatorPins(items)
	if results.Failed() {
		return items, results
	}
	kinds, err := operandKinds(facts)
	if err != nil {
		return items, fn.Results{c.Errorf("spec.operands", "internal error, please report it: %v", err)}
	}
	named := map[string][]view.Operand{}
	for _, o := range view.Manifests(items) {
		named[o.Name()] = append(named[o.Name()], view.Operand{Object: o})
	}
	for _, name := range solution.Names(c.Spec.Operands) {
		o := &operand{
			config: c, pin: c.Spec.Operands[name], path: view.Path("spec", "operands", name), items: items,
		}
		found := o.find(name, named[name], kinds, pins)
		if o.object.IsZero() {
			results = append(results, found...)
			continue
		}
		found = append(found, o.check(facts, pins)...)
		if !found.Failed() {
			found = append(found, o.write()...)
		}
		results, items = append(results, found...), o.items
	}
	return items, results
}

// operatorPins are the pins that operands are checked against: the config's own
// and those of operatorsFrom.
func (c *PinOperators) operatorPins(items []*yaml.RNode) (map[string]Pin, fn.Results) {
	pins := map[string]Pin{}
	if c.Spec.OperatorsFrom != "" {
		other, results := c.other(items)
		if results.Failed() {
			return nil, results
		}
		maps.Copy(pins, other.Spec.Operators)
	}
	maps.Copy(pins, c.Spec.Operators)
	return pins, nil
}

// other finds the PinOperators that operatorsFrom names.
func (c *PinOperators) other(items []*yaml.RNode) (*PinOperators, fn.Results) {
	var names []string
	for _, item := range items {
		o := view.Of(item)
		if !o.Is(fn.Group, Function.Kind) {
			continue
		}
		names = append(names, o.Name())
		if o.Name() != c.Spec.OperatorsFrom {
			continue
		}
		other := &PinOperators{}
		var results fn.Results
		for _, problem := range fnconfig.Decode(o.Node(), other) {
			results = append(results, fn.Errorf(o.Ref(), problem.Path, "%s", problem.Message))
		}
		if !results.Failed() {
			other.Default()
			results = append(results, other.Validate()...)
		}
		return other, results
	}
	slices.Sort(names)
	hint := "; list its folder under resources"
	if len(names) > 0 {
		hint = fnconfig.Suggest(c.Spec.OperatorsFrom, names)
	}
	return nil, fn.Results{c.Errorf("spec.operatorsFrom", "there is no PinOperators %q among the objects%s", c.Spec.OperatorsFrom, hint)}
}

// operandKinds tells which packages run a kind.
func operandKinds(facts *facts) (map[view.GroupKind][]string, error) {
	kinds := map[view.GroupKind][]string{}
	for _, name := range facts.names() {
		operator, known, err := facts.lookup(name)
		if err != nil || !known {
			return nil, err
		}
		for kind, operand := range operator.Operands {
			key := view.GroupKind{Group: operand.Group, Kind: kind}
			kinds[key] = append(kinds[key], name)
		}
	}
	return kinds, nil
}

// operand is one entry of spec.operands at work.
type operand struct {
	config *PinOperators
	pin    Operand
	// path of the entry.
	path string
	// items are all there are; what has to be made is put behind.
	items []*yaml.RNode
	// object is the operand itself.
	object view.Operand
	// olmPackage is its operator's; empty when the catalog knows none.
	olmPackage string
	// either are the packages of which one may run the operand, where no pin
	// tells which.
	either []string
	// operator is what the catalog knows of the package.
	operator *catalog.Operator
	// facts are what the catalog knows of the version; the zero value when it
	// does not know it.
	facts catalog.OperandVersion
	// listed is the catalog's entry that stands for the version.
	listed string
}

func (o *operand) errorf(field, format string, args ...any) fn.Result {
	return o.config.Errorf(o.path+field, format, args...)
}

// find finds the object and its operator's package.
func (o *operand) find(name string, named []view.Operand, kinds map[view.GroupKind][]string, pins map[string]Pin) fn.Results {
	var found []view.Operand
	for _, object := range named {
		_, runs := kinds[object.GroupKind()]
		if o.pin.Kind == object.Kind() || o.pin.Kind == "" && runs {
			found = append(found, object)
		}
	}
	switch len(found) {
	case 1:
	case 0:
		what := "no operand that the catalog knows"
		if o.pin.Kind != "" {
			what = "no " + o.pin.Kind
		}
		var results fn.Results
		o.config.Spec.Unmatched.Add(&results, o.errorf("", "%s has the name %q; add it, or say kind", what, name))
		return results
	default:
		all := make([]string, len(found))
		for i, object := range found {
			all[i] = object.Ref().String()
		}
		slices.Sort(all)
		return fn.Results{o.errorf("", "the name is that of several: %s; say kind, and render one environment at a time", strings.Join(all, ", "))}
	}
	o.object = found[0]
	packages := kinds[o.object.GroupKind()]
	pinned := slices.IndexFunc(packages, func(p string) bool { _, found := pins[p]; return found })
	switch {
	case pinned >= 0:
		o.olmPackage = packages[pinned]
	case len(packages) == 1:
		o.olmPackage = packages[0]
	case len(packages) > 1:
		o.either = packages
	}
	return nil
}

// check makes sure that the version exists, that the pinned operator runs it and
// that it is one step from the current one.
func (o *operand) check(facts *facts, pins map[string]Pin) fn.Results {
	kind := o.object.Kind()
	if o.either != nil {
		return append(o.checkProtocol(), o.unpinned(strings.Join(o.either, " or of "))...)
	}
	operator, known, err := facts.lookup(o.olmPackage)
	if err != nil || !known {
		return fn.Results{o.config.Warnf(o.path, "the catalog knows no operator of %s, so its version is written unchecked", kind)}
	}
	o.operator = operator
	versions := operator.Operands[kind].Versions
	if o.pin.Version == "" {
		_, o.facts, _ = operator.Operands[kind].Listed(o.object.ProductVersion())
		return o.checkProtocol()
	}
	if len(versions) == 0 {
		return append(o.checkProtocol(), o.config.Warnf(o.path+".version", "the catalog does not know the versions of %s, so it is written unchecked", kind))
	}
	var found bool
	if o.listed, o.facts, found = operator.Operands[kind].Listed(o.pin.Version); !found {
		return o.unknown(versions)
	}
	results := append(o.checkProtocol(), o.checkOperator(pins)...)
	return append(results, o.checkStep()...)
}

// unknown reports a version that the catalog does not list.
func (o *operand) unknown(versions map[string]catalog.OperandVersion) fn.Results {
	kind := o.object.Kind()
	if csv, listed := o.operator.CSVOf(o.pin.Version); listed {
		return fn.Results{o.errorf(".version", "%s is a version of the operator %s, not of the operand %s; that operator runs %s",
			o.pin.Version, o.olmPackage, kind, abridged(o.operator.Supported(kind, catalog.Release{CSV: csv, Version: o.pin.Version})))}
	}
	level := fn.LevelWarn
	if o.operator.Complete {
		level = fn.LevelError
	}
	names := solution.Names(versions)
	slices.SortFunc(names, catalog.Compare)
	if near := sameMinor(names, o.pin.Version); len(near) > 0 {
		names = near
	}
	var results fn.Results
	level.Add(&results, o.errorf(".version", "the catalog has no version %s of %s; it has %s", o.pin.Version, kind, abridged(names)))
	return results
}

// checkOperator makes sure that the pinned operator runs the version.
func (o *operand) checkOperator(pins map[string]Pin) fn.Results {
	pin, pinned := pins[o.olmPackage]
	if !pinned {
		return o.unpinned(o.olmPackage)
	}
	kind := o.object.Kind()
	release, results := o.pinnedRelease(pin)
	supported := o.operator.Supported(kind, release)
	switch {
	case results.Failed(), slices.Contains(supported, o.listed):
		return results
	case len(supported) == 0:
		return append(results, o.config.Warnf(o.path+".version", "the catalog can't tell which versions of %s the pinned operator runs, so %s is unchecked", kind, o.pin.Version))
	}
	operators := o.operator.Operators(kind, o.listed)
	for i, csv := range operators {
		if _, version := splitCSV(csv); version != "" {
			operators[i] = version
		}
	}
	return append(results, o.errorf(".version", "the pinned operator %s %s does not run %s %s; it runs %s; %s is run by the operators %s",
		o.olmPackage, release.Version, kind, o.pin.Version, strings.Join(supported, ", "), o.pin.Version, strings.Join(operators, ", ")))
}

// unpinned reports that no pin tells what the operator runs.
func (o *operand) unpinned(packages string) fn.Results {
	if o.pin.Version == "" {
		return nil
	}
	return fn.Results{o.config.Warnf(o.path+".version",
		"there is no pin of %s, so nothing says that the operator runs %s; add it to operators, or name the PinOperators that has it in operatorsFrom", packages, o.pin.Version)}
}

// pinnedRelease is the release that a pin stands for: of a channel its head, else
// the minor version that the channel's name holds.
func (o *operand) pinnedRelease(pin Pin) (catalog.Release, fn.Results) {
	if pin.Version != "" {
		version, results := o.config.narrow(o.olmPackage, pin, o.operator)
		return catalog.Release{CSV: csvOf(o.operator, version), Version: version},
			slices.DeleteFunc(results, func(r fn.Result) bool { return r.Severity == fn.Info })
	}
	csv := pin.StartingCSV
	if head, listed := o.operator.Channels[pin.Channel].Head(); csv == "" && listed {
		csv = head.Name
	}
	if csv != "" {
		return catalog.Release{CSV: csv, Version: versionOf(o.operator, csv)}, nil
	}
	if minor := channelMinor.FindString(pin.Channel); minor != "" {
		return catalog.Release{Version: minor + ".0"}, nil
	}
	return catalog.Release{}, nil
}

// channelMinor is the minor version in a channel's name: 7.3 in v7.3-sc2.
var channelMinor = regexp.MustCompile(`\d+\.\d+`)

// checkStep makes sure that the version is one step from the one that runs. What
// the object says is what the base says, which need not run: from there more
// steps are a warning.
func (o *operand) checkStep() fn.Results {
	kind := o.object.Kind()
	from, level, remedy := o.pin.Current, fn.LevelError, "pin %s first"
	if from == "" {
		from, level, remedy = o.object.ProductVersion(), fn.LevelWarn, "if the former runs, go to %s first; say what runs in current"
	}
	runs, _, listed := o.operator.Operands[kind].Listed(from)
	if !listed {
		if o.pin.Current == "" {
			return nil
		}
		return fn.Results{o.config.Warnf(o.path+".current", "the catalog has no version %s of %s, so the step to %s is unchecked", from, kind, o.pin.Version)}
	}
	stops, known := o.operator.OperandPath(kind, from, o.pin.Version)
	var results fn.Results
	switch {
	case !known || len(stops) == 1 || runs == o.listed:
	case len(stops) == 0:
		level.Add(&results, o.errorf(".version", "no upgrade leads from %s to %s; %s does not go back", from, o.pin.Version, kind))
	default:
		level.Add(&results, o.errorf(".version", "%s is %d steps from %s: %s; "+remedy,
			o.pin.Version, len(stops), from, strings.Join(stops, ", "), stops[0]).Change(from, stops[0]))
	}
	return results
}

// checkProtocol makes sure that the brokers speak the protocol.
func (o *operand) checkProtocol() fn.Results {
	switch {
	case o.pin.ProtocolVersion == "":
		return nil
	case !o.object.RunsKafka():
		return fn.Results{o.errorf(".protocolVersion", "is Kafka's, and %s is no Kafka cluster; remove it", o.object.Kind())}
	case o.facts.Metadata == catalog.KRaft:
		return fn.Results{o.errorf(".protocolVersion", "%s %s runs without ZooKeeper, and such brokers have no %s; remove it",
			o.object.Kind(), o.pin.Version, view.ProtocolKey)}
	}
	kafka, version := o.facts.Kafka, o.pin.Version
	if version == "" {
		version = o.object.ProductVersion()
	}
	if o.object.Is(view.StrimziGroup, "Kafka") {
		kafka = version
	}
	runs, err := semver.NewVersion(kafka)
	if err != nil {
		return nil
	}
	if asked, err := semver.NewVersion(strings.SplitN(o.pin.ProtocolVersion, "-", 2)[0]); err == nil && asked.GreaterThan(runs) {
		return fn.Results{o.errorf(".protocolVersion", "is %s, and %s %s runs Kafka %s, which does not speak it; expected %d.%d or earlier",
			o.pin.ProtocolVersion, o.object.Kind(), version, kafka, runs.Major(), runs.Minor()).
			Change(o.pin.ProtocolVersion, fmt.Sprintf("%d.%d", runs.Major(), runs.Minor()))}
	}
	return nil
}

// write writes the version and what goes with it.
func (o *operand) write() fn.Results {
	var results fn.Results
	if path := o.object.Misshapen(); path != "" {
		return fn.Results{fn.Errorf(o.object.Ref(), path, "is neither a map nor a list of what belongs there")}
	}
	if o.pin.Version != "" {
		if o.facts.API != "" {
			results = o.convert()
		}
		if results.Failed() {
			return results
		}
		o.object.SetProductVersion(o.pin.Version)
	}
	if o.pin.ProtocolVersion != "" {
		o.object.SetProtocol(o.pin.ProtocolVersion)
	}
	return results
}
