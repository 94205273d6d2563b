package fn

// Level says what becomes of a finding: the severities that users write.
type Level string

// The levels.
const (
	LevelError  Level = "error"
	LevelWarn   Level = "warn"
	LevelIgnore Level = "ignore"
)

// Enum lists the values.
func (Level) Enum() []string {
	return []string{string(LevelError), string(LevelWarn), string(LevelIgnore)}
}

// Add appends a finding at this level; at ignore it adds nothing.
func (l Level) Add(results *Results, finding Result) {
	switch l {
	case LevelIgnore:
		return
	case LevelWarn:
		finding.Severity = Warning
	default:
		finding.Severity = Error
	}
	*results = append(*results, finding)
}
