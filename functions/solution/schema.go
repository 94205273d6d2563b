package solution

import _ "embed" // for Schema

// Schema is the JSON Schema of a Solution, generated.
//
//go:embed schema.json
var Schema []byte
