package fnconfig

import (
	"fmt"
	"slices"
	"strings"
)

// Suggest returns the end of a message about a name that is not among the
// known ones: `; did you mean "channel"?`, or the list of the known ones when
// none is close.
func Suggest(name string, known []string) string {
	if hint := didYouMean(name, known); hint != "" {
		return hint
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
// (at least one, at most three), empty when there is none.
func Closest(name string, known []string) string {
	limit := min(max(len(name)/3, 1), 3)
	best, bestDistance := "", limit+1
	for _, candidate := range slices.Sorted(slices.Values(known)) {
		if strings.EqualFold(name, candidate) {
			return candidate
		}
		if abs(len(name)-len(candidate)) > limit {
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
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
