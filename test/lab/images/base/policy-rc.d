#!/bin/sh
# As in Debian's own images for containers: installing a package starts no service.
exit 101
