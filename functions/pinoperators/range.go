package pinoperators

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/eda-gitops/functions/catalog"
	"github.com/eda-gitops/functions/functions/fn"
)

var (
	withV        = regexp.MustCompile(`^[vV][0-9]`)
	rangeLetters = regexp.MustCompile(`^[-0-9A-Za-z.+*<>=!~^|, ]+$`)
)

// longestRange is the longest range that is read, in bytes; real ones have some
// twenty.
const longestRange = 200

// parseVersion reads one exact version, or a range: constraint is nil then or
// exact is empty.
func parseVersion(text string) (exact string, constraint *semver.Constraints, err error) {
	if _, err := semver.StrictNewVersion(text); err == nil {
		return text, nil, nil
	}
	const expected = `expected an exact version such as 3.0.5 (three numbers, no "v") or a range such as ">=3.0 <3.3"`
	switch {
	case placeholder(text):
		return "", nil, fmt.Errorf("%q is a placeholder; say the version", text)
	case withV.MatchString(text), len(text) > longestRange, !rangeLetters.MatchString(text):
		return "", nil, fmt.Errorf("is %q; %s", text, expected)
	}
	if constraint, err = semver.NewConstraint(text); err != nil {
		return "", nil, fmt.Errorf("is %q; %s; a release that is numbered another way goes into startingCSV", text, expected)
	}
	return "", constraint, nil
}

// narrow returns the exact version of a pin: of a range the highest that the
// catalog lists, in the pin's channel if it says one.
func (c *PinOperators) narrow(name string, pin Pin, operator *catalog.Operator) (string, fn.Results) {
	exact, constraint, err := parseVersion(pin.Version)
	if pin.Version == "" || err != nil || constraint == nil {
		return exact, nil
	}
	version, found := operator.Highest(constraint, pin.Channel)
	if found {
		return version, fn.Results{fn.Infof(c.Ref(), at(name, "version"), "%q is %s now, the highest that the catalog has", pin.Version, version).Change(pin.Version, version)}
	}
	versions, where := operator.Versions(), operator.Package
	if channel, known := operator.Channels[pin.Channel]; known {
		where = fmt.Sprintf("channel %q", pin.Channel)
		versions = nil
		for _, csv := range channel.CSVs {
			versions = append(versions, csv.Version)
		}
	}
	if len(versions) == 0 && c.Spec.OLM == V1 {
		return pin.Version, fn.Results{c.Warnf(at(name, "version"), "%q is a range, and the catalog lists no versions of %s: the cluster takes the highest that it is offered", pin.Version, where)}
	}
	if len(versions) == 0 {
		return "", fn.Results{c.Errorf(at(name, "version"),
			"%q is a range, and the catalog lists no versions of %s to take one from; say an exact version, or add an OperatorCatalog", pin.Version, where)}
	}
	return "", fn.Results{c.Errorf(at(name, "version"), "nothing matches %q; %s has %s", pin.Version, where, abridged(versions))}
}

// checkUpgrade makes sure that one step leads from the running version to the
// pin's.
func (c *PinOperators) checkUpgrade(name string, pin Pin, want release) fn.Results {
	path := at(name, "upgradesFrom")
	to := want.version
	if to == "" {
		_, to = splitCSV(want.csv)
	}
	level := fn.LevelWarn
	if want.operator.Complete {
		level = fn.LevelError
	}
	var results fn.Results
	versions := want.operator.Versions()
	if !slices.Contains(versions, pin.UpgradesFrom) {
		level.Add(&results, c.Errorf(path, "the catalog has no version %s of %s, so the step to %s is unchecked", pin.UpgradesFrom, name, to))
		return results
	}
	stops, known := want.operator.UpgradePath("", pin.UpgradesFrom, to)
	switch {
	case !known:
		results = append(results, c.Warnf(path, "the catalog does not know which releases of %s upgrade which, so the step to %s is unchecked", name, to))
	case !slices.Contains(versions, to), len(stops) == 1, pin.UpgradesFrom == to:
	case len(stops) == 0:
		results = append(results, c.Errorf(path, "no upgrade that the catalog knows leads from %s to %s; OLM neither goes back nor leaves out releases", pin.UpgradesFrom, to))
	default:
		results = append(results, c.Errorf(path, "no direct upgrade leads from %s to %s; the stops are %s: pin %s first",
			pin.UpgradesFrom, to, strings.Join(stops, ", "), stops[0]).Change(to, stops[0]))
	}
	return results
}

// abridged lists names, the last ones where there are many.
func abridged(names []string) string {
	const most = 12 // names in a message
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%d older ones and %s", len(names)-most, strings.Join(names[len(names)-most:], ", "))
}
