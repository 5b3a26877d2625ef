module openbao-for-tests

go 1.24.6

// Release 2.4.0. The main module of OpenBao has no version that Go accepts, so it is named by its commit.
require github.com/openbao/openbao v0.0.0-20250828202315-f9407a27fbee

// The release names versions of two of its submodules that were never tagged: it replaces them by folders.
replace github.com/openbao/openbao/api/auth/approle/v2 => github.com/openbao/openbao/api/auth/approle/v2 v2.0.1

replace github.com/openbao/openbao/api/auth/userpass/v2 => github.com/openbao/openbao/api/auth/userpass/v2 v2.0.1
