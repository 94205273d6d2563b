package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"
)

// Problem is one thing that is wrong with an Operator, at a path below it.
type Problem struct{ Path, Message string }

// Check reports what strict decoding can't see: CSVs without name or version,
// twice in a channel or replacing each other in a circle, ranges and dates that
// can't be read.
func (o *Operator) Check() []Problem {
	var problems []Problem
	for _, name := range o.ChannelNames() {
		problems = append(problems, o.Channels[name].check("channels."+name)...)
		problems = append(problems, o.Channels[name].Lifecycle.check("channels."+name+".lifecycle")...)
	}
	problems = append(problems, checkUpgrades("upgrades", o.Upgrades)...)
	for _, kind := range sorted(o.Operands) {
		operand, at := o.Operands[kind], "operands."+kind
		problems = append(problems, checkUpgrades(at+".upgrades", operand.Upgrades)...)
		for _, version := range sorted(operand.Versions) {
			release := operand.Versions[version]
			if release.Operators == "" {
				continue
			}
			problems = append(problems, checkRange(at+".versions."+version+".operators", release.Operators)...)
			if len(release.CSVs) > 0 {
				problems = append(problems, Problem{at + ".versions." + version, "has csvs and operators; keep one of the two"})
			}
		}
	}
	return append(problems, o.Lifecycle.check("lifecycle")...)
}

func checkUpgrades(at string, upgrades []Upgrade) []Problem {
	var problems []Problem
	for i, upgrade := range upgrades {
		path := fmt.Sprintf("%s[%d]", at, i)
		problems = append(problems, checkRange(path, upgrade.From)...)
		problems = append(problems, checkRange(path, upgrade.To)...)
	}
	return problems
}

func checkRange(at, text string) []Problem {
	if _, err := semver.NewConstraint(text); err != nil {
		return []Problem{{at, fmt.Sprintf("%q is no range of versions", text)}}
	}
	return nil
}

func (c Channel) check(at string) []Problem {
	var problems []Problem
	seen := map[string]bool{}
	for i, csv := range c.CSVs {
		path := fmt.Sprintf("%s.csvs[%d]", at, i)
		switch {
		case csv.Name == "" || csv.Version == "":
			problems = append(problems, Problem{path, "needs name and version"})
		case seen[csv.Name]:
			problems = append(problems, Problem{path, csv.Name + " appears twice; keep one of the two"})
		}
		seen[csv.Name] = true
	}
	if circle := c.Circle(); circle != nil {
		problems = append(problems, Problem{at, "the CSVs replace each other in a circle: " + strings.Join(circle, " replaces ")})
	}
	return problems
}

// Circle returns CSVs that replace each other in a circle, the first one again
// at the end; nil when there are none.
func (c Channel) Circle() []string {
	replaces := map[string]string{}
	for _, csv := range c.CSVs {
		if csv.Replaces != "" {
			replaces[csv.Name] = csv.Replaces
		}
	}
	done := map[string]bool{}
	for _, csv := range c.CSVs {
		var trail []string
		position := map[string]int{}
		for at := csv.Name; at != "" && !done[at]; at = replaces[at] {
			if start, found := position[at]; found {
				return append(slices.Clone(trail[start:]), at)
			}
			position[at] = len(trail)
			trail = append(trail, at)
		}
		for _, name := range trail {
			done[name] = true
		}
	}
	return nil
}

func (l *Lifecycle) check(at string) []Problem {
	if l == nil || l.SupportEnds == "" {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, l.SupportEnds); err != nil {
		return []Problem{{at + ".supportEnds", fmt.Sprintf("is %q; expected a date such as 2027-04-30", l.SupportEnds)}}
	}
	return nil
}

// Head returns the newest CSV of the channel: the last one listed.
func (c Channel) Head() (CSV, bool) {
	if len(c.CSVs) == 0 {
		return CSV{}, false
	}
	return c.CSVs[len(c.CSVs)-1], true
}

// Highest resolves a range of versions to the highest that is listed, in one
// channel or, where channel is empty, in any. ok is false when none matches.
func (o *Operator) Highest(constraint *semver.Constraints, channel string) (version string, ok bool) {
	var best *semver.Version
	for name, c := range o.Channels {
		if channel != "" && name != channel {
			continue
		}
		for _, csv := range c.CSVs {
			v, err := semver.NewVersion(csv.Version)
			if err != nil || !constraint.Check(v) || best != nil && !best.LessThan(v) {
				continue
			}
			best, version = v, csv.Version
		}
	}
	return version, best != nil
}

// Extend returns the operator with another's facts added: what the other says
// wins, and a channel, an operand or a wrong row of the other stands in place of
// the one of that name.
func (o *Operator) Extend(other *Operator) *Operator {
	merged := *o
	for _, text := range []struct {
		into *string
		from string
	}{
		{&merged.DisplayName, other.DisplayName}, {&merged.Origin, other.Origin},
		{&merged.Source, other.Source}, {&merged.SourceNamespace, other.SourceNamespace},
		{&merged.Namespace, other.Namespace}, {&merged.CSVPrefix, other.CSVPrefix},
	} {
		if text.from != "" {
			*text.into = text.from
		}
	}
	if other.InstallModes != nil {
		merged.InstallModes, merged.InstallModesOrigin = other.InstallModes, other.InstallModesOrigin
	}
	if other.Upgrades != nil {
		merged.Upgrades, merged.UpgradesOrigin = other.Upgrades, other.UpgradesOrigin
	}
	if other.Lifecycle != nil {
		merged.Lifecycle = other.Lifecycle
	}
	merged.Complete = o.Complete || other.Complete
	merged.Channels = union(o.Channels, other.Channels)
	merged.Operands = union(o.Operands, other.Operands)
	merged.Wrong = append(slices.Clone(other.Wrong), o.Wrong...)
	merged.DropRefuted()
	return &merged
}

// DropRefuted removes the rows of what is wrong that the channels prove right.
func (o *Operator) DropRefuted() {
	o.Wrong = slices.DeleteFunc(slices.Clone(o.Wrong), func(w Wrong) bool {
		channel, exists := o.Channels[w.Channel]
		return exists && (w.StartingCSV == "" || channel.Has(w.StartingCSV))
	})
}

func union[V any](a, b map[string]V) map[string]V {
	both := make(map[string]V, len(a)+len(b))
	maps.Copy(both, a)
	maps.Copy(both, b)
	return both
}
