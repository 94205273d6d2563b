package build

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// each calls work for 0 to n-1 on all processors and returns the first error by
// index. Rendering an object needs no other, and is most of a build's time.
func each(n int, work func(i int) error) error {
	errs := make([]error, n)
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				errs[i] = work(i)
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
