package pinoperators

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/catalog"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/solution"
	"github.com/eda-gitops/functions/functions/view"
)

// CreatedByAnnotation marks a Subscription that a pin created; its value is the
// config: "PinOperators/nonprod".
const CreatedByAnnotation = fn.Group + "/created-by"

// subscriptions are those among the items, by OLM package and by id.
type subscriptions struct {
	all       []view.Subscription
	byPackage map[string][]view.Subscription
	// ids counts those of one namespace and name.
	ids map[id]int
	// pinned are those that a pin matches.
	pinned map[*yaml.Node]bool
	// unsettled are those whose pin failed: what else is wrong with them can't
	// be told.
	unsettled map[*yaml.Node]bool
}

type id struct{ namespace, name string }

func index(items []*yaml.RNode) *subscriptions {
	s := &subscriptions{
		byPackage: map[string][]view.Subscription{}, ids: map[id]int{},
		pinned: map[*yaml.Node]bool{}, unsettled: map[*yaml.Node]bool{},
	}
	for _, sub := range view.Subscriptions(items) {
		s.add(sub)
	}
	return s
}

func (s *subscriptions) add(sub view.Subscription) {
	name := sub.Get(view.SubscriptionPackage)
	s.all = append(s.all, sub)
	s.byPackage[name] = append(s.byPackage[name], sub)
	s.ids[id{sub.Namespace(), sub.Name()}]++
}

func (s *subscriptions) move(sub view.Subscription, namespace string) {
	s.ids[id{sub.Namespace(), sub.Name()}]--
	sub.Move(namespace)
	s.ids[id{namespace, sub.Name()}]++
}

// Transform pins the Subscriptions among the items.
func (c *PinOperators) Transform(_ fn.Env, items []*yaml.RNode) ([]*yaml.RNode, fn.Results) {
	facts, results := readFacts(items)
	if results.Failed() {
		return items, results
	}
	results = append(results, c.pinSources(items)...)
	if c.Spec.OLM == V1 {
		var found fn.Results
		items, found = c.pinExtensions(items, facts)
		if results = append(results, found...); results.Failed() {
			return items, results
		}
	}
	subs := index(items)
	for _, name := range solution.Names(c.Spec.Operators) {
		if c.Spec.OLM == V1 {
			break // pinned above
		}
		created, found := c.pin(name, c.Spec.Operators[name], subs, facts)
		if created != nil {
			items = append(items, created.RNode())
		}
		results = append(results, found...)
	}
	for _, sub := range subs.all {
		results = append(results, c.inspect(sub, subs, facts)...)
	}
	if !results.Failed() { // what OLM does with half of the pins is no news
		results = append(results, c.aboutOLM(items, subs, facts)...)
	}
	if c.Spec.Approver.Enabled && !results.Failed() {
		items = c.approve(items, subs)
	}
	items, found := c.pinOperands(items, facts)
	return items, append(results, found...)
}

// pin applies one pin to the Subscriptions that it matches, or to one that it
// creates and returns.
func (c *PinOperators) pin(name string, pin Pin, subs *subscriptions, facts *facts) (*view.Subscription, fn.Results) {
	matched := pin.choose(subs.byPackage[name])
	for _, sub := range matched {
		subs.pinned[sub.Node()] = true
	}
	want, results := c.resolve(name, pin, facts)
	pin.Version = want.version
	if !results.Failed() {
		results = append(results, c.place(name, pin, matched, subs)...)
	}
	if results.Failed() {
		for _, sub := range matched {
			subs.unsettled[sub.Node()] = true
		}
		return nil, results
	}
	var created *view.Subscription
	switch {
	case len(matched) > 0:
	case pin.Create:
		sub, found := c.create(name, pin, want.operator, subs)
		results = append(results, found...)
		if found.Failed() {
			return nil, results
		}
		created, matched = &sub, []view.Subscription{sub}
	default:
		c.Spec.Unmatched.Add(&results, c.unmatched(name, subs))
	}
	for _, sub := range matched {
		if pin.Namespace != "" {
			subs.move(sub, pin.Namespace)
		}
		found := apply(name, pin, want, sub)
		subs.unsettled[sub.Node()] = found.Failed()
		results = append(results, found...)
	}
	return created, results
}

// choose picks the Subscriptions of a package that the pin is for. One that an
// earlier run moved from match.namespace is still meant.
func (p Pin) choose(subs []view.Subscription) []view.Subscription {
	named := func(namespace string) []view.Subscription {
		var chosen []view.Subscription
		for _, sub := range subs {
			if p.Match.Name != "" && sub.Name() != p.Match.Name || namespace != "" && sub.Namespace() != namespace {
				continue
			}
			chosen = append(chosen, sub)
		}
		return chosen
	}
	chosen := named(p.Match.Namespace)
	if len(chosen) == 0 && p.Match.Namespace != "" && p.Namespace != "" {
		chosen = named(p.Namespace)
	}
	return chosen
}

// place checks that the pin's namespace takes the Subscriptions: OLM resolves
// nothing in a namespace with two of one package.
func (c *PinOperators) place(name string, pin Pin, matched []view.Subscription, subs *subscriptions) fn.Results {
	if pin.Namespace == "" {
		return nil
	}
	if len(matched) > 1 {
		return fn.Results{c.Errorf(at(name, "namespace"),
			"would put %d Subscriptions of the package into namespace %s (%s); pick one with match", len(matched), pin.Namespace, refs(matched))}
	}
	var results fn.Results
	for _, sub := range matched {
		if sub.Namespace() == pin.Namespace {
			continue
		}
		results = append(results, c.takes(name, sub.Name(), pin.Namespace, subs)...)
	}
	return results
}

// takes checks that a namespace has room for a Subscription of a package.
func (c *PinOperators) takes(olmPackage, name, namespace string, subs *subscriptions) fn.Results {
	for _, sub := range subs.byPackage[olmPackage] {
		if sub.Namespace() == namespace {
			return fn.Results{c.Errorf(at(olmPackage, "namespace"),
				"namespace %s has a Subscription of the package already, %s; keep one", namespace, sub.Name())}
		}
	}
	if subs.ids[id{namespace, name}] > 0 {
		return fn.Results{c.Errorf(at(olmPackage, "namespace"),
			"namespace %s has a Subscription %s already, of another package; say match.name", namespace, name)}
	}
	return nil
}

// create makes a Subscription that says where the package comes from, and
// nothing of its release.
func (c *PinOperators) create(name string, pin Pin, operator *catalog.Operator, subs *subscriptions) (view.Subscription, fn.Results) {
	var results fn.Results
	need := func(field string, values ...string) string {
		if i := slices.IndexFunc(values, func(v string) bool { return v != "" }); i >= 0 {
			return values[i]
		}
		results = append(results, c.Errorf(at(name, field), "is missing: the catalog has none for a Subscription to create; add %s", field))
		return ""
	}
	namespace := need("namespace", pin.Namespace, pin.Match.Namespace, operator.Namespace)
	source := need("source", pin.Source, operator.Source)
	sourceNamespace := need("sourceNamespace", pin.SourceNamespace, operator.SourceNamespace)
	if results.Failed() {
		return view.Subscription{}, results
	}
	if results = c.takes(name, pin.objectName(name), namespace, subs); results.Failed() {
		return view.Subscription{}, results
	}
	sub := view.NewSubscription(namespace, pin.objectName(name), name)
	sub.SetAnnotation(CreatedByAnnotation, c.Ref().String())
	sub.Put(view.SubscriptionSource, source)
	sub.Put(view.SubscriptionSourceNamespace, sourceNamespace)
	subs.add(sub)
	subs.pinned[sub.Node()] = true
	return sub, nil
}

func (c *PinOperators) unmatched(name string, subs *subscriptions) fn.Result {
	path := at(name, "")
	if others := subs.byPackage[name]; len(others) > 0 {
		return c.Errorf(path+".match", "no Subscription of the package has this name and namespace; there is %s", refs(others))
	}
	for _, sub := range subs.all {
		if other := sub.Get(view.SubscriptionPackage); sub.Name() == name && other != "" {
			return c.Errorf(path, "no Subscription has spec.name %q; the one with that metadata.name has spec.name %q: pin that", name, other)
		}
	}
	packages := solution.Names(subs.byPackage)
	packages = slices.DeleteFunc(packages, func(p string) bool { return p == "" })
	if len(packages) == 0 {
		return c.Errorf(path, "matches nothing: there is no Subscription among the objects; add one, or say create: true")
	}
	return c.Errorf(path, "no Subscription has spec.name %q; add one, or say create: true%s", name, fnconfig.Suggest(name, packages))
}

func refs(subs []view.Subscription) string {
	names := make([]string, len(subs))
	for i, sub := range subs {
		names[i] = strings.TrimPrefix(sub.Namespace()+"/"+sub.Name(), "/")
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// apply writes what the pin says into a Subscription.
func apply(name string, pin Pin, want release, sub view.Subscription) fn.Results {
	put(sub, view.SubscriptionSource, pin.Source)
	put(sub, view.SubscriptionSourceNamespace, pin.SourceNamespace)
	put(sub, view.SubscriptionApproval, string(pin.InstallPlanApproval))
	if found := configure(sub, pin.Config); found.Failed() {
		return found
	}
	if !pin.holds() {
		results := keepOrDropCSV(want.operator, pin.Channel, sub)
		put(sub, view.SubscriptionChannel, pin.Channel)
		return append(results, checkInherited(want.operator, pin, sub)...)
	}
	channel, results := chooseChannel(name, pin, want, sub)
	if results.Failed() {
		return results
	}
	csv := want.csv
	if csv == "" {
		var found fn.Results
		csv, found = nameCSV(name, pin.Version, sub)
		results = append(results, found...)
	}
	put(sub, view.SubscriptionChannel, channel)
	put(sub, view.SubscriptionCSV, csv)
	put(sub, view.SubscriptionApproval, string(Manual))
	return results
}

// put writes what the pin says, and nothing where it says nothing.
func put(sub view.Subscription, field view.SubscriptionField, value string) {
	if value != "" {
		sub.Put(field, value)
	}
}

// chooseChannel picks the channel of a release: the pin's, else the
// Subscription's own where that has the CSV, else the one that is not
// deprecated.
func chooseChannel(name string, pin Pin, want release, sub view.Subscription) (string, fn.Results) {
	if pin.Channel != "" {
		return pin.Channel, nil
	}
	if own := sub.Get(view.SubscriptionChannel); slices.Contains(want.channels, own) {
		return own, nil
	}
	current := slices.DeleteFunc(slices.Clone(want.channels), func(channel string) bool {
		lifecycle := want.operator.Channels[channel].Lifecycle
		return lifecycle != nil && lifecycle.Deprecated != ""
	})
	if len(current) == 1 {
		return current[0], nil
	}
	return "", fn.Results{fn.Errorf(sub.Ref(), view.SubscriptionChannel.Path(), "%s is in the channels %s; add %s with the one that is meant",
		claimed(pin), strings.Join(want.channels, ", "), at(name, "channel"))}
}

// nameCSV names the CSV of a version after the one that the Subscription has,
// else after the package, as most are.
func nameCSV(name, version string, sub view.Subscription) (string, fn.Results) {
	own := sub.Get(view.SubscriptionCSV)
	if rest, same := strings.CutSuffix(own, version); same && strings.ContainsAny(rest[max(len(rest)-1, 0):], ".-v") {
		return own, nil
	}
	if prefix, _ := splitCSV(own); prefix != "" {
		return prefix + version, nil
	}
	csv := name + ".v" + version
	return csv, fn.Results{fn.Warnf(sub.Ref(), view.SubscriptionCSV.Path(),
		"the catalog does not know what this package's CSVs are called; %q is written, as most are; if it is another, say startingCSV", csv)}
}

// keepOrDropCSV removes the CSV that a Subscription has from another channel
// than the one that it is to get. It stays where that can't be told and the
// channel does not change.
func keepOrDropCSV(operator *catalog.Operator, channel string, sub view.Subscription) fn.Results {
	csv := sub.Get(view.SubscriptionCSV)
	if channel == "" || csv == "" || placeholder(csv) {
		return nil
	}
	reason := outside(operator, channel, csv, sub.Get(view.SubscriptionChannel))
	if reason == "" {
		return nil
	}
	sub.Drop(view.SubscriptionCSV)
	return fn.Results{fn.Warnf(sub.Ref(), view.SubscriptionCSV.Path(),
		"%q is removed: %s", csv, reason).Change(csv, "")}
}

// outside says why a CSV is not in a channel, empty when it is or may be.
func outside(operator *catalog.Operator, channel, csv, before string) string {
	if w, listed := operator.WrongFact(channel, csv); listed {
		return fmt.Sprintf("it is not in channel %q; %s", channel, w.Correction)
	}
	const remedy = "; to hold a release, pin version in place of channel"
	channels := operator.ChannelsOf(csv)
	switch {
	case slices.Contains(channels, channel):
		return ""
	case !operator.Complete && (channel == before || within(channel, csv)):
		return ""
	case len(channels) > 0:
		return fmt.Sprintf("it is not in channel %q; the catalog has it in %s%s", channel, strings.Join(channels, ", "), remedy)
	case operator.Complete:
		return fmt.Sprintf("it is not in channel %q, nor in any other of %s%s", channel, operator.Package, remedy)
	default:
		return fmt.Sprintf("it came with channel %q, and nothing says that channel %q has it%s", before, channel, remedy)
	}
}

// checkInherited checks what a Subscription has by itself, where its pin says
// no release.
func checkInherited(operator *catalog.Operator, pin Pin, sub view.Subscription) fn.Results {
	var results fn.Results
	own := claim{channel: said(sub.Get(view.SubscriptionChannel)), csv: said(sub.Get(view.SubscriptionCSV))}
	if len(operator.Channels) > 0 {
		for _, finding := range own.check(operator) {
			if finding.field == view.SubscriptionChannel && pin.Channel != "" {
				continue // told of the pin
			}
			finding.level.Add(&results, fn.Errorf(sub.Ref(), finding.field.Path(), "%s", finding.message).
				Change(own.current(finding.field), finding.proposed))
		}
	}
	return append(results, holdInherited(pin, own.csv, sub)...)
}

// holdInherited writes Manual approval beside a CSV that the Subscription has by
// itself: with Automatic, which is also OLM's default, OLM upgrades past it at
// once.
func holdInherited(pin Pin, csv string, sub view.Subscription) fn.Results {
	approval := sub.Get(view.SubscriptionApproval)
	switch {
	case csv == "" || approval == string(Manual):
		return nil
	case pin.InstallPlanApproval == Automatic:
		return fn.Results{fn.Errorf(sub.Ref(), view.SubscriptionApproval.Path(),
			"is Automatic, as the pin says, beside startingCSV %q: OLM would upgrade past it at once; leave installPlanApproval out of the pin (Manual is set), or remove startingCSV from the Subscription", csv).
			Change(string(Automatic), string(Manual))}
	}
	sub.Put(view.SubscriptionApproval, string(Manual))
	return fn.Results{fn.Warnf(sub.Ref(), view.SubscriptionApproval.Path(),
		"is Manual now, since with Automatic OLM upgrades past startingCSV %q at once; to follow the channel, remove startingCSV", csv).
		Change(approval, string(Manual))}
}

// said returns a value that is no placeholder, else nothing.
func said(value string) string {
	if placeholder(value) {
		return ""
	}
	return value
}

// inspect reports what is left in a Subscription that can't work, and one that
// has no pin.
func (c *PinOperators) inspect(sub view.Subscription, subs *subscriptions, facts *facts) fn.Results {
	if subs.unsettled[sub.Node()] {
		return nil
	}
	var results fn.Results
	name := sub.Get(view.SubscriptionPackage)
	for _, field := range view.SubscriptionFields {
		if value := sub.Get(field); placeholder(value) {
			results = append(results, fn.Errorf(sub.Ref(), field.Path(), "%q is a placeholder; %s", value, remedy(field)).Change(value, ""))
		}
	}
	if namespace := sub.Namespace(); placeholder(namespace) {
		results = append(results, fn.Errorf(sub.Ref(), "metadata.namespace", "%q is a placeholder; say namespace in the pin", namespace))
	}
	if subs.pinned[sub.Node()] {
		return results
	}
	results = append(results, wrongFacts(name, sub, facts)...)
	if name == "" {
		c.Spec.Unpinned.Add(&results, fn.Errorf(sub.Ref(), view.SubscriptionPackage.Path(), "is missing, so no pin can find this Subscription; name the OLM package"))
		return results
	}
	if _, found := c.Spec.Operators[name]; found {
		c.Spec.Unpinned.Add(&results, fn.Errorf(sub.Ref(), "", "is left out by %s; widen that, or say unpinned: ignore", at(name, "match")))
		return results
	}
	c.Spec.Unpinned.Add(&results, fn.Errorf(sub.Ref(), "", "has no pin; add one at %s, or say unpinned: ignore", at(name, "")))
	return results
}

// remedy says which field of a pin replaces a placeholder.
func remedy(field view.SubscriptionField) string {
	switch field {
	case view.SubscriptionPackage:
		return "name the OLM package"
	case view.SubscriptionCSV:
		return "say version or startingCSV in the pin, or remove it"
	default:
		return fmt.Sprintf("say %s in the pin", string(field))
	}
}

// wrongFacts reports what the catalog lists as wrong in a Subscription without
// a pin; what the catalog does not know is no concern of one.
func wrongFacts(name string, sub view.Subscription, facts *facts) fn.Results {
	operator, known, err := facts.lookup(name)
	if err != nil || !known {
		return nil
	}
	var results fn.Results
	own := claim{channel: sub.Get(view.SubscriptionChannel), csv: sub.Get(view.SubscriptionCSV)}
	for _, finding := range own.wrong(operator) {
		finding.level.Add(&results, fn.Errorf(sub.Ref(), finding.field.Path(), "%s", finding.message).
			Change(own.current(finding.field), finding.proposed))
	}
	return results
}
