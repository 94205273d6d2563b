package fnconfig

import (
	"fmt"
	"slices"
	"strings"
)

// Suggest returns the end of a message about a name that is not among the
// known ones: `; did you mean "channel"?`, or the list of the known ones when
// none is close, or nothing when none is known.
func Suggest(name string, known []string) string {
	if hint := didYouMean(name, known); hint != "" {
		return hint
	}
	if len(known) == 0 {
		return ""
	}
	return "; known are " + strings.Join(known, ", ")
}

func didYouMean(name string, known []string) string {
	if best := Closest(name, known); best != "" {
		return fmt.Sprintf("; did you mean %q?", best)
	}
	return ""
}

// Closest returns the known name within a third of the name's length in edits
// (at least one, at most three), else one that begins with the name, or with
// which the name begins; empty when there is none.
func Closest(name string, known []string) string {
	limit := min(max(len(name)/3, 1), 3)
	best, bestDistance := "", limit+1
	const telling = 3 // letters that a beginning has at least
	for _, candidate := range slices.Sorted(slices.Values(known)) {
		if strings.EqualFold(name, candidate) {
			return candidate
		}
		if abs(len(name)-len(candidate)) > limit {
			if short := min(len(name), len(candidate)); best == "" && short >= telling && strings.EqualFold(name[:short], candidate[:short]) {
				best = candidate
			}
			continue
		}
		if distance := editDistance(name, candidate); distance < bestDistance {
			best, bestDistance = candidate, distance
		}
	}
	return best
}

func abs(n int) int { return max(n, -n) }

// editDistance is Levenshtein's, over bytes: field and kind names are ASCII.
// Two neighbours in the wrong order ("nmae") are one edit.
func editDistance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
