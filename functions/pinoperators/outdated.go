package pinoperators

import (
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/eda-gitops/functions/catalog"
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/view"
)

// Status is how a Subscription, or a ClusterExtension, stands beside what the
// catalog knows.
type Status struct {
	// Ref names the object.
	Ref view.Ref
	// Package and Channel are what it says, Namespace is where the operator goes.
	Package, Channel, Namespace string
	// Pinned is its version; empty when only the channel is pinned.
	Pinned string
	// NewestInChannel and Newest are the newest versions that the catalog lists in
	// the channel and in all of them; empty when it lists none.
	NewestInChannel, Newest string
	// Stops lead from Pinned to Newest, which is the last of them; one is a direct
	// upgrade. Empty when there is no way; StopsKnown is false when the catalog
	// does not know which releases upgrade which.
	Stops      []string
	StopsKnown bool
	// SupportEnds is a date, where one is announced.
	SupportEnds string
	// Deprecated says what is deprecated and what follows.
	Deprecated string
	// Known says that the catalog knows the package.
	Known bool
	// Ended says that the support has ended.
	Ended bool
}

// Outdated says that a newer release is known, or that the support has ended.
func (s *Status) Outdated() bool {
	return s.Ended || s.Pinned != "" && s.Newest != "" && catalog.Compare(s.Pinned, s.Newest) < 0
}

// Statuses compares the Subscriptions and ClusterExtensions among the items with the catalog and the
// OperatorCatalogs among them, by package.
func Statuses(now time.Time, items []*yaml.RNode) ([]Status, fn.Results) {
	facts, results := readFacts(items)
	if results.Failed() {
		return nil, results
	}
	var all []Status
	add := func(status Status, version func(*catalog.Operator) string) {
		operator, known, err := facts.lookup(status.Package)
		switch {
		case err != nil:
			results = append(results, fn.Errorf(status.Ref, "", "internal error, please report it: %v", err))
		case known:
			status.Known = true
			status.compare(operator, version(operator), now)
		default:
			status.Pinned = version(&catalog.Operator{})
		}
		all = append(all, status)
	}
	for _, sub := range view.Subscriptions(items) {
		csv := said(sub.Get(view.SubscriptionCSV))
		add(Status{
			Ref: sub.Ref(), Package: sub.Get(view.SubscriptionPackage), Channel: sub.Get(view.SubscriptionChannel), Namespace: sub.Namespace(),
		}, func(operator *catalog.Operator) string { return versionOf(operator, csv) })
	}
	for _, extension := range view.ClusterExtensions(items) {
		exact, _, _ := parseVersion(extension.PackageVersion()) // of a range nothing is pinned
		add(Status{
			Ref: extension.Ref(), Package: extension.Package(), Channel: extension.Channel(), Namespace: extension.InstallNamespace(),
		}, func(*catalog.Operator) string { return exact })
	}
	slices.SortStableFunc(all, func(a, b Status) int {
		return strings.Compare(a.Package+"\n"+a.Ref.String(), b.Package+"\n"+b.Ref.String())
	})
	return all, results
}

func (s *Status) compare(operator *catalog.Operator, pinned string, now time.Time) {
	s.Pinned = pinned
	channel := operator.Channels[s.Channel]
	if head, listed := channel.Head(); listed {
		s.NewestInChannel = head.Version
	}
	if versions := operator.Versions(); len(versions) > 0 {
		s.Newest = versions[len(versions)-1]
	}
	if s.Pinned != "" && s.Newest != "" && s.Pinned != s.Newest {
		s.Stops, s.StopsKnown = operator.UpgradePath("", s.Pinned, s.Newest)
	}
	for _, lifecycle := range []*catalog.Lifecycle{operator.Lifecycle, channel.Lifecycle} {
		if lifecycle == nil {
			continue
		}
		if lifecycle.SupportEnds != "" {
			s.SupportEnds = lifecycle.SupportEnds
		}
		if lifecycle.Deprecated != "" {
			s.Deprecated = lifecycle.Deprecated
		}
		s.Ended = s.Ended || lifecycle.Ended
	}
	if ends, err := time.Parse(time.DateOnly, s.SupportEnds); err == nil {
		s.Ended = s.Ended || !now.Before(ends.AddDate(0, 0, 1))
	}
}

// versionOf is a CSV's version: the catalog's, else what its name ends with.
func versionOf(operator *catalog.Operator, csv string) string {
	for _, channel := range operator.Channels {
		for _, known := range channel.CSVs {
			if known.Name == csv {
				return known.Version
			}
		}
	}
	_, version := splitCSV(csv)
	return version
}
