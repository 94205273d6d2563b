// Package olmcatalog reads File-Based Catalogs, as opm render prints them, and
// makes catalog facts of them: OLM's own record of which releases a package has,
// in which channels, and which of them upgrade which.
//
// It reads a stream one blob at a time and keeps a few words of each, so that
// its memory does not grow with the catalog's hundreds of megabytes. It looks
// into no registry.
package olmcatalog
