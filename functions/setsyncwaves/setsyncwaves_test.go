package setsyncwaves_test

import (
	"testing"

	"github.com/eda-gitops/functions/functions/fn"
	"github.com/eda-gitops/functions/functions/fntest"
	"github.com/eda-gitops/functions/functions/setsyncwaves"
)

var functions = fn.Set{setsyncwaves.Function}

func TestGolden(t *testing.T) { fntest.Golden(t, functions) }

func FuzzSetSyncWaves(f *testing.F) { fntest.Fuzz(f, functions) }
