package generateargoapps

import (
	"strings"
	"testing"
)

func TestShorten(t *testing.T) {
	long := "rt-inventory-" + strings.Repeat("a", 40) + "-nonprod-operators"
	for name, tc := range map[string]struct {
		reason, name, want string
	}{
		"fits":  {"a name within a DNS label's length stays", "rt-inventory-dev", "rt-inventory-dev"},
		"exact": {"63 characters still fit", strings.Repeat("a", 63), strings.Repeat("a", 63)},
		// printf %s NAME | sha256sum | cut -c 1-8
		"long": {"the hash is part of the name for ever: another one would orphan the Application", long,
			"rt-inventory-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-7a2b63d4"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := shorten(tc.name); got != tc.want || len(got) > 63 {
				t.Errorf("%s: got %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
	if shorten(long) == shorten(long+"x") {
		t.Error("two long names with the same beginning became one")
	}
}

func TestTeamsGetNoRights(t *testing.T) {
	for _, kind := range []string{
		"Secret", "Role", "RoleBinding", "Subscription", "OperatorGroup", "Application", "AppProject", "Namespace",
	} {
		for _, k := range allKinds(teamKinds) {
			if k.Kind == kind {
				t.Errorf("%s/%s: whoever syncs it gives out rights", k.Group, kind)
			}
		}
	}
}
