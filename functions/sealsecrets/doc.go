// Package sealsecrets makes each plain Secret a SealedSecret, which only the
// cluster that holds the certificate's private key can unseal.
//
// A SealedSecret that is there stays as it is, byte for byte: sealing again
// would give other bytes for the same value. What cannot be sealed and what the
// controller could not unseal is an error, so that a list that leaves this
// function holds no plain Secret. Objects of other kinds never change. A value
// of a Secret is in no message.
package sealsecrets
