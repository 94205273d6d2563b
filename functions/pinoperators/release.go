package pinoperators

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/eda-gitops/functions/catalog"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fnconfig"
	"github.com/eda-gitops/functions/functions/view"
)

// release is what a pin asks for, as far as the catalog can tell.
type release struct {
	// operator is what the catalog knows; a package that it does not know has
	// no channels.
	operator *catalog.Operator
	// version is the pin's, exact; empty when the pin says none.
	version string
	// csv to write; empty when the pin names no release, or a version whose
	// CSV's name the catalog can't tell.
	csv string
	// channels are those that have the CSV, when the pin says no channel.
	channels []string
}

// resolve looks a pin up in the catalog and reports what is wrong with the pin
// itself, whatever Subscriptions there are.
func (c *PinOperators) resolve(name string, pin Pin, facts *facts) (release, fn.Results) {
	operator, known, err := facts.lookup(name)
	if err != nil {
		return release{}, fn.Results{c.Errorf(at(name, ""), "internal error, please report it: %v", err)}
	}
	var results fn.Results
	if !known {
		operator = &catalog.Operator{Package: name}
		hint := ""
		if best := fnconfig.Closest(name, facts.names()); best != "" {
			hint = fmt.Sprintf("; did you mean %q?", best)
		}
		results = append(results, c.Warnf(at(name, ""), "the catalog does not know this package, so it is pinned as told and unchecked%s", hint))
	}
	exact, found := c.narrow(name, pin, operator)
	if results = append(results, found...); found.Failed() {
		return release{operator: operator}, results
	}
	pin.Version = exact
	r := release{operator: operator, version: exact, csv: pin.StartingCSV}
	if pin.Version != "" {
		r.csv = csvOf(operator, pin.Version)
	}
	if pin.holds() && pin.Channel == "" {
		r.channels = operator.ChannelsOf(r.csv)
	}
	if known {
		claim := claim{channel: pin.Channel, csv: r.csv, version: pin.Version}
		for _, finding := range claim.check(operator) {
			finding.level.Add(&results, c.Errorf(at(name, claim.field(finding.field)), "%s", finding.message).
				Change(claim.current(finding.field), finding.proposed))
		}
	}
	if pin.holds() && pin.Channel == "" && len(r.channels) == 0 && !results.Failed() && c.Spec.OLM != V1 {
		results = append(results, c.Errorf(at(name, "channel"), "is missing: the catalog does not know which channel has %s; add channel", claimed(pin)))
	}
	if known && pin.UpgradesFrom != "" && !results.Failed() {
		results = append(results, c.checkUpgrade(name, pin, r)...)
	}
	return r, results
}

func claimed(pin Pin) string {
	if pin.Version != "" {
		return "version " + pin.Version
	}
	return strconv.Quote(pin.StartingCSV)
}

// csvOf names the CSV of a version, empty when the catalog can't tell.
func csvOf(operator *catalog.Operator, version string) string {
	if csv, listed := operator.CSVOf(version); listed {
		return csv
	}
	if prefix, known := operator.Prefix(); known {
		return prefix + version
	}
	return ""
}

// claim is a channel and a CSV that somebody wrote; either may be empty.
type claim struct {
	channel, csv string
	// version is set when the CSV was asked for by version.
	version string
}

// field is the field that a finding is about, as its author wrote it.
func (q claim) field(field view.SubscriptionField) string {
	if field == view.SubscriptionCSV && q.version != "" {
		return "version"
	}
	return string(field)
}

// finding is one thing that the catalog says against a claim.
type finding struct {
	field   view.SubscriptionField
	level   fn.Level
	message string
	// proposed is the value that is right, where there is only one.
	proposed string
}

// current is the value of the field that a finding is about.
func (q claim) current(field view.SubscriptionField) string {
	switch {
	case field == view.SubscriptionChannel:
		return q.channel
	case q.version != "":
		return q.version
	default:
		return q.csv
	}
}

// check compares a claim with what the catalog knows of a package: an error
// where the catalog is complete or knows better, else a warning.
func (q claim) check(operator *catalog.Operator) []finding {
	if found := q.wrong(operator); found != nil {
		return found
	}
	level, excuse := fn.LevelWarn, "; the catalog is not complete, so that may be right"
	if operator.Complete {
		level, excuse = fn.LevelError, ""
	}
	var findings []finding
	_, channelKnown := operator.Channels[q.channel]
	if q.channel != "" && !channelKnown {
		meant, hint := suggestChannel(operator, q.channel)
		findings = append(findings, finding{view.SubscriptionChannel, level,
			fmt.Sprintf("the catalog has no channel %q of %s%s%s", q.channel, operator.Package, hint, excuse), meant})
	}
	if q.csv == "" {
		return findings
	}
	channels := operator.ChannelsOf(q.csv)
	switch {
	case len(channels) == 0:
		findings = append(findings, q.checkUnlisted(operator, level, excuse))
	case channelKnown && !slices.Contains(channels, q.channel):
		findings = append(findings, finding{view.SubscriptionCSV, level,
			fmt.Sprintf("%s is not in channel %q; the catalog has it in %s%s", q.label(), q.channel, strings.Join(channels, ", "), excuse), ""})
	}
	return findings
}

// wrong reports a claim that the catalog lists as wrong.
func (q claim) wrong(operator *catalog.Operator) []finding {
	w, listed := operator.WrongFact(q.channel, q.csv)
	switch {
	case !listed:
		return nil
	case w.StartingCSV == "":
		return []finding{{view.SubscriptionChannel, fn.LevelError,
			fmt.Sprintf("there is no channel %q of %s; %s", q.channel, operator.Package, w.Correction), ""}}
	default:
		return []finding{{view.SubscriptionCSV, fn.LevelError,
			fmt.Sprintf("%s is not in channel %q; %s", q.label(), q.channel, w.Correction), ""}}
	}
}

// checkUnlisted reports a CSV that no channel has: an operand's version in the
// operator's place is always an error.
func (q claim) checkUnlisted(operator *catalog.Operator, level fn.Level, excuse string) finding {
	version := q.version
	if version == "" {
		_, version = splitCSV(q.csv)
	}
	if kind, release, found := operator.OperandRelease(version); found {
		return q.operandsVersion(version, kind, release)
	}
	same, _ := operator.CSVOf(version)
	return finding{view.SubscriptionCSV, level,
		fmt.Sprintf("the catalog has no %s of %s%s%s", q.noun(), operator.Package, q.suggest(operator, version), excuse), same}
}

// operandsVersion reports an operand's version in the operator's place.
func (q claim) operandsVersion(version, kind string, release catalog.OperandVersion) finding {
	message := fmt.Sprintf("%s is a version of the operand %s, not of its operator; the operator that ", version, kind)
	if len(release.CSVs) == 0 {
		return finding{view.SubscriptionCSV, fn.LevelError, message + "runs it is version " + release.Operators, ""}
	}
	newest := release.CSVs[len(release.CSVs)-1]
	_, proposed := splitCSV(newest)
	message += fmt.Sprintf("brings it is version %s (%s)", proposed, newest)
	if q.version == "" {
		proposed = newest
	}
	return finding{view.SubscriptionCSV, fn.LevelError, message, proposed}
}

// label names the CSV in the words of its author.
func (q claim) label() string {
	if q.version != "" {
		return "version " + q.version
	}
	return strconv.Quote(q.csv)
}

func (q claim) noun() string {
	if q.version != "" {
		return "version " + q.version
	}
	return fmt.Sprintf("CSV %q", q.csv)
}

// suggest ends a message about a CSV that is not listed: the listed one of the
// same version, or those near it.
func (q claim) suggest(operator *catalog.Operator, version string) string {
	if csv, listed := operator.CSVOf(version); listed {
		return fmt.Sprintf("; did you mean %q?", csv)
	}
	const most = 8 // versions in a message
	versions := operator.Versions()
	if near := sameMinor(versions, version); len(near) > 0 {
		versions = near
	}
	if len(versions) == 0 {
		return ""
	}
	more := ""
	if len(versions) > most {
		versions, more = versions[len(versions)-most:], "older ones and "
	}
	if q.version == "" {
		versions = slices.Clone(versions)
		for i := range versions {
			versions[i] = csvOf(operator, versions[i])
		}
	}
	return "; it has " + more + strings.Join(versions, ", ")
}

// sameMinor keeps the versions that begin with another's first two numbers.
func sameMinor(versions []string, version string) []string {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 3 {
		return nil
	}
	minor := parts[0] + "." + parts[1] + "."
	var same []string
	for _, v := range versions {
		if strings.HasPrefix(v, minor) {
			same = append(same, v)
		}
	}
	return same
}

// suggestChannel ends a message about a channel that is not listed: the one
// that was meant where only letters differ (v3.9 does not mean v3.8), else all.
func suggestChannel(operator *catalog.Operator, channel string) (meant, hint string) {
	names := operator.ChannelNames()
	if best := fnconfig.Closest(channel, names); best != "" && digits(best) == digits(channel) {
		return best, fmt.Sprintf("; did you mean %q?", best)
	}
	return "", "; it has " + strings.Join(names, ", ")
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

var csvName = regexp.MustCompile(`^(.+?[.-]v?)(\d+\.\d+\.\d+.*)$`)

// splitCSV cuts a CSV's name before its version: "ibm-mq.v" and "1.8.0". Both
// are empty when the name holds no version.
func splitCSV(csv string) (prefix, version string) {
	if parts := csvName.FindStringSubmatch(csv); parts != nil {
		return parts[1], parts[2]
	}
	return "", ""
}

var channelVersion = regexp.MustCompile(`\d+(\.\d+)*`)

// within says whether a channel's name holds the beginning of a CSV's version:
// v3.0 and strimzi-0.25.x do for 3.0.5 and 0.25.0, stable for none.
func within(channel, csv string) bool {
	stream := channelVersion.FindString(channel)
	_, version := splitCSV(csv)
	return stream != "" && (version == stream || strings.HasPrefix(version, stream+"."))
}
