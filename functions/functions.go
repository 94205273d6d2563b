// Package functions is the library and the program: All functions, and Main,
// the eda-fn command that serves them.
package functions

import (
	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/generateargoapps"
	"github.com/eda-gitops/functions/functions/injectnamespace"
	"github.com/eda-gitops/functions/functions/pinoperators"
	"github.com/eda-gitops/functions/functions/pipeline"
	"github.com/eda-gitops/functions/functions/sealsecrets"
	"github.com/eda-gitops/functions/functions/setsyncwaves"
	"github.com/eda-gitops/functions/functions/sizeeventstreams"
)

// steps are the functions that do the work, in the order of their work.
var steps = fn.Set{
	pinoperators.Function,
	sizeeventstreams.Function,
	injectnamespace.Function,
	sealsecrets.Function,
	setsyncwaves.Function,
	generateargoapps.Function,
}

// All is every function of the project. A new one gets one line in steps.
var All = append(append(fn.Set{}, steps...), pipeline.New(steps))
