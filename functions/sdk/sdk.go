// Package sdk serves the functions to Go hosts that are built on kpt's SDK
// (github.com/kptdev/krm-functions-sdk/go/fn), such as Porch: each is a
// ResourceListProcessor.
//
// The program does not depend on it, so that its binary stays small.
package sdk

import (
	"fmt"

	kpt "github.com/kptdev/krm-functions-sdk/go/fn"

	"github.com/eda-gitops/functions/functions/fn"
)

// Processor returns a function as a ResourceListProcessor. The list's items and
// results are replaced as the program would write them; a failed function
// returns false and leaves the items as they came.
func Processor(functions fn.Set, env func() fn.Env) kpt.ResourceListProcessor {
	return kpt.ResourceListProcessorFunc(func(list *kpt.ResourceList) (bool, error) {
		input, err := list.ToYAML()
		if err != nil {
			return false, fmt.Errorf("writing the ResourceList: %w", err)
		}
		if len(list.Items) == 0 { // the SDK leaves an empty list out
			input = append(input, "items: []\n"...)
		}
		output, results, err := fn.Process(input, functions, "", env())
		if err != nil {
			return false, err
		}
		after, err := kpt.ParseResourceList(output)
		if err != nil {
			return false, fmt.Errorf("reading the ResourceList: %w", err)
		}
		list.Items, list.Results = after.Items, after.Results
		return !results.Failed(), nil
	})
}
