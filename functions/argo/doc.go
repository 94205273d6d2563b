// Package argo reads a repository as Argo CD would: which Applications and
// AppProjects it holds, what the folders that they name render, and whether the
// two fit. It updates the facts of GenerateArgoApps configs and reports what
// Argo CD would refuse, or would do and nobody wants.
//
// It reads files below one folder, the repository's root, and writes nothing:
// Update returns what the caller may write. The repository need not be one of
// this project's; a Solution adds what it knows.
package argo
