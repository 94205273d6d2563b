// Package sealsecrets makes each plain Secret a SealedSecret, which only the
// cluster that holds the certificate's private key can unseal.
//
// A SealedSecret that is there stays as it is, byte for byte: sealing again
// would give other bytes for the same value. Beside a plain Secret of its name,
// and with a fingerprint key alone, it follows what has changed there. What
// cannot be sealed and what the controller could not unseal is an error, and so
// are literals that look like credentials (package guard), so that a list that
// leaves this function holds nothing plain. Of objects of other kinds only pod
// templates change, by an annotation, where rolloutOnChange says so. A value of
// a Secret is in no message.
package sealsecrets
