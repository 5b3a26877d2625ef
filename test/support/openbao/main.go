// Command bao is the OpenBao server and client, built from its Go modules for the tests.
package main

import (
	"os"

	"github.com/openbao/openbao/command"
)

func main() {
	os.Exit(command.Run(os.Args[1:]))
}
