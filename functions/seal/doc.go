// Package seal is the verb eda-fn seal: it writes values into a SealedSecret's
// file, so that their plaintext never enters the tree.
//
// Its page, README.md, goes from nothing to the first secret, a second value, a
// rotation and a new colleague.
//
// Seal takes the file's content and returns it with the named keys sealed.
// Nothing else in it changes, byte for byte: neither the other keys, which
// would get other bytes if they were sealed again, nor comments, blank lines
// and other documents. FindEnvironment works out from an environment's objects
// and function configs what a Secret is sealed for; Check says of SealedSecrets
// what static rules tell. No value is in a message.
package seal
