package sizing

import (
	"fmt"
	"regexp"
	"strconv"
)

// Release is a release of Event Streams: major and minor. The zero Release is
// one that is not known.
type Release struct {
	Major, Minor int
}

var release = regexp.MustCompile(`^([0-9]{1,4})\.([0-9]{1,4})(\.|$)`)

// ParseRelease reads spec.version, such as 11.0.4; "latest" and what is no
// version give the zero Release.
func ParseRelease(version string) Release {
	parts := release.FindStringSubmatch(version)
	if parts == nil {
		return Release{}
	}
	major, _ := strconv.Atoi(parts[1]) // digits
	minor, _ := strconv.Atoi(parts[2])
	return Release{Major: major, Minor: minor}
}

// Known says whether this is a release at all.
func (r Release) Known() bool { return r != Release{} }

// Before says whether this release came before another.
func (r Release) Before(other Release) bool {
	return r.Major < other.Major || r.Major == other.Major && r.Minor < other.Minor
}

// String is the form of messages: 11.7.
func (r Release) String() string { return fmt.Sprintf("%d.%d", r.Major, r.Minor) }
