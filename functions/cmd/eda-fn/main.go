// Command eda-fn is the project's one program; see package functions.
package main

import (
	"os"

	"github.com/eda-gitops/functions/functions"
)

func main() { os.Exit(functions.MainAs(os.Args[0], os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
